import dataclasses

import polars as pl
import pytest

from assets.declaration import given
from assets.derive import schema_of
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.errors import TwinError
from infra.settings import Settings

DECLARATIONS = find_declarations()
PRESSURE = DECLARATIONS["gold/mobility/hourly_parking_pressure"]


@pytest.mark.parametrize("key", DECLARATIONS)
def test_what_a_function_makes_of_empty_inputs_is_what_its_declaration_says(key, tmp_path):
    twin = Twin.here(Settings.load({}, tmp_path))

    schema = schema_of(DECLARATIONS[key], DECLARATIONS, twin)

    assert list(schema) == list(DECLARATIONS[key].gives)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "gold/parking"}, "a key is"),
        ({"key": "gold/parties/hourly_noise"}, "is not a theme"),
        ({"key_columns": ("nothing",)}, "is not among the columns"),
        ({"gives": {**PRESSURE.gives, "car_pid": given("x")}}, "no person is followed"),
        ({"with_history": ("trees",)}, "is in with_history, and is not read"),
        ({"gives": {**PRESSURE.gives, "x_count": given("x", "trees.y")}}, "which is not read"),
    ],
)
def test_a_declaration_that_disagrees_with_itself_is_refused(change, words):
    with pytest.raises(TwinError, match=words):
        dataclasses.replace(PRESSURE, **change).check()


def test_a_number_without_a_unit_is_refused(tmp_path):
    def counted(sessions: pl.DataFrame, car_parks: pl.DataFrame) -> pl.DataFrame:
        return sessions.group_by("car_park_id").agg(cars=pl.len())

    bad = dataclasses.replace(
        PRESSURE,
        function=counted,
        gives={"car_park_id": given("x"), "cars": given("y")},
        key_columns=("car_park_id",),
        window_by=None,
    )

    with pytest.raises(TwinError, match="cars is a number without a unit"):
        schema_of(bad, DECLARATIONS, Twin.here(Settings.load({}, tmp_path)))
