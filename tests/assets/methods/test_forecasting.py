import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.forecast_scores import mape, mase, pinball, rmse
from assets.methods.forecasting import (
    Harmonics,
    harmonic_design,
    harmonic_fit,
    harmonic_forecast,
    ridge_fit,
    seasonal_naive,
)

# Box & Jenkins 1976, series G: thousands of passengers of airlines, by month, 1949 to 1960.
AIR_PASSENGERS = [
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118,
    115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
    145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166,
    171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
    196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201,
    204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
    284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
    315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336,
    340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405,
    417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
]  # fmt: skip
# Australian Bureau of Statistics: megalitres of beer by quarter, 1992 to the second of 2010.
AUSTRALIAN_BEER = [
    443, 410, 420, 532, 433, 421, 410, 512, 449, 381, 423, 531, 426, 408, 416, 520,
    409, 398, 398, 507, 432, 398, 406, 526, 428, 397, 403, 517, 435, 383, 424, 521,
    421, 402, 414, 500, 451, 380, 416, 492, 428, 408, 406, 506, 435, 380, 421, 490,
    435, 390, 412, 454, 416, 403, 408, 482, 438, 386, 405, 491, 427, 383, 394, 473,
    420, 390, 410, 488, 415, 398, 419, 488, 414, 374,
]  # fmt: skip
DAILY = Harmonics(season=24, ridge=0.0, damping=0.9, level_steps=24, train_steps=240)


def naive(series: list[int], *, known: int, season: int) -> np.ndarray:
    leads = len(series) - known
    clock = np.arange(len(series))
    return seasonal_naive([series[:known]], clock, known, leads, seasons=(season,))[0]


def fitted_and_forecast(values, design, origins, leads, *, by):
    fit = harmonic_fit(values, design, origins, by=by)
    return harmonic_forecast(fit, design, origins, leads, damping=by.damping)


def test_the_seasonal_naive_of_air_passengers_errs_as_published():
    # statsforecast 2.0.3, SeasonalNaive(12), train 1949-59, test 1960.
    forecast = naive(AIR_PASSENGERS, known=132, season=12)

    assert rmse(AIR_PASSENGERS[132:], forecast) == pytest.approx(50.7083, abs=5e-5)
    assert mape(AIR_PASSENGERS[132:], forecast) == pytest.approx(0.099875, abs=5e-7)


def test_the_seasonal_naive_of_australian_beer_errs_as_published():
    # Hyndman & Athanasopoulos, Forecasting: Principles and Practice (2021), section 5.8, read in a
    # copy: RMSE 14.31, MAPE 3.17, MASE 0.94 of quarters from 2008 on.
    forecast = naive(AUSTRALIAN_BEER, known=64, season=4)
    truth, history = AUSTRALIAN_BEER[64:], AUSTRALIAN_BEER[:64]

    assert rmse(truth, forecast) == pytest.approx(14.31, abs=0.005)
    assert mape(truth, forecast) == pytest.approx(0.0317, abs=5e-5)
    assert mase(truth, forecast, history=history, season=4) == pytest.approx(0.94, abs=0.005)


def test_pinball_at_one_half_is_half_the_error_and_both_ends_are_the_interval_score():
    # Gneiting & Raftery, JASA 102 (2007), eq. 43: width + 2/α of what lies outside.
    truth, low, high = 12.0, 4.0, 10.0

    assert pinball(truth, 7.0, share=0.5) == 2.5
    assert 2 / 0.2 * (pinball(truth, low, share=0.1) + pinball(truth, high, share=0.9)) == (
        pytest.approx((high - low) + 2 / 0.2 * (truth - high))
    )


def test_a_series_of_harmonics_is_forecast_to_the_last_digit():
    hours = np.arange(264)
    series = 50 + 9 * np.cos(2 * np.pi * hours / 24) - 4 * np.sin(4 * np.pi * hours / 24)
    design = harmonic_design(hours, [(24, 2)])

    forecast = fitted_and_forecast([series[:240]], design, [240], 24, by=DAILY)

    assert forecast[0, 0] == pytest.approx(series[240:])


def test_a_step_of_the_last_day_fades_by_the_damping():
    series = np.full((1, 240), 10.0)
    series[:, 216:] += 8.0
    flat = np.ones((264, 1))

    forecast = fitted_and_forecast(series, flat, [240], 3, by=DAILY)[0, 0]

    # The mean of ten days is 10.8, the last day lies 7.2 above it.
    assert forecast == pytest.approx(10.8 + 7.2 * np.array([0.9, 0.81, 0.729]))


def test_a_week_ago_follows_the_clock_when_it_is_changed():
    # By the clock of the city an hour is left out: 169 hours before, the same hour of the clock.
    clock = np.array([*range(100), *range(101, 300)])
    series = clock[:199].astype(float)

    forecast = seasonal_naive([series], clock, 199, 24, seasons=(168,))[0]

    assert forecast.tolist() == (clock[199:223] - 168.0).tolist()


def test_a_gap_of_last_week_is_filled_by_the_week_before_and_then_by_yesterday():
    series = np.full((2, 400), np.nan)
    series[0, 400 - 336] = 7.0
    series[1, 400 - 24] = 5.0

    forecast = seasonal_naive(series, np.arange(401), 400, 1, seasons=(168, 24))

    assert forecast[:, 0].tolist() == [7.0, 5.0]


def test_a_series_of_a_day_and_an_empty_one_have_no_fit_and_spoil_no_other():
    hours = np.arange(264)
    whole = 20 + 5 * np.sin(2 * np.pi * hours / 24)
    series = np.full((3, 240), np.nan)
    series[0], series[1, -24:] = whole[:240], 3.0
    design = harmonic_design(hours, [(24, 1)])

    forecast = fitted_and_forecast(series, design, [240], 24, by=DAILY)[0]

    assert forecast[0] == pytest.approx(whole[240:])
    assert np.isnan(forecast[1:]).all()


def test_gaps_weigh_nothing_in_a_fit():
    steps = np.arange(100)
    design = harmonic_design(steps, [(10, 1)])
    series = np.tile(design @ [3.0, 2.0, -1.0], (2, 1))
    series[1, ::3] = np.nan

    fitted = ridge_fit(series, design, ridge=0.0)

    assert fitted == pytest.approx(np.array([[3.0, 2.0, -1.0]] * 2))


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    factor=st.floats(0.01, 100),
    shift=st.floats(-500, 500),
)
def test_other_units_and_another_zero_change_only_units_and_zero(seed, factor, shift):
    chance = np.random.default_rng(seed)
    series = 30 + chance.normal(0, 5, (2, 240))
    series[0, chance.integers(0, 240, 20)] = np.nan
    design = harmonic_design(np.arange(264), [(24, 2)])
    stiff = Harmonics(season=24, ridge=0.01, damping=0.9, level_steps=24, train_steps=200)

    plain = fitted_and_forecast(series, design, [240], 24, by=stiff)
    other = fitted_and_forecast(factor * series + shift, design, [240], 24, by=stiff)

    assert other == pytest.approx(factor * plain + shift, rel=1e-6, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), origin=st.integers(60, 239))
def test_what_comes_after_the_origin_changes_no_forecast(seed, origin):
    chance = np.random.default_rng(seed)
    series = chance.normal(20, 5, (2, 240))
    other = series.copy()
    other[:, origin:] = chance.normal(900, 5, (2, 240 - origin))
    design, clock = harmonic_design(np.arange(264), [(24, 2)]), np.arange(264)

    fits = [fitted_and_forecast(one, design, [origin], 24, by=DAILY) for one in (series, other)]
    naives = [seasonal_naive(one, clock, origin, 24, seasons=(168, 24)) for one in (series, other)]

    assert np.array_equal(*fits)
    assert np.array_equal(*naives)
