from datetime import date

import polars as pl
import pytest

from assets.trust import quality, suspect_days
from tests.assets.indicators.health_frames import HEALTHY, suspect

DAY = date(2025, 3, 24)


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ({}, "ok"),
        ({"partial": True}, "partial"),
        ({"partial": True, "suspect": True}, "suspect"),
        ({"suspect": True, "unverified": True, "no_data": False}, "unverified"),
        ({"no_data": True, "partial": True}, "no_data"),
        ({"suspect": None, "partial": True}, "partial"),
    ],
)
def test_the_worst_that_is_known_of_a_row_is_its_quality(conditions, code):
    frame = pl.DataFrame({"row": [1]})

    told = frame.select(
        quality(**{name: pl.lit(holds, dtype=pl.Boolean) for name, holds in conditions.items()})
    )

    assert told.item() == code


def test_a_quality_that_is_not_of_the_list_is_a_mistake():
    with pytest.raises(ValueError, match="doubtful is not of the closed list"):
        quality(doubtful=pl.lit(value=True))


def test_only_suspect_days_are_told_and_each_once():
    partial = suspect("t", "O3", DAY).with_columns(quality_code=pl.lit("partial"))
    health = pl.concat([HEALTHY, suspect("s", "NO2", DAY, DAY), partial])

    days = suspect_days(health, quantity="pollutant_code")

    assert days.rows() == [("s", "NO2", DAY, True)]
