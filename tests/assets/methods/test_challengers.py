import numpy as np
import pytest

from assets.methods.challengers import exponential_smoothing
from assets.methods.forecast_scores import rmse
from tests.assets.methods.test_forecasting import AIR_PASSENGERS

# Saudi Arabia's production of oil, millions of tonnes, 1996 to 2007.
OIL = [
    446.6565, 454.4733, 455.663, 423.6322, 456.2713, 440.5881, 425.3325, 485.1494, 506.0482,
    526.792, 514.2689, 494.211,
]  # fmt: skip


def test_the_published_forecast_of_saudi_oil_comes_out():
    # Hyndman & Athanasopoulos, Forecasting: Principles and Practice (1st ed. 2013), 7.1: α 0.89,
    # level 447.5; the forecast, 496.49, as statsmodels' notebook of exponential smoothing has it.
    assert exponential_smoothing(OIL, 3) == pytest.approx([496.493] * 3, abs=0.01)


def test_air_passengers_are_forecast_twice_as_well_as_by_the_year_before():
    # The seasonal naive errs by 50.71 (statsforecast 2.0.3, train 1949-59, test 1960).
    said = exponential_smoothing(AIR_PASSENGERS[:132], 12, seasons=(12,))

    assert rmse(AIR_PASSENGERS[132:], said) < 0.55 * 50.7083


def test_a_day_and_a_week_are_repeated_beside_the_level():
    hour = np.arange(24 * 28)
    shape = 40 + 9 * np.sin(2 * np.pi * hour / 24) + 5 * np.sin(2 * np.pi * hour / 168)

    said = exponential_smoothing(shape[:-24], 24, seasons=(24, 168))

    assert said == pytest.approx(shape[-24:], abs=0.5)


def test_a_gap_is_bridged_and_too_little_is_no_forecast():
    rising = np.arange(30.0)
    rising[10:14] = np.nan

    assert exponential_smoothing(rising, 2) == pytest.approx([30, 31], abs=0.05)
    assert np.isnan(exponential_smoothing(np.full(30, np.nan), 2)).all()
    assert np.isnan(exponential_smoothing(np.arange(14.0), 2, seasons=(7,))).all()
