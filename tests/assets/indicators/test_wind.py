from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.wind import wind
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY, suspect

MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)
FORCE = pl.read_csv("assets/definitions/wind_force.csv", try_parse_dates=True)


def blown(speeds: list[float], directions: list[float]) -> pl.DataFrame:
    count = len(speeds)
    return pl.DataFrame(
        {
            "station_id": ["130"] * count,
            "observed_at": [MIDNIGHT + timedelta(minutes=10 * n) for n in range(count)],
            "wind_ms": speeds,
            "gust_ms": [2 * speed for speed in speeds],
            "dir_deg": directions,
        }
    )


@pytest.mark.shows("published", "gold/weather/daily_wind_by_station", source="Beaufort scale (WMO)")
@pytest.mark.parametrize(
    # WMO-No. 8: force 8 begins at 17.2 m/s and ends at 20.7, force 0 ends below 0.3.
    ("speed", "level"),
    [(0.2, 0), (0.3, 1), (17.1, 7), (17.2, 8), (20.7, 8), (20.8, 9), (32.7, 12)],
)
def test_the_force_is_that_of_the_published_scale(speed, level):
    row = wind(
        blown([speed] * 144, [90.0] * 144), force=FORCE, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert row["beaufort_level"] == level
    assert row["day_on"] == date(2025, 3, 24)


def test_winds_around_north_come_from_the_north():
    row = wind(
        blown([3.0] * 144, [350.0, 10.0] * 72),
        force=FORCE,
        health=HEALTHY,
        completeness=COMPLETENESS,
    ).row(0, named=True)

    assert row["from_deg"] % 360 == pytest.approx(0, abs=0.1)
    assert (row["wind_ms"], row["gust_ms"]) == (3.0, 6.0)


@pytest.mark.shows("property", "gold/weather/daily_wind_by_station")
@given(st.floats(0, 359), st.floats(1, 30))
@settings(max_examples=30)
def test_a_compass_that_is_turned_turns_the_wind_and_nothing_else(turn, speed):
    directions = [(40.0 + n % 60) for n in range(144)]
    still = wind(
        blown([speed] * 144, directions), force=FORCE, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)
    turned = wind(
        blown([speed] * 144, [(d + turn) % 360 for d in directions]),
        force=FORCE,
        health=HEALTHY,
        completeness=COMPLETENESS,
    ).row(0, named=True)

    difference = (turned["from_deg"] - still["from_deg"] - turn + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=0.2)
    assert turned["beaufort_level"] == still["beaufort_level"]


def test_a_day_with_less_than_three_quarters_of_its_measurements_has_no_wind():
    row = wind(
        blown([5.0] * 107, [90.0] * 107), force=FORCE, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["gust_ms"], row["quality_code"], row["observations_count"]) == (
        None, "no_data", 107,
    )  # fmt: skip


def test_a_day_of_a_suspect_wind_gauge_is_suspect_and_that_of_a_thermometer_is_not():
    observed, day = blown([5.0] * 144, [90.0] * 144), date(2025, 3, 24)

    gauge, other, next_day = (
        wind(observed, force=FORCE, health=health, completeness=COMPLETENESS)[
            "quality_code"
        ].to_list()
        for health in (
            suspect("130", "gust_ms", day),
            suspect("130", "temp_c", day),
            suspect("130", "gust_ms", day + timedelta(days=1)),
        )
    )

    assert (gauge, other, next_day) == (["suspect"], ["ok"], ["ok"])
