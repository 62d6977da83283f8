"""What is computed for the places of an edit alone is what the whole city gives."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.declaration import Declaration
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.indicators.reach_of_services import reach_of_services
from assets.parts import with_parts
from assets.scenarios.running import Outcome, outcome_of
from assets.twin import DEFINITIONS, Twin
from infra.lake import TableSpec
from infra.settings import Settings
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.health_frames import HEALTHY
from tests.assets.indicators.small_town import lat, places, services, small_town
from tests.assets.indicators.test_cycle_danger_by_segment import TABLE, accidents, bikes, streets
from tests.assets.scenarios.small_lake import RAIN, cells, scenario, small_lake

DECLARATIONS = find_declarations()
REACH = "gold/services/reach_of_services_by_section"
PLACES = "gold/services/opportunities_by_section"
DANGER = "gold/mobility/cycle_danger_by_segment"
HELD = {RAIN, REACH, PLACES, DANGER}
FACTORS = pl.read_csv(DEFINITIONS / "crash_factors.csv", try_parse_dates=True)
CATCHMENTS = pl.DataFrame(
    {"category_code": ["farmacia"], "valid_from_on": [date(2025, 1, 1)], "catchment_min": [15.0]}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_lake(tmp_path_factory.mktemp("lake"))


def street() -> dict[str, pl.DataFrame]:
    """The street of five kilometres with nine homes, four pharmacies and two stops more."""
    known = small_town()
    homes = [n * 1.25 for n in range(9)]
    known["population"] = places(
        section_id=[f"h{n}" for n in range(9)], residents_count=list(range(9)), at=homes
    )
    known["services"] = services(
        *((f"p{n}", "farmacia", 3.0 * n, 8, 20 - n, "1111110") for n in range(4)),
        ("ho", "ospedale", 8, 0, 24, "1111111"),
    ).with_columns(entity_id=pl.lit("urn:"), capacity_count=pl.lit(10, pl.Int64))
    return known | {"catchments": CATCHMENTS}


def lake(folder: Path, tables: Mapping[str, pl.DataFrame], *keys: str) -> Twin:
    """The twin of an installation with these indicators and what they read, by table."""
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(folder)}, folder=folder))
    for table, frame in tables.items():
        twin.lake.replace_all(table, frame, spec=TableSpec(frame.schema), notes={}, mark=1)
    for key in keys:
        derive(DECLARATIONS[key], DECLARATIONS, twin=twin, requested=None, notes={"run": "r"})
    return twin


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    known = street()
    tables = {table: known[name] for name, table in DECLARATIONS[PLACES].reads.items()}
    return lake(tmp_path_factory.mktemp("town"), tables, REACH, PLACES)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    known = {
        "segments": streets(traffic_count=range(2000, 8000, 100)),
        "accidents": accidents([3, 3, 4, 5]),
        "bikes": bikes(9),
        "stress": TABLE,
        "health": HEALTHY,
        "completeness": COMPLETENESS,
        "limits": DISCLOSURE,
    }
    tables = {table: known[name] for name, table in DECLARATIONS[DANGER].reads.items()}
    tables["bronze/definitions/crash_factors"] = FACTORS
    return lake(tmp_path_factory.mktemp("roads"), tables, DANGER)


def whole(declarations: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """The same tables, none of which says how it divides."""
    return {key: replace(one, parts=()) for key, one in declarations.items()}


def same(one: Outcome, other: Outcome) -> bool:
    return set(one.indicators) == set(other.indicators) and all(
        pair.planned.equals(other.indicators[key].planned)
        and pair.baseline.equals(other.indicators[key].baseline)
        for key, pair in one.indicators.items()
    )


def test_every_table_that_divides_is_held_to_the_whole_city():
    assert {key for key, one in DECLARATIONS.items() if one.parts} == HELD


@settings(max_examples=4)
@given(data=st.data())
def test_rain_of_cells_is_that_of_the_whole_ground(twin, folder, data):
    where = st.lists(st.sampled_from(cells()), min_size=1, max_size=3, unique=True)
    edits = [
        f"kind: deseal, cells: {data.draw(where)}, "
        f"removed_ratio: {data.draw(st.floats(0.01, 1))}, above_ratio: {above}"
        for above in data.draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=1, max_size=2))
    ]
    plan, known = scenario(folder, "celle", *edits), {RAIN: DECLARATIONS[RAIN]}

    assert same(outcome_of(plan, known, twin), outcome_of(plan, whole(known), twin))


@settings(max_examples=4)
@given(data=st.data())
def test_rain_where_people_come_to_live_is_that_of_the_whole_ground(twin, folder, data):
    homes = st.tuples(st.sampled_from(["1", "2"]), st.integers(1, 2000))
    edits = [
        f"kind: new_housing, section: '{section}', residents: {residents}"
        for section, residents in data.draw(st.lists(homes, min_size=1, max_size=3))
    ]
    plan, known = scenario(folder, "case", *edits), {RAIN: DECLARATIONS[RAIN]}

    found = outcome_of(plan, known, twin)

    assert same(found, outcome_of(plan, whole(known), twin))
    assert "residents_count" in found.indicators[RAIN].columns


@pytest.mark.parametrize(
    ("number", "edit", "most_ratio"),
    [
        (0, f"kind: deseal, cells: ['{cells()[0]}'], removed_ratio: 1", 0.5),
        # Of the two sections, each half of the ground.
        (1, "kind: new_housing, section: '2', residents: 200", 0.7),
    ],
    ids=["ground", "homes"],
)
def test_of_the_ground_only_that_around_the_edit_is_looked_at(
    twin, folder, number, edit, most_ratio
):
    parts = DECLARATIONS[RAIN].parts[number]
    seen = []

    def each(terrain: pl.DataFrame, **others: pl.DataFrame) -> pl.DataFrame:
        seen.append(terrain)
        return parts.each(terrain, **others)

    each.__signature__ = inspect.signature(parts.each)
    known = {RAIN: replace(DECLARATIONS[RAIN], parts=(replace(parts, each=each),))}

    outcome_of(scenario(folder, "una", edit), known, twin)

    ground = twin.lake.read("bronze/regione_lombardia/terrain").collect()
    assert 0 < seen[0].height < ground.height * most_ratio


@settings(max_examples=4)
@given(data=st.data())
def test_new_services_change_what_they_change_in_the_whole_city(town, folder, data):
    new = [
        f"kind: new_service, id: nuovo{number}, lat_deg: {lat(data.draw(st.floats(-1, 12)))}, "
        f"lng_deg: 10.2, capacity: 9, opens: '0{data.draw(st.integers(0, 9))}:30', closes: '19:00',"
        f" category: {data.draw(st.sampled_from(['farmacia', 'ospedale']))}"
        for number in range(data.draw(st.integers(1, 2)))
    ]
    plan = scenario(folder, "servizi", *new)
    known = {key: DECLARATIONS[key] for key in (REACH, PLACES)}

    assert same(outcome_of(plan, known, town), outcome_of(plan, whole(known), town))


@settings(max_examples=4)
@given(data=st.data())
def test_stress_of_stretches_is_that_of_all_streets(roads, folder, data):
    one, other = data.draw(st.lists(st.integers(10, 59), min_size=2, max_size=2, unique=True))
    width = data.draw(st.floats(1, 3))
    plan = scenario(
        folder, "strade", f"kind: zona30, segments: [E0{one}]",
        f"kind: cycle_lane, segments: [E0{other}], width_m: {width}, is_protected: false",
    )  # fmt: skip
    known = {DANGER: DECLARATIONS[DANGER]}

    found = outcome_of(plan, known, roads)

    assert same(found, outcome_of(plan, whole(known), roads))
    assert "stress_level" in found.indicators[DANGER].columns


def test_who_comes_to_live_in_a_section_changes_the_ways_from_there_alone():
    _, of_homes = DECLARATIONS[REACH].parts
    before = {name: frame for name, frame in street().items() if name != "catchments"}
    came = pl.col("section_id").is_in(["h0", "h3"])
    residents = pl.when(came).then(5 - pl.col("residents_count")).otherwise("residents_count")
    homes = before["population"].with_columns(residents_count=residents)
    after = before | {"population": homes}
    stored = reach_of_services(**before)

    reached = of_homes.reached({"population": homes.filter(came)}, stored)
    near = {
        name: after[name].filter(expression) for name, expression in of_homes.near(reached).items()
    }
    fresh = of_homes.each(**(after | near))

    key = DECLARATIONS[REACH].key_columns
    assert near["population"].height == 2
    assert with_parts(stored, fresh, reached, key=key).equals(reach_of_services(**after))
    assert "h0" not in set(stored["section_id"])
