"""Whether intervals hold as many truths as they say: on simulated series, and on real ones."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, TypeAlias

import numpy as np
import polars as pl
import pytest

from assets import forecasting
from assets.forecast_tables import LEVELS as PUBLISHED
from assets.forecast_tables import Target
from assets.forecast_targets import ELECTRICITY, NIGHTS, PARKING, PASSENGERS, PM10, TRAFFIC
from tests.assets.forecast_frames import MODELS, forecast, hours_of, noisy
from tests.real_sources.real_files import REAL_FILES

# Those that are published, and 90 % in place of one of them.
LEVELS: Final = ((80, 90), (80, 95))
Covered: TypeAlias = Callable[..., tuple[dict[int, float], float]]
# Weeks without a feast, and without the clock being changed: there is none in what is simulated.
SUMMER: Final = date(2025, 5, 12)


@pytest.fixture
def covered(monkeypatch: pytest.MonkeyPatch) -> Covered:
    """The share of truths within each interval, and the error over that of the naive forecast."""

    def covered(
        series: pl.DataFrame, target: Target, days: list[date]
    ) -> tuple[dict[int, float], float]:
        models = MODELS.with_columns(valid_from_on=date(2000, 1, 1))
        truth = series.select(target.entity, pl.col("at").alias(target.at), truth="value")
        held = {}
        for levels in LEVELS:
            monkeypatch.setattr(forecasting, "LEVELS", levels)
            issued = forecast(series, target, *days, models=models)
            both = issued.join(truth, on=[target.entity, target.at]).drop_nulls(target.bounds)
            for level, named in zip(levels, PUBLISHED, strict=True):
                low, high = (pl.col(target.named(f"{side}_{named}")) for side in ("low", "high"))
                held[level] = both.select(pl.col("truth").is_between(low, high).mean()).item()
        error, naive = (
            both.select((pl.col("truth") - pl.col(name)).abs().mean()).item()
            for name in (target.value, target.named("naive"))
        )
        return held, error / naive

    return covered


def holds(held: dict[int, float]) -> None:
    for level, share in held.items():
        assert share == pytest.approx(level / 100, abs=0.03), f"{level} %"


def days_from(first: date, *, count: int, every: int = 1) -> list[date]:
    return [first + timedelta(days=every * n) for n in range(count)]


NOISES: Final = {
    "normal": lambda chance, size: chance.normal(0, 20, size),
    "heavy tails": lambda chance, size: 15 * chance.standard_t(3, size),
    # Errors that last for hours, as those of a rainy afternoon do.
    "lasting": lambda chance, size: _lasting(chance.normal(0, 9, size)),
}


@pytest.mark.shows(
    "planted",
    "gold/energy/hourly_electricity_forecast_by_area",
    "gold/mobility/hourly_parking_forecast_by_car_park",
    "gold/mobility/hourly_traffic_forecast_by_detector",
)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("target", "series"), [(TRAFFIC, 16), (PARKING, 6)], ids=["24 h", "2 h"])
def test_intervals_hold_what_they_say_of_simulated_hours(
    target: Target, series: int, noise: str, covered: Covered
) -> None:
    shape = noisy(90, series=series, noise=0.0)
    values = np.maximum(shape + NOISES[noise](np.random.default_rng(11), shape.shape), 0)

    held, ratio = covered(
        hours_of(90, values, first=SUMMER).rename({"detector_id": target.entity}),
        target,
        days_from(SUMMER + timedelta(days=76), count=13),
    )

    holds(held)
    assert ratio < 0.95


def days_of(target: Target, *, series: int, days: int, first: date, noise: str) -> pl.DataFrame:
    """A week, a year and errors, by days."""
    day = np.arange(days)
    shape = 1000 + 200 * np.cos(2 * np.pi * day / 7) + 100 * np.cos(2 * np.pi * day / 365.25)
    values = shape + 3 * NOISES[noise](np.random.default_rng(5), (series, days))
    return pl.DataFrame(
        {
            target.entity: np.repeat([f"E{n}" for n in range(series)], days),
            "at": [first + timedelta(days=int(n)) for n in day] * series,
            "value": values.reshape(-1),
        }
    )


@pytest.mark.shows("planted", "gold/mobility/daily_passengers_forecast_by_stop")
@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES)
def test_intervals_of_a_week_ahead_hold_what_they_say_of_simulated_stops(
    noise: str, covered: Covered
) -> None:
    rows = days_of(PASSENGERS, series=30, days=130, first=SUMMER, noise=noise)

    # Errors of days that last are not beaten, and are held all the same.
    held, _ = covered(rows, PASSENGERS, days_from(SUMMER + timedelta(days=80), count=40))

    holds(held)


@pytest.mark.shows("planted", "gold/tourism/daily_overnight_stays_forecast_by_municipality")
@pytest.mark.slow
@pytest.mark.parametrize("noise", NOISES)
def test_intervals_of_two_months_ahead_hold_what_they_say_of_simulated_nights(
    noise: str, covered: Covered
) -> None:
    sunday = date(2022, 1, 2)
    rows = days_of(NIGHTS, series=1, days=1200, first=sunday, noise=noise)

    held, ratio = covered(rows, NIGHTS, days_from(sunday + timedelta(days=735), count=50, every=7))

    holds(held)
    assert ratio < 0.95


def _lasting(shocks: np.ndarray) -> np.ndarray:
    values = shocks.copy()
    for hour in range(1, values.shape[1]):
        values[:, hour] += 0.8 * values[:, hour - 1]
    return values


@pytest.mark.slow
@pytest.mark.real_data
def test_intervals_hold_what_they_say_of_the_electricity_of_real_buildings(
    covered: Covered,
) -> None:
    rows = pl.read_csv(REAL_FILES / "energy/bdg2_hourly_sample.csv.gz", try_parse_dates=True)
    series = rows.unpivot(index="timestamp").select(
        area_id="variable", at=pl.col("timestamp").dt.replace_time_zone("UTC"), value="value"
    )

    held, ratio = covered(series, ELECTRICITY, days_from(date(2016, 4, 1), count=60, every=2))

    holds(held)
    assert ratio < 0.95


@pytest.mark.slow
@pytest.mark.real_data
def test_intervals_hold_what_they_say_of_the_air_of_a_real_city(covered: Covered) -> None:
    file = REAL_FILES / "air_meteo/valencia_hourly_air_quality.csv.gz"
    years = pl.read_csv(file, try_parse_dates=True).filter(
        pl.col("datetime").dt.date().is_between(date(2021, 1, 1), date(2022, 6, 30))
    )
    days = years.unpivot(["pm10", "pm2.5", "no2"], index="datetime").drop_nulls()
    series = days.group_by(station_id="variable", at=pl.col("datetime").dt.date()).agg(
        pl.col("value").sort().mean()
    )

    held, ratio = covered(series, PM10, days_from(date(2021, 5, 1), count=400))

    holds(held)
    assert ratio < 0.8


@pytest.mark.slow
@pytest.mark.shows("planted", "gold/air/daily_pm10_forecast_by_station")
@pytest.mark.parametrize("noise", ["normal", "heavy tails"])
def test_intervals_of_three_days_ahead_hold_what_they_say_of_simulated_dust(
    noise: str, covered: Covered
) -> None:
    series = days_of(PM10, series=8, days=220, first=SUMMER, noise=noise)

    held, ratio = covered(series, PM10, days_from(SUMMER + timedelta(days=100), count=116))

    holds(held)
    assert ratio < 1
