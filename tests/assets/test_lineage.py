import dataclasses

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from assets.columns import schema_of
from assets.declaration import Declaration, given
from assets.derived_assets import find_declarations
from assets.lineage import Descent, check_lineage, descents, descents_of, strictest
from assets.twin import Twin
from infra.errors import TwinError
from infra.settings import Settings

DECLARATIONS = find_declarations()
CRASHES = "bronze/comune_brescia/crashes"
READINGS = "bronze/a2a/electricity_readings"


@pytest.fixture
def twin(tmp_path) -> Twin:
    return Twin.here(Settings.load({}, tmp_path))


A_WAY = Descent(
    table="silver/safety/invented",
    column="told",
    through=((READINGS, "told"),),
    source="source/a2a/electricity_readings",
    source_columns=("detto",),
    personal="none",
    treatment="keep",
    entity="",
    is_pseudonym=False,
    is_by_day=False,
)


def a_table(
    reads: str, made_of: str, *, key: str = "silver/safety/invented", column: str = "told"
) -> dict[str, Declaration]:
    def invented(table: pl.DataFrame) -> pl.DataFrame:
        return table

    declaration = Declaration(
        function=invented,
        key=key,
        reads={"table": reads},
        gives={column: given("x", f"table.{made_of}")},
        key_columns=(column,),
        window_by=None,
        title="Invented",
        method_version="1",
        literature="None.",
    )
    return {key: declaration}


def check(declarations: dict[str, Declaration], dtype: pl.DataType, twin: Twin) -> None:
    schemas = {key: schema(one, dtype) for key, one in declarations.items()}
    check_lineage(declarations, schemas, twin)


def schema(declaration: Declaration, dtype: pl.DataType) -> pl.Schema:
    return pl.Schema(dict.fromkeys(declaration.gives, dtype))


def test_every_computed_column_leads_back_to_a_publisher_and_to_nothing_it_may_not(twin):
    schemas = {key: schema_of(one, DECLARATIONS, twin) for key, one in DECLARATIONS.items()}

    check_lineage(DECLARATIONS, schemas, twin)

    found = {(way.table, way.column) for way in descents(DECLARATIONS, twin)}
    told = {(key, name) for key, one in DECLARATIONS.items() for name in one.gives}
    assert found <= told
    # Since when a row holds is the instant of a delivery, and no column of a publisher.
    assert {column for _, column in told - found} == {"valid_from", "valid_to"}


def test_the_way_back_names_every_table_and_what_was_done_at_the_gate(twin):
    ways = descents_of(
        "gold/energy/daily_electricity_by_section", "meters_count", DECLARATIONS, twin
    )

    (way,) = (way for way in ways if way.is_pseudonym)
    consumed = ("silver/energy/electricity_consumption_by_day", "contributors_count")
    assert (way.source, way.source_columns, way.through) == (
        "source/a2a/electricity_readings", ("pod",), ((READINGS, "meter_pid"), consumed),
    )  # fmt: skip
    assert (way.personal, way.treatment, way.entity) == ("direct", "pseudonymise", "IT_POD")
    assert way.first_computed == consumed


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


@pytest.mark.parametrize(
    ("column", "dtype"),
    [("told_count", pl.Int64()), ("is_told", pl.Boolean()), ("told_code", pl.String())],
)
def test_a_pseudonym_may_be_counted_and_a_code_may_follow_from_the_count(twin, column, dtype):
    table = a_table(READINGS, "meter_pid", column=column)

    check(table, dtype, twin)


def test_what_is_made_of_a_count_is_not_made_of_those_counted(twin):
    inner = a_table(READINGS, "meter_pid", column="meters_count")
    outer = a_table(
        "silver/safety/invented", "meters_count", key="gold/safety/outer", column="told_on"
    )
    tables = inner | outer
    types = {"silver/safety/invented": pl.Int64(), "gold/safety/outer": pl.Date()}

    check_lineage(tables, {key: schema(one, types[key]) for key, one in tables.items()}, twin)

    (way,) = descents_of("gold/safety/outer", "told_on", tables, twin)
    assert way.is_pseudonym
    assert way.first_computed == ("silver/safety/invented", "meters_count")


def test_a_pseudonym_passed_on_by_silver_fails_the_build_whatever_gold_makes_of_it(twin):
    inner = a_table(READINGS, "meter_pid", column="meter_name")
    outer = a_table("silver/safety/invented", "meter_name", key="gold/safety/outer")
    tables = inner | outer
    types = {"silver/safety/invented": pl.String(), "gold/safety/outer": pl.Int64()}

    with pytest.raises(TwinError, match=r"silver/safety/invented\.meter_name is made of the pseud"):
        check_lineage(tables, {key: schema(one, types[key]) for key, one in tables.items()}, twin)


@pytest.mark.parametrize(
    ("personal", "treatment", "carried"),
    [
        ("none", "keep", "none"),
        ("indirect", "keep", "indirect"),
        ("indirect", "truncate 15m", "indirect"),
        ("direct", "bands 0,18,65", "indirect"),
        ("direct", "keep", "direct"),
        ("direct", "pseudonymise", "none"),
    ],
)
def test_a_way_carries_the_class_that_treatment_and_counting_leave(personal, treatment, carried):
    is_pseudonym = treatment == "pseudonymise"

    way = dataclasses.replace(
        A_WAY, personal=personal, treatment=treatment, is_pseudonym=is_pseudonym
    )

    assert way.carried == carried


@drawn(st.lists(st.sampled_from(["none", "indirect", "direct"]), min_size=1))
def test_a_column_of_several_carries_the_gravest_class_in_whatever_order(classes):
    ways = [dataclasses.replace(A_WAY, personal=personal) for personal in classes]

    gravest = max(classes, key=["none", "indirect", "direct"].index)
    assert strictest(ways) == strictest(ways[::-1]) == gravest


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
