from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.rain_extremes import rain_extremes
from assets.methods.extreme_values import ExtremeValues, fit_depth_duration
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY, suspect
from tests.assets.methods.test_extreme_values import PORT_PIRIE

MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)
DAY = date(2025, 3, 24)
HOURS = (1, 3, 6, 12, 24)
GROWTH = ExtremeValues(0.85, 0.25, 0.05)


def maxima(station: str = "130", years: int = 40) -> pl.DataFrame:
    growth = GROWTH.sample((years,), seed=4)
    return pl.DataFrame(
        {
            "station_id": station,
            "observed_year": [1985 + n for n in range(years)] * len(HOURS),
            "duration_code": [f"{h} {'ora' if h == 1 else 'ore'}" for h in HOURS for _ in growth],
            "rain_mm": np.concatenate([28 * hours**0.3 * growth for hours in HOURS]),
        }
    )


def rain(*mm: float | None, station: str = "130") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "station_id": station,
            "observed_at": [MIDNIGHT + timedelta(minutes=10 * n) for n in range(len(mm))],
            "rain_mm": list(mm),
        },
        schema_overrides={"rain_mm": pl.Float64},
    )


def an_hour_of(depth_mm: float) -> list[float]:
    return [0.0] * 72 + [depth_mm / 6] * 6 + [0.0] * 66


def told(result: pl.DataFrame, hours: int) -> dict[str, object]:
    return result.filter((pl.col("duration_h") == hours) & (pl.col("day_on") == DAY)).row(
        0, named=True
    )


def test_a_fifty_year_storm_is_told_to_come_once_in_fifty_years():
    line = fit_depth_duration({float(h): 28 * h**0.3 * GROWTH.sample((40,), seed=4) for h in HOURS})
    storm = float(line.depth_mm(1, 50))

    hour = told(
        rain_extremes(
            rain(*an_hour_of(storm)), maxima=maxima(), health=HEALTHY, completeness=COMPLETENESS
        ),
        1,
    )

    assert hour["depth_mm"] == pytest.approx(storm, abs=0.01)
    assert hour["return_period_year"] == pytest.approx(50, rel=0.01)
    assert hour["return_period_lo_year"] < 50 < hour["return_period_hi_year"]
    assert hour["quality_code"] == "ok"


def test_the_deepest_hour_of_a_day_is_found_wherever_it_begins():
    result = rain_extremes(
        rain(*[0.0] * 80, *[2.0] * 9, *[0.0] * 55),
        maxima=maxima(),
        health=HEALTHY,
        completeness=COMPLETENESS,
    )

    assert told(result, 1)["depth_mm"] == 12.0
    assert told(result, 3)["depth_mm"] == 18.0


def test_a_time_of_which_more_than_a_twentieth_is_missing_is_not_told():
    gauge = an_hour_of(30.0)
    gauge[76] = None

    result = rain_extremes(rain(*gauge), maxima=maxima(), health=HEALTHY, completeness=COMPLETENESS)

    assert told(result, 1)["depth_mm"] < 30
    assert told(result, 3)["completeness_ratio"] >= 0.95 or told(result, 3)["depth_mm"] == 0.0


def test_a_gauge_without_maxima_of_its_own_takes_those_of_another_and_says_so():
    result = rain_extremes(
        rain(*an_hour_of(30.0), station="999"),
        maxima=maxima("130"),
        health=HEALTHY,
        completeness=COMPLETENESS,
    )

    assert set(result["quality_code"]) == {"modelled"}
    assert told(result, 1)["return_period_year"] > 1


def test_a_gauge_without_maxima_takes_those_of_the_station_with_most_years():
    long = maxima("900", years=40)
    short = maxima("100", years=12).with_columns(pl.col("rain_mm") * 3)

    both = rain_extremes(
        rain(*an_hour_of(40.0), station="999"),
        maxima=pl.concat([short, long]),
        health=HEALTHY,
        completeness=COMPLETENESS,
    )
    alone = rain_extremes(
        rain(*an_hour_of(40.0), station="999"),
        maxima=long,
        health=HEALTHY,
        completeness=COMPLETENESS,
    )

    assert both.equals(alone)


def test_without_any_maxima_the_depth_is_told_and_its_rarity_is_not():
    result = rain_extremes(
        rain(*an_hour_of(30.0)), maxima=maxima(years=9), health=HEALTHY, completeness=COMPLETENESS
    )

    hour = told(result, 1)
    assert (hour["depth_mm"], hour["return_period_year"], hour["quality_code"]) == (
        30.0, None, "no_data",
    )  # fmt: skip


@pytest.mark.shows("property", "gold/weather/daily_rain_extremes")
@given(st.floats(0, 120), st.floats(0.5, 40))
@settings(max_examples=20)
def test_more_rain_is_never_less_rare(depth_mm, more_mm):
    less, more = (
        told(
            rain_extremes(
                rain(*an_hour_of(one)), maxima=maxima(), health=HEALTHY, completeness=COMPLETENESS
            ),
            1,
        )
        for one in (depth_mm, depth_mm + more_mm)
    )

    assert more["return_period_year"] >= less["return_period_year"]
    assert more["depth_mm"] > less["depth_mm"]


def test_a_rain_is_suspect_where_its_gauge_was_that_day_or_the_day_before():
    yesterday = suspect("130", "rain_mm", DAY - timedelta(days=1))
    others = pl.concat([suspect("130", "temp_c", DAY), suspect("131", "rain_mm", DAY)])

    def code(health: pl.DataFrame, station: str = "130") -> object:
        found = rain_extremes(
            rain(*an_hour_of(30.0), station=station),
            maxima=maxima(),
            health=health,
            completeness=COMPLETENESS,
        )
        return told(found, 24)["quality_code"]

    assert code(yesterday) == "suspect"
    assert code(others) == "ok"
    # That its line is another station's is worse.
    assert code(suspect("999", "rain_mm", DAY), station="999") == "modelled"


# Coles (2001), § 3.4.1, fits by likelihood, and the line here by L-moments: 4.30 is then of 9.7
# years and 4.69 of 91.
@pytest.mark.shows(
    "published",
    "gold/weather/daily_rain_extremes",
    source="Coles (2001), Port Pirie: 4.30 and 4.69 once in 10 and 100 years",
)
@pytest.mark.parametrize(("level", "years"), [(4.30, 10), (4.69, 100)])
def test_rain_that_fell_as_the_sea_rose_at_port_pirie_is_as_rare(level, years):
    fallen = pl.DataFrame(
        {
            "station_id": "130",
            "observed_year": [*range(1923, 1988)] * 2,
            "duration_code": ["1 ora"] * 65 + ["3 ore"] * 65,
            "rain_mm": [*PORT_PIRIE, *(one * 3**0.3 for one in PORT_PIRIE)],
        }
    )

    hour = told(
        rain_extremes(
            rain(*an_hour_of(level)), maxima=fallen, health=HEALTHY, completeness=COMPLETENESS
        ),
        1,
    )

    assert hour["return_period_year"] == pytest.approx(years, rel=0.1)
    assert hour["return_period_lo_year"] < years < hour["return_period_hi_year"]
