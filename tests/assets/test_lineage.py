import dataclasses

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from assets.declaration import Declaration, given
from assets.derive import schema_of
from assets.derived_assets import find_declarations
from assets.lineage import check_lineage, descents, descents_of, strictest
from assets.twin import Twin
from infra.errors import TwinError
from infra.settings import Settings
from tests.assets.lineage_seen import passed_on, unsaid

DECLARATIONS = find_declarations()
CRASHES = "bronze/comune_brescia/crashes"
READINGS = "bronze/a2a/electricity_readings"


@pytest.fixture
def twin(tmp_path) -> Twin:
    return Twin.here(Settings.load({}, tmp_path))


def a_table(
    reads: str, made_of: str, *, key: str = "silver/safety/invented"
) -> dict[str, Declaration]:
    def invented(table: pl.DataFrame) -> pl.DataFrame:
        return table

    declaration = Declaration(
        function=invented,
        key=key,
        reads={"table": reads},
        gives={"told": given("x", f"table.{made_of}")},
        key_columns=("told",),
        window_by=None,
        title="Invented",
        method_version="1",
        literature="None.",
    )
    return {key: declaration}


def check(declarations: dict[str, Declaration], dtype: pl.DataType, twin: Twin) -> None:
    check_lineage(declarations, {key: pl.Schema({"told": dtype}) for key in declarations}, twin)


def test_every_computed_column_leads_back_to_a_publisher_and_to_nothing_it_may_not(twin):
    schemas = {key: schema_of(one, DECLARATIONS, twin) for key, one in DECLARATIONS.items()}

    check_lineage(DECLARATIONS, schemas, twin)

    found = {(way.table, way.column) for way in descents(DECLARATIONS, twin)}
    assert found == {(key, name) for key, one in DECLARATIONS.items() for name in one.gives}


def test_the_way_back_names_every_table_and_what_was_done_at_the_gate(twin):
    ways = descents_of(
        "gold/energy/daily_electricity_by_section", "meters_count", DECLARATIONS, twin
    )

    assert [(way.source, way.source_columns, way.through) for way in ways] == [
        ("source/a2a/electricity_readings", ("pod",), ((READINGS, "meter_pid"),))
    ]
    assert (ways[0].personal, ways[0].treatment, ways[0].entity) == (
        "direct", "pseudonymise", "IT_POD",
    )  # fmt: skip
    assert strictest(ways) == "direct"


def test_a_way_through_silver_names_both_tables(twin):
    ways = descents_of(
        "gold/mobility/hourly_parking_pressure", "capacity_count", DECLARATIONS, twin
    )

    assert ways[0].through == (
        ("bronze/brescia_mobilita/car_parks", "capacity_count"),
        ("silver/mobility/off_street_parking", "capacity_count"),
    )


@pytest.mark.parametrize(
    ("reads", "made_of", "words"),
    [
        (READINGS, "meter_pid", "made of the pseudonym .* and is no number"),
        ("bronze/comune_brescia/citizen_reports", "report_text", "descends from the free text"),
        (READINGS, "nothing", "which its contract does not store"),
        ("bronze/a2a/nothing", "x_count", "which no contract and no function gives"),
        ("quarantine/a2a/electricity_readings", "rule", "which no contract and no function gives"),
    ],
)
def test_a_column_that_descends_from_what_it_may_not_fails_the_build(twin, reads, made_of, words):
    with pytest.raises(TwinError, match=words):
        check(a_table(reads, made_of), pl.String(), twin)


def test_a_pseudonym_may_be_counted(twin):
    check(a_table(READINGS, "meter_pid"), pl.Int64(), twin)


def test_a_direct_identifier_kept_as_it_came_fails_the_build(twin):
    contract = twin.contracts["a2a/electricity_readings"]
    bare = contract.columns["section_id"].model_copy(update={"personal": "direct"})
    twin.contracts["a2a/electricity_readings"] = contract.model_copy(
        update={"columns": {**contract.columns, "section_id": bare}}
    )

    with pytest.raises(
        TwinError, match=r"direct identifier .*section_id, to which nothing was done"
    ):
        check(a_table(READINGS, "section_id"), pl.String(), twin)


def test_a_column_made_of_one_that_a_table_does_not_give_fails_the_build(twin):
    inner = a_table(READINGS, "section_id")
    outer = a_table("silver/safety/invented", "renamed", key="silver/safety/outer")

    with pytest.raises(
        TwinError, match=r"silver/safety/invented\.renamed, which that table does not"
    ):
        descents(inner | outer, twin)


PRESSURE = DECLARATIONS["silver/mobility/off_street_parking"]
CAR_PARKS = pl.DataFrame(
    {
        "car_park_id": ["A", "B", "C"],
        "car_park_name": ["uno", "due", "tre"],
        "capacity_count": [10, 20, 30],
        "lat_deg": [45.1, 45.2, 45.3],
        "lng_deg": [10.1, 10.2, 10.3],
    }
)


def test_what_a_column_is_made_of_and_does_not_say_is_seen():
    said = {**PRESSURE.gives, "capacity_count": given("x", "car_parks.car_park_name")}
    silent = dataclasses.replace(PRESSURE, gives=said)

    assert unsaid(PRESSURE, {"car_parks": CAR_PARKS}) == []
    assert unsaid(silent, {"car_parks": CAR_PARKS}) == [
        "capacity_count of car_parks.capacity_count"
    ]


@drawn(st.lists(st.integers(1, 9), min_size=3, max_size=3, unique=True))
def test_a_column_that_is_the_same_whatever_came_is_made_of_nothing(capacities):
    def constant(car_parks: pl.DataFrame) -> pl.DataFrame:
        return PRESSURE.function(car_parks).with_columns(capacity_count=pl.lit(1))

    silent = dataclasses.replace(
        PRESSURE, function=constant, gives={**PRESSURE.gives, "capacity_count": given("x")}
    )
    parks = CAR_PARKS.with_columns(capacity_count=pl.Series(capacities))

    assert unsaid(silent, {"car_parks": parks}) == []


def test_a_guarded_value_that_stands_in_a_column_is_seen():
    assert passed_on(PRESSURE, {"car_parks": CAR_PARKS}, {"car_parks": {"car_park_name"}}) == [
        "car_park_name holds car_parks.car_park_name"
    ]
