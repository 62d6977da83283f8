from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.atlas.places import quarters_of
from assets.atlas.scenarios import scenario_pages
from assets.derived_assets import find_declarations
from assets.scenarios.stored import run_scenario
from assets.twin import Twin
from tests.assets.atlas.reading import faults
from tests.assets.scenarios.small_lake import DECLARATIONS, scenario, small_lake

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_lake(tmp_path_factory.mktemp("lake"))


def pages(twin: Twin) -> dict[str, str]:
    return scenario_pages(find_declarations(), twin, quarters=quarters_of(twin))


def test_without_scenarios_there_is_no_page(twin):
    assert pages(twin) == {}


def test_a_sheet_says_what_who_decided_the_cost_how_sure_and_who_gains(twin, tmp_path: Path):
    for name, edit in (
        ("asfalto", "kind: deseal, removed_ratio: 0.5"),
        ("strada", "kind: close_road, segments: [E07]"),
    ):
        plan = scenario(tmp_path, name, edit)
        run_scenario(plan, DECLARATIONS, twin, run_id="run", at=NOW)

    found = pages(twin)

    assert sorted(found) == ["scenari.html", "scenario_asfalto.html", "scenario_strada.html"]
    sheet = found["scenario_asfalto.html"]
    words = (
        "Giunta comunale", "1.000 euro", "Depavimentare", "removed_ratio 0.5", "Guadagnano",
        "Deflusso in un&#x27;ora", "910", "numero di curva", "bronze/regione_lombardia/terrain, ",
    )  # fmt: skip
    assert [one for one in words if one not in sheet] == []
    assert "<script" not in sheet
    files = found | {"index.html": ""}
    assert [one for name, html in found.items() for one in faults(name, html, files)] == []
    assert "Chiudere strade" in found["scenario_strada.html"]
    assert found["scenari.html"].count("href='scenario_") == 2
    assert pages(twin) == found
