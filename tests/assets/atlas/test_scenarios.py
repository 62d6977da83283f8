import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from assets.atlas import scenarios
from assets.atlas.places import quarters_of
from assets.atlas.scenarios import scenario_pages
from assets.derived_assets import find_declarations
from assets.scenarios.kind import Kind, find_kinds
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
        "Giunta comunale", "1.000 euro", "Depavimentare",
        "quota dell&#x27;impermeabile che si toglie, da 0 a 1: 0,5", "Guadagnano",
        "Deflusso in un&#x27;ora", "910", "numero di curva", "bronze/regione_lombardia/terrain, ",
    )  # fmt: skip
    assert [one for one in words if one not in sheet] == []
    assert "<script" not in sheet
    files = found | {"index.html": ""}
    assert [one for name, html in found.items() for one in faults(name, html, files)] == []
    assert "Chiudere strade" in found["scenario_strada.html"]
    assert "Via Prova (E" in found["scenario_strada.html"]  # a place by its name
    assert re.search(r"\de[-+]\d", re.sub(r"<[^>]*>", " ", "".join(found.values()))) is None
    assert found["scenari.html"].count("href='scenario_") == 2
    assert pages(twin) == found


@pytest.mark.parametrize("kind", find_kinds().values(), ids=lambda kind: kind.name)
def test_every_field_of_an_edit_is_told_in_words(kind: Kind):
    (written,) = yaml.safe_load(kind.template)

    assert {*written} - {"kind"} - {*scenarios._labels(kind)} == set()
