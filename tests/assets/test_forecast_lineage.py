"""What forecasts are made of, seen after weeks: two days of the city show the naive one alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pytest

from assets.columns import schema_of
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.settings import Settings
from tests.assets.forecast_frames import FEASTS, MODELS
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.lineage_seen import unsaid
from tests.promises.test_lineage_is_true import without_origins

DECLARATIONS: Final = find_declarations()
# Eight weeks to the day before a feast, the 2nd of June, with the clock never changed.
START: Final = datetime(2025, 4, 7, tzinfo=UTC)
HOURS: Final = [START + timedelta(hours=hour) for hour in range(24 * 56)]


def numbers() -> np.ndarray:
    """A day and a week with errors, by hours."""
    hour = np.arange(len(HOURS))
    shape = 100 + 40 * np.sin(2 * np.pi * hour / 24) + 20 * np.cos(2 * np.pi * hour / 168)
    return shape + np.random.default_rng(1).normal(0, 9, len(hour))


def stations() -> list[dict[str, object]]:
    return [
        {"station_id": "a", "observed_at": at, "pollutant_code": "PM10", "value_ugm3": value}
        for at, value in zip(HOURS, numbers().tolist(), strict=True)
    ]


def detectors() -> list[dict[str, object]]:
    return [
        {"detector_id": "a", "observed_at": at + timedelta(minutes=minute), "vehicles_count": value}
        for at, value in zip(HOURS, numbers().astype(int).tolist(), strict=True)
        for minute in (0, 15, 30, 45)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("gold/air/daily_pm10_forecast_by_station", stations()),
        ("gold/mobility/hourly_traffic_forecast_by_detector", detectors()),
    ],
)
def test_a_forecast_is_made_of_what_it_says_when_it_has_beaten_the_naive_one(
    key: str, rows: list[dict[str, object]], tmp_path: Path
) -> None:
    twin = Twin.here(Settings.load({}, tmp_path))
    forecast = DECLARATIONS[key]
    fit = DECLARATIONS[forecast.reads["parameters"]]
    observed = DECLARATIONS[fit.reads["observed"]]
    inputs = {
        "observed": pl.DataFrame(rows, schema=schema_of(observed, DECLARATIONS, twin)),
        "models": MODELS,
        "feasts": FEASTS,
        **({"completeness": COMPLETENESS} if "completeness" in fit.reads else {}),
    }
    may_be_empty = {
        "observed": set(observed.gives) - set(observed.key_columns),
        "models": set(MODELS.columns) - {"definition_code", "target_code"},
        "feasts": set(FEASTS.columns) - {"feast_code", "valid_from_on"},
        "completeness": set(COMPLETENESS.columns) - {"definition_code", "subject_code"},
        "parameters": set(fit.gives) - set(fit.key_columns),
    }
    both = inputs | {"parameters": fit.function(**inputs)}
    assert forecast.function(**both)["model_code"].unique().to_list() == ["harmonic"]

    silent = [
        *unsaid(fit, inputs, may_be_empty=may_be_empty),
        *unsaid(forecast, both, may_be_empty=may_be_empty),
    ]
    mute, said = without_origins(forecast)
    # What a rule of completeness says shows where data are missing, and here none are.
    owed = {one for one in said if " of completeness." not in one}
    seen = owed & set(unsaid(mute, both, may_be_empty=may_be_empty))

    assert silent == []
    # Not every choice turns a verdict: the rest is said for when it does.
    assert len(seen) >= 0.5 * len(owed), f"{len(seen)} of {len(owed)}"
