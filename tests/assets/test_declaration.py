import dataclasses

import polars as pl
import pytest

from assets.columns import schema_of
from assets.declaration import Declaration, given
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.errors import TwinError
from infra.settings import Settings
from quality.disclosure.policy import Thresholds

DECLARATIONS = find_declarations()
PRESSURE = DECLARATIONS["gold/mobility/hourly_parking_pressure"]
RAIN = DECLARATIONS["gold/risk/pluvial_vulnerability_by_cell"]
ENTRIES = DECLARATIONS["open/mobility/daily_parking_entries"]


@pytest.mark.parametrize("key", DECLARATIONS)
def test_what_a_function_makes_of_empty_inputs_is_what_its_declaration_says(key, tmp_path):
    twin = Twin.here(Settings.load({}, tmp_path))

    schema = schema_of(DECLARATIONS[key], DECLARATIONS, twin)

    assert list(schema) == list(DECLARATIONS[key].gives)


INDICATORS = [key for key, one in DECLARATIONS.items() if one.measured is not None]


@pytest.mark.parametrize("key", INDICATORS)
def test_a_number_that_rests_on_a_definition_says_since_when_that_holds(key):
    one = DECLARATIONS[key]
    rests = any(table.startswith("bronze/definitions/") for table in one.reads.values())

    assert bool(one.measured.definition_from) == rests
    assert not rests or any(
        origin.endswith(".valid_from_on")
        for origin in one.gives[one.measured.definition_from].made_of
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "gold/parking"}, "a key is"),
        ({"key": "gold/parties/hourly_noise"}, "is not a theme"),
        ({"key_columns": ("nothing",)}, "is not among the columns"),
        ({"gives": {**PRESSURE.gives, "car_pid": given("x")}}, "no person is followed"),
        ({"with_history": ("trees",)}, "is in with_history, and is not read"),
        ({"gives": {**PRESSURE.gives, "x_count": given("x", "trees.y")}}, "which is not read"),
        ({"key": "open/mobility/hourly_parking_pressure"}, "a table of open/ has a release"),
        ({"parts": RAIN.parts}, "parts are of a table without windows"),
        ({"release": ENTRIES.release}, "a table of open/ has a release, and no other has"),
    ],
)
def test_a_declaration_that_disagrees_with_itself_is_refused(change, words):
    with pytest.raises(TwinError, match=words):
        dataclasses.replace(PRESSURE, **change).check()


def test_parts_that_hang_on_what_is_not_read_are_refused():
    parts, _ = RAIN.parts

    with pytest.raises(TwinError, match="which is not read"):
        dataclasses.replace(RAIN, parts=(dataclasses.replace(parts, of=("trees.y",)),)).check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", 9),
        ("distinct_l", 1),
        ("entropy_l", 1.0),
        ("t", 0.6),
        ("top_count", 0),
        ("top_ratio", 0.6),
        ("margin_ratio", 0.1),
        ("advantage_ratio", 0.2),
    ],
)
def test_an_open_table_may_not_be_looser_than_all_of_them(name, value):
    looser = dataclasses.replace(Thresholds(), **{name: value})
    release = dataclasses.replace(ENTRIES.release, thresholds=looser)

    with pytest.raises(TwinError, match=f"{name} is looser than open tables may be"):
        dataclasses.replace(ENTRIES, release=release).check()


def test_a_windowed_open_table_has_no_totals_over_days():
    release = dataclasses.replace(
        ENTRIES.release, within=(), quasi_identifiers=("entered_on", "car_park_id", "part_code")
    )

    with pytest.raises(TwinError, match="name entered_on under within"):
        dataclasses.replace(ENTRIES, release=release).check()


def test_a_number_without_a_unit_is_refused(tmp_path):
    def counted(**tables: pl.DataFrame) -> pl.DataFrame:
        return tables["sessions"].group_by("car_park_id").agg(cars=pl.len())

    bad = dataclasses.replace(
        PRESSURE,
        function=counted,
        gives={"car_park_id": given("x"), "cars": given("y")},
        key_columns=("car_park_id",),
        window_by=None,
    )

    with pytest.raises(TwinError, match="cars is a number without a unit"):
        schema_of(bad, DECLARATIONS, Twin.here(Settings.load({}, tmp_path)))


def a_table_of_values(beside: str) -> Declaration:
    def measured(**tables: pl.DataFrame) -> pl.DataFrame:
        values = tables["sessions"].select("car_park_id", value="paid_eur")
        return values.with_columns(pl.lit("1").alias(beside))

    return dataclasses.replace(
        PRESSURE,
        function=measured,
        gives={name: given("x") for name in ("car_park_id", "value", beside)},
        key_columns=("car_park_id",),
        window_by=None,
    )


def test_a_value_whose_unit_stands_beside_it_is_a_number_with_a_unit(tmp_path):
    schema = schema_of(
        a_table_of_values("unit_code"), DECLARATIONS, Twin.here(Settings.load({}, tmp_path))
    )

    assert schema["value"] == pl.Float64()


def test_a_value_without_a_unit_beside_it_is_refused(tmp_path):
    with pytest.raises(TwinError, match="value is a number without a unit"):
        schema_of(
            a_table_of_values("kind_code"), DECLARATIONS, Twin.here(Settings.load({}, tmp_path))
        )
