import re
from collections import Counter
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import shapely
import yaml

from assets.atlas import scenarios
from assets.atlas.edit_map import edit_map
from assets.atlas.places import Places, quarters_of
from assets.atlas.scenarios import scenario_pages
from assets.derived_assets import find_declarations
from assets.scenarios.kind import Kind, find_kinds
from assets.scenarios.stored import run_scenario
from assets.twin import Twin
from tests.assets.atlas.reading import faults
from tests.assets.scenarios.small_lake import DECLARATIONS, cells, scenario, small_lake

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


@pytest.mark.parametrize(
    ("value", "is_signed", "said"),
    [
        (7e-06, True, "quasi nulla"),
        (-7e-06, True, "quasi nulla"),
        (7e-06, False, "meno di 0,001"),
        (0.001, True, "+0,001"),
        (0.0, True, "0"),
        (-1234.5, True, "−1.230"),
    ],
)
def test_numbers_are_told_as_people_read_them(value: float, is_signed: bool, said: str):
    assert scenarios._figure(value, is_signed=is_signed) == said


def told(twin: Twin, edits: str) -> str:
    """What the sheet of a scenario says of its edits, where all of the ground is one quarter."""
    around = Places({"Q01": shapely.box(9, 45, 11, 46)}, {"Q01": "Nord"}, {"Q01": "Nord"})
    names = scenarios._Names(find_declarations(), twin, around, {})
    return unescape(scenarios._edits({"edits_text": edits}, names))


def test_where_an_edit_is_is_told_by_name(twin):
    street = told(twin, '[{"kind": "close_road", "segments": ["E07"]}]')
    ground = told(twin, f'[{{"kind": "deseal", "cells": ["{cells()[0]}", "{cells()[1]}"]}}]')
    quarter = told(twin, '[{"kind": "retrofit", "quarters": ["Q01"], "sections": []}]')

    assert "tratti di strada: Via Prova (E07), Nord" in street
    assert "celle: 2 in Nord" in ground
    assert "quartieri: Nord" in quarter
    assert "sezioni" not in quarter


@pytest.mark.parametrize(
    ("edit", "marks"),
    [
        ({"segments": ["E07"]}, {"path": 1}),
        ({"streets": ["Via Prova"], "classes": ["nessuna"]}, {}),
        ({"segments": ["una che non c'è"]}, {}),
        ({"cells": [*cells()[:2]]}, {"path": 2}),
        ({"cells": []}, {}),
        ({"quarters": ["Q01"], "sections": ["1"]}, {"path": 2}),
        ({"section": "2", "lat_deg": 45.5, "lng_deg": 10.2}, {"path": 1, "circle": 1}),
        ({"route": "L01"}, {}),
    ],
)
def test_a_small_map_shows_where_an_edit_is(twin, edit, marks):
    around = Places({"Q01": shapely.box(9, 45, 11, 46)}, {"Q01": "Nord"}, {"Q01": "Nord"})

    drawn = edit_map([edit], twin=twin, quarters=around)

    # The quarters are one path more.
    found = Counter(re.findall(r"<(path|circle) ", drawn))
    assert found == (Counter(marks) + Counter(path=1) if marks else Counter())


def test_a_no_and_a_zero_of_an_edit_are_told(twin):
    lane = told(twin, '[{"kind": "cycle_lane", "streets": ["Via Prova"], "is_protected": false}]')
    ground = told(twin, '[{"kind": "deseal", "above_ratio": 0.0, "removed_ratio": 0.5}]')

    assert "separata dalle auto: no" in lane
    assert "impermeabile: 0;" in ground


def test_a_cell_that_changes_goes_by_its_quarter(twin):
    around = Places({"Q01": shapely.box(9, 45, 11, 46)}, {"Q01": "Nord"}, {"Q01": "Nord"})
    names = scenarios._Names(find_declarations(), twin, around, {})
    entity = f"urn:ngsi-ld:PluvialVulnerability:brescia:h3:{cells()[0]}"

    found = names.of("risk/pluvial_vulnerability_by_cell.runoff_mm", entity)

    assert found == "una cella in Nord"


def test_codes_of_a_closed_list_are_told_in_words(twin):
    slow = told(twin, '[{"kind": "zona30", "classes": ["collector", "local"]}]')

    assert "strade di quartiere, strade locali" in slow
    for name, kind in find_kinds().items():
        choices = {
            one for each in kind.model.model_fields.values() for one in codes_of(each.annotation)
        }
        assert choices - {name} <= {*scenarios._CODES}


def codes_of(annotation: object) -> set[str]:
    """The codes that a field may have, in lists of them too."""
    if get_origin(annotation) is Literal:
        return {*get_args(annotation)}
    return {code for one in get_args(annotation) for code in codes_of(one)}
