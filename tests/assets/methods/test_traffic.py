from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.traffic import (
    free_flow_speed,
    is_at_night,
    planning_time_index,
    saturation,
    service_levels,
    trailing_quantile,
    travel_time_index,
)

BANDS = pl.read_csv("assets/definitions/level_of_service.csv", try_parse_dates=True)


def test_a_way_of_15_minutes_with_an_index_of_1_6_takes_24_to_plan():
    # FHWA (2006), Travel Time Reliability: a planning time index of 1.60, 15 minutes, 24 minutes.
    minutes = pl.DataFrame({"minutes": [24.0] * 2 + [15.0] * 18})

    index = minutes.select(
        planning_time_index(travel_time_index(1 / pl.col("minutes"), pl.lit(1 / 15)), share=0.95)
    ).item()

    assert index * 15 == pytest.approx(24.0)


def test_nobody_is_faster_than_free_traffic():
    speeds = pl.DataFrame({"speed": [0.0, 25.0, 50.0, 90.0, None]})

    found = speeds.select(travel_time_index(pl.col("speed"), pl.lit(50.0)))

    assert found.to_series().to_list() == [None, 2.0, 1.0, 1.0, None]


@given(st.lists(st.floats(1, 150), min_size=2, max_size=30), st.floats(1, 150))
def test_the_index_is_at_least_one_and_falls_with_speed(speeds, free):
    ordered = pl.DataFrame({"speed": sorted(speeds)})

    found = ordered.select(travel_time_index(pl.col("speed"), pl.lit(free))).to_series()

    assert found.min() >= 1
    assert found.is_sorted(descending=True)


@given(st.lists(st.floats(1, 150), min_size=2, max_size=30), st.randoms())
def test_free_flow_hangs_on_no_order_and_lies_among_the_speeds(speeds, random):
    shuffled = list(speeds)
    random.shuffle(shuffled)

    one, other = (
        pl.DataFrame({"v": rows}).select(free_flow_speed(pl.col("v"), share=0.85)).item()
        for rows in (speeds, shuffled)
    )

    assert one == other
    assert min(speeds) <= one <= max(speeds)


def test_the_night_is_that_of_the_citys_clock_in_summer_and_winter():
    at = [
        datetime(2025, 1, 10, 21, tzinfo=UTC),  # 22 o'clock
        datetime(2025, 7, 10, 21, tzinfo=UTC),  # 23 o'clock
        datetime(2025, 7, 10, 19, 59, tzinfo=UTC),  # 21:59
        datetime(2025, 1, 10, 4, tzinfo=UTC),  # 5 o'clock
        datetime(2025, 1, 10, 3, 59, tzinfo=UTC),
    ]

    found = (
        pl.DataFrame({"at": at})
        .select(is_at_night(pl.col("at"), from_hour=22, until_hour=5))
        .to_series()
    )

    assert found.to_list() == [True, True, False, False, True]


@pytest.mark.parametrize(
    # Highway Capacity Manual, urban streets: 2010 has A above 85 %, the sixth edition above 80 %.
    ("day", "ratio", "code"),
    [
        (date(2012, 1, 1), 0.83, "B"),
        (date(2025, 1, 1), 0.83, "A"),
        (date(2025, 1, 1), 0.80, "B"),
        (date(2025, 1, 1), 0.51, "C"),
        (date(2025, 1, 1), 0.50, "D"),
        (date(2025, 1, 1), 0.30, "F"),
        (date(2009, 1, 1), 0.90, None),
    ],
)
def test_the_level_of_service_is_that_of_the_edition_in_force(day, ratio, code):
    found = service_levels(pl.DataFrame({"day_on": [day], "speed_ratio": [ratio]}), BANDS)

    assert found["service_code"].to_list() == [code]


def test_a_percentile_is_of_the_days_up_to_its_own():
    days = [date(2025, 3, day) for day in (1, 2, 3)]
    values = pl.DataFrame({"place": "a", "day_on": days, "v": [10.0, 20.0, 30.0]})

    found = trailing_quantile(values, "place", value="v", share=0.5, days=2, least_count=2)

    assert found.select("v", "days_count").rows() == [(None, 1), (15.0, 2), (25.0, 2)]


def test_a_street_without_a_capacity_has_no_saturation():
    lanes = pl.DataFrame({"capacity": [900, 0, None]})

    found = lanes.select(saturation(pl.lit(450.0), pl.col("capacity"))).to_series()

    assert found.to_list() == [0.5, None, None]
