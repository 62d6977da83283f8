from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from assets.silver.goal_by_day import goal_by_day
from tests.assets.indicators.defined import COMPLETENESS

DAY = date(2025, 1, 7)
HEAT = pl.DataFrame(
    schema={"area_id": pl.String, "consumed_on": pl.Date, "heat_kwh": pl.Float64}
)  # fmt: skip


def series(hours: int, houses: int, completeness: pl.DataFrame = COMPLETENESS) -> pl.DataFrame:
    """The goals of a day of which one counter said so many hours, and so many houses reported."""
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) - timedelta(hours=1)
    bikes = pl.DataFrame(
        {
            "window_on": DAY,
            "counter_id": "CB01",
            "street_name": "Via Trieste",
            "counted_at": [midnight + timedelta(hours=hour) for hour in range(hours)],
            "bikes_count": 2,
        }
    )
    nights = pl.DataFrame({"day_on": [DAY], "nights_count": [300], "structures_count": [houses]})
    return goal_by_day(bikes, HEAT, nights, completeness)


@pytest.mark.parametrize(
    ("hours", "houses", "told"),
    [
        (22, 10, [("bike_counts", 44.0), ("stays", 300.0)]),
        (21, 10, [("stays", 300.0)]),
        (22, 9, [("bike_counts", 44.0)]),
    ],
)
def test_a_day_is_told_of_as_many_hours_and_houses_as_the_rules_ask(hours, houses, told):
    assert series(hours, houses).select("goal_code", "value").rows() == told


def test_an_edition_may_ask_for_fewer_and_without_one_nothing_is_told():
    looser = pl.col("least_count") - pl.when(pl.col("subject_code").str.starts_with("goal_")).then(
        1
    )

    fewer = series(21, 9, COMPLETENESS.with_columns(least_count=looser))

    assert fewer["goal_code"].to_list() == ["bike_counts", "stays"]
    assert series(24, 99, COMPLETENESS.clear()).height == 0
