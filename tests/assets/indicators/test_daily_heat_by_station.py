from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.daily_heat_by_station import daily_heat_by_station
from assets.silver.weather_by_day import weather_by_day
from assets.silver.weather_observed import weather_observed
from assets.twin import DEFINITIONS
from infra.simulator.city import City
from infra.simulator.climate import heat_wave_days
from infra.simulator.datasets import weather_history
from tests.assets.indicators.defined import COMPLETENESS, defined
from tests.assets.indicators.health_frames import HEALTHY, suspect
from tests.assets.indicators.risk_frames import as_bronze

BANDS = pl.read_csv(DEFINITIONS / "thermal_stress_bands.csv", try_parse_dates=True)
# Midnight of solar time.
MIDNIGHT = datetime(2025, 7, 1, 23, tzinfo=UTC)
DAY = date(2025, 7, 2)
UNREAD = ("rain_mm", "gust_ms", "dir_deg", "press_hpa", "rad_wm2")


def weather(temperatures: list[float], **changed: float) -> pl.DataFrame:
    """Ten-minute readings from midnight on, damp and calm as in a July night."""
    at = [MIDNIGHT + timedelta(minutes=10 * step) for step in range(len(temperatures))]
    return pl.DataFrame(
        {
            "station_id": "130",
            "observed_at": pl.Series(at, dtype=pl.Datetime("us", "UTC")),
            "temp_c": pl.Series(temperatures, dtype=pl.Float64),
            "rh_pct": changed.get("rh_pct", 50.0),
            "wind_ms": changed.get("wind_ms", 1.0),
        }
    )


NO_HISTORY = pl.DataFrame(
    schema={
        "station_id": pl.String,
        "day_on": pl.Date,
        "temp_max_c": pl.Float64,
        "temp_min_c": pl.Float64,
    }
)


def heat_of(
    readings: pl.DataFrame, *, history: pl.DataFrame = NO_HISTORY, health: pl.DataFrame = HEALTHY
) -> pl.DataFrame:
    return daily_heat_by_station(
        readings,
        history=history,
        bands=BANDS,
        health=health,
        rules=defined("heat_rules"),
        completeness=COMPLETENESS,
    )


# CBE's reference vector of UTCI: 27 °C, radiant 22, 50 %, 10 m/s feels like 20.0; in the shade and
# calm 27 °C is between 26 and 28: moderate heat stress (Bröde et al. 2012, from 26 to 32).
def test_a_day_of_27_degrees_is_24_hours_of_moderate_heat_stress():
    row = heat_of(weather([27.0] * 144)).row(0, named=True)

    assert (row["day_on"], row["moderate_h"], row["strong_h"]) == (DAY, 24.0, 0.0)
    assert 26 < row["utci_max_c"] < 28


@pytest.mark.parametrize(("lowest", "is_tropical"), [(19.9, False), (20.0, True)])
def test_a_night_that_does_not_cool_below_20_degrees_is_tropical(lowest, is_tropical):
    heat = heat_of(weather([lowest] + [25.0] * 143))

    assert heat["is_tropical_night"].to_list() == [is_tropical]


def test_a_day_with_half_of_its_readings_has_no_extremes_and_no_hours():
    row = heat_of(weather([30.0] * 72)).row(0, named=True)

    assert (row["temp_max_c"], row["moderate_h"], row["quality_code"]) == (None, None, "no_data")
    assert row["completeness_ratio"] == 0.5


def test_a_correction_delivered_later_is_the_last_word():
    first, later = (
        weather([degrees] * 144).select(
            pl.col("station_id", *("temp_c", "rh_pct", "wind_ms")),
            measured_at="observed_at",
            window_on=DAY + timedelta(days=delay),
            **dict.fromkeys(UNREAD, pl.lit(None, dtype=pl.Float64)),
        )
        for degrees, delay in ((30.0, 0), (31.0, 1))
    )

    observed = weather_observed(pl.concat([later, first]))

    heat = heat_of(observed)
    assert heat["temp_max_c"].to_list() == [31.0]


@pytest.mark.shows("property", "gold/risk/daily_heat_by_station")
@settings(max_examples=15)
@given(
    temperatures=st.lists(st.floats(-10, 42), min_size=144, max_size=144),
    warmer=st.floats(0.1, 5),
)
def test_hours_of_all_bands_make_a_day_and_warmer_days_never_feel_cooler(temperatures, warmer):
    before = heat_of(weather(temperatures))
    after = heat_of(weather([one + warmer for one in temperatures]))

    hours = before.select("cold_h", "no_stress_h", "moderate_h", "strong_h", "very_strong_h",
                          "extreme_h").row(0)  # fmt: skip
    assert sum(hours) == pytest.approx(24)
    assert after["utci_max_c"][0] > before["utci_max_c"][0]


@pytest.mark.shows("planted", "gold/risk/daily_heat_by_station")
def test_the_two_planted_heat_waves_are_the_only_long_ones_of_their_summer():
    city = City("small", 1, 1, date(2025, 3, 24))
    (batch,) = weather_history.batches(city)
    history = weather_by_day(as_bronze("arpa_lombardia/weather_history", batch.rows))

    heat = heat_of(weather([30.0]).clear(), history=history)

    long = heat.filter((pl.col("day_on").dt.year() == 2024) & (pl.col("heat_wave_days_count") >= 5))
    assert long["day_on"].to_list() == heat_wave_days(city.start)
    assert long["heat_wave_days_count"].unique().sort().to_list() == [7, 8]


def test_a_day_on_which_the_thermometer_stood_still_is_suspect_and_no_other():
    observed = weather([30.0] * 288)
    first, second = heat_of(observed)["day_on"]

    heat = heat_of(observed, health=suspect("130", "temp_c", second))

    assert heat.select("day_on", "quality_code").rows() == [(first, "ok"), (second, "suspect")]


# calcUTCI(25, 25, 1.0, 50) of the package returns 24.6, by its page of help; here the radiant
# temperature is the air's.
@pytest.mark.shows(
    "published",
    "gold/risk/daily_heat_by_station",
    source="R package comf, example of calcUTCI: 24.6",
)
def test_a_day_of_25_degrees_in_the_shade_feels_as_the_example_of_comf():
    heat = heat_of(weather([25.0] * 144, rh_pct=50.0, wind_ms=1.0))

    assert heat["utci_max_c"].to_list() == pytest.approx([24.6], abs=0.05)
    assert heat["no_stress_h"].to_list() == [24.0]
