"""Series of invented detectors for tests of forecasts, and the definitions as tables have them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np
import polars as pl

from assets.forecast_parameters import parameters
from assets.forecast_tables import Target
from assets.forecasting import forecasts
from assets.twin import DEFINITIONS

TARGET: Final = Target("traffic_flow", "detector_id", "vehicles_count", step="hour", leads=24)
FIRST: Final = date(2025, 1, 6)


def definition(name: str) -> pl.DataFrame:
    """A definition of the twin."""
    rows = pl.read_csv(DEFINITIONS / f"{name}.csv", try_parse_dates=True)
    return rows.with_columns(pl.col("^definition_code$").cast(pl.String))


MODELS: Final = definition("forecast_models")
FEASTS: Final = definition("public_feasts")


def hours_of(days: int, values: np.ndarray, *, first: date = FIRST) -> pl.DataFrame:
    """Series (series, hours) as a table; nan is left out."""
    start = datetime.combine(first, time(), UTC)
    at = [start + timedelta(hours=hour) for hour in range(24 * days)]
    frame = pl.DataFrame(
        {
            "detector_id": np.repeat([f"D{n:02}" for n in range(len(values))], 24 * days),
            "at": pl.Series(at * len(values), dtype=pl.Datetime("us", "UTC")),
            "value": values.reshape(-1),
        }
    )
    return frame.filter(pl.col("value").is_not_nan())


def noisy(days: int, *, series: int = 2, seed: int = 1, noise: float = 20.0) -> np.ndarray:
    """A day and a week with errors that a forecast can do nothing about: (series, hours)."""
    hour = np.arange(24 * days)
    shape = 200 + 90 * np.sin(2 * np.pi * hour / 24) + 30 * np.cos(2 * np.pi * hour / 168)
    return shape + np.random.default_rng(seed).normal(0, noise, (series, len(hour)))


def issued(series: pl.DataFrame, *days: date, models: pl.DataFrame = MODELS) -> pl.DataFrame:
    """The forecasts of these days."""
    return forecast(series, TARGET, *days, models=models)


def forecast(
    series: pl.DataFrame,
    target: Target,
    *days: date,
    models: pl.DataFrame = MODELS,
    fitted: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The forecasts of a target's series, of these parameters or of what is fitted to it."""
    if fitted is None:
        fitted = parameters(series, models, FEASTS, target=target, issued_on=days)
    return forecasts(series, fitted, models, FEASTS, target=target, issued_on=days)
