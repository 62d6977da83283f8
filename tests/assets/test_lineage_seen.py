import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from assets.declaration import Declaration, given
from assets.derived_assets import find_declarations
from quality.disclosure.policy import Cells
from tests.assets.lineage_seen import fewer, renamed, unsaid

DECLARATIONS = find_declarations()
CAR_PARKS: Final = DECLARATIONS["silver/mobility/off_street_parking"]
PARKS: Final = pl.DataFrame(
    {
        "car_park_id": ["A", "B", "C"],
        "car_park_name": ["uno", "due", "tre"],
        "capacity_count": [10, 20, 30],
        "lat_deg": [45.1, 45.2, 45.3],
        "lng_deg": [10.1, 10.2, 10.3],
        "valid_from": [datetime(2025, 3, 1, tzinfo=UTC)] * 3,
        "valid_to": pl.Series([None] * 3, dtype=pl.Datetime("us", "UTC")),
    }
)
# Two meters in each of two sections, with two readings each.
METERS: Final = pl.DataFrame(
    {
        "section_id": ["s", "s", "s", "s", "t", "t", "t", "t"],
        "meter_pid": ["1ab", "1ab", "1cd", "1cd", "1ef", "1ef", "1gh", "1gh"],
        "energy_kwh": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        "is_valid": [True] * 8,
        "tariff_code": ["day"] * 8,
    }
)
BY_SECTION: Final = pl.col("section_id")
Function = Callable[[pl.DataFrame], pl.DataFrame]


def a_table(function: Function, **made_of: tuple[str, ...]) -> Declaration:
    return Declaration(
        function=function,
        key="gold/energy/invented_by_section",
        reads={"meters": "bronze/a2a/electricity_readings"},
        gives={
            "section_id": given("x", "meters.section_id"),
            **{
                name: given("x", *(f"meters.{origin}" for origin in origins))
                for name, origins in made_of.items()
            },
        },
        key_columns=("section_id",),
        window_by=None,
        title="Invented",
        method_version="1",
        literature="None.",
    )


def by_section(**numbers: pl.Expr) -> Function:
    return lambda meters: meters.group_by(BY_SECTION).agg(**numbers).sort(BY_SECTION)


def seen(declaration: Declaration, *may_be_empty: str) -> list[str]:
    empty = {"meters": set(may_be_empty)}
    return unsaid(declaration, {"meters": METERS}, may_be_empty=empty)


@pytest.mark.parametrize("column", ["car_park_name", "capacity_count", "lat_deg", "lng_deg"])
def test_an_origin_taken_out_of_a_real_declaration_is_seen(column):
    silent = dataclasses.replace(CAR_PARKS, gives={**CAR_PARKS.gives, column: given("x")})

    assert unsaid(CAR_PARKS, {"car_parks": PARKS}, may_be_empty={}) == []
    assert f"{column} of car_parks.{column}" in unsaid(
        silent, {"car_parks": PARKS}, may_be_empty={}
    )


def test_a_column_made_of_another_than_it_says_is_seen():
    table = a_table(by_section(energy_kwh=pl.col("energy_kwh").sum()), energy_kwh=("tariff_code",))

    assert "energy_kwh of meters.energy_kwh" in seen(table)


def test_a_column_that_decides_which_values_are_summed_is_one_it_is_made_of():
    summed = pl.col("energy_kwh").filter("is_valid").sum()

    silent = a_table(by_section(energy_kwh=summed), energy_kwh=("energy_kwh",))
    honest = a_table(by_section(energy_kwh=summed), energy_kwh=("energy_kwh", "is_valid"))

    assert "energy_kwh of meters.is_valid" in seen(silent)
    assert seen(honest) == []


def test_a_count_of_what_is_there_is_made_of_what_could_be_missing():
    counted = by_section(readings_count=pl.col("energy_kwh").count())
    silent = a_table(counted, readings_count=())

    assert "readings_count of meters.energy_kwh" in seen(silent, "energy_kwh")


def test_a_text_that_is_the_same_in_all_rows_may_still_decide():
    told = pl.col("tariff_code").first() == "day"

    assert "is_day of meters.tariff_code" in seen(a_table(by_section(is_day=told), is_day=()))


def test_which_rows_there_are_hangs_on_columns_that_the_table_names_somewhere():
    def few(meters: pl.DataFrame) -> pl.DataFrame:
        return by_section(energy_kwh=pl.col("energy_kwh").max())(meters.filter("is_valid"))

    silent = a_table(few, energy_kwh=("energy_kwh",))

    assert "its rows of meters.is_valid" in seen(silent)


def test_a_table_that_shows_only_what_is_complete_is_looked_at_with_few_changes():
    many = pl.concat(
        pl.DataFrame({"section_id": section, "meter_pid": f"1{section}{meter}"}).join(
            pl.DataFrame({"energy_kwh": [float(number) for number in range(100)]}), how="cross"
        )
        for section in "st"
        for meter in range(3)
    )

    def complete(meters: pl.DataFrame) -> pl.DataFrame:
        a_meter = meters.group_by("section_id", "meter_pid").agg(pl.len())
        full = a_meter.filter(pl.col("len") >= 90)
        return full.group_by(BY_SECTION).agg(readings_count=pl.col("len").sum())

    silent = a_table(complete, readings_count=())

    assert "readings_count of meters.meter_pid" in unsaid(silent, {"meters": many}, may_be_empty={})


def test_an_open_table_is_looked_at_as_its_cells():
    def units(meters: pl.DataFrame) -> pl.DataFrame:
        return meters.select("section_id", "energy_kwh")

    said = {"meters_count": (), "energy_kwh": ("energy_kwh",), "is_withheld": ("energy_kwh",)}
    release = Cells(("section_id",), "meters_count", sums=("energy_kwh",))
    honest = dataclasses.replace(
        a_table(units, **said), key="open/energy/invented", release=release
    )
    silent = dataclasses.replace(honest, gives={**honest.gives, "energy_kwh": given("x")})

    assert seen(honest) == []
    assert "energy_kwh of meters.energy_kwh" in seen(silent)


@pytest.mark.parametrize(
    "told",
    [
        pl.col("meter_pid").first(),
        pl.col("meter_pid").max().str.slice(1, 1),
        pl.col("meter_pid").hash(seed=1).sum(),
        pl.col("energy_kwh").sort_by("meter_pid").first(),
    ],
    ids=["passed on", "cut", "hashed", "sorted by"],
)
def test_who_does_more_with_pseudonyms_than_count_them_is_told(told):
    table = a_table(by_section(told_count=told), told_count=("meter_pid", "energy_kwh"))

    assert renamed(table, {"meters": METERS}, {"meters": {"meter_pid"}}) == ["told_count"]


@drawn(
    st.lists(
        st.tuples(st.sampled_from("st"), st.sampled_from("abcdef"), st.integers(0, 9)), min_size=1
    )
)
def test_who_counts_pseudonyms_is_not_told_whose_they_are(readings):
    meters = pl.DataFrame(readings, schema=["section_id", "meter_pid", "energy_kwh"], orient="row")
    counted = by_section(
        meters_count=pl.col("meter_pid").n_unique(), energy_kwh=pl.col("energy_kwh").sum()
    )
    table = a_table(counted, meters_count=("meter_pid",), energy_kwh=("energy_kwh",))

    assert renamed(table, {"meters": meters}, {"meters": {"meter_pid"}}) == []


def test_of_a_large_input_whole_things_are_kept_in_all_inputs():
    few = fewer(CAR_PARKS, {"car_parks": PARKS, "more": PARKS}, most=2)

    assert [frame["car_park_id"].to_list() for frame in few.values()] == [["A", "C"], ["A", "C"]]
