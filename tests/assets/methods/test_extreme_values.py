import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.extreme_values import (
    ExtremeValues,
    fit_by_l_moments,
    fit_by_likelihood,
    fit_depth_duration,
    l_moments,
    level_interval,
)

# Yearly highest sea levels at Port Pirie, 1923-1987, metres: Coles (2001), § 3.4.1.
PORT_PIRIE = [
    4.03, 3.83, 3.65, 3.88, 4.01, 4.08, 4.18, 3.80, 4.36, 3.96, 3.98, 4.69, 3.85, 3.96, 3.85, 3.93,
    3.75, 3.63, 3.57, 4.25, 3.97, 4.05, 4.24, 4.22, 3.73, 4.37, 4.06, 3.71, 3.96, 4.06, 4.55, 3.79,
    3.89, 4.11, 3.85, 3.86, 3.86, 4.21, 4.01, 4.11, 4.24, 3.96, 4.21, 3.74, 3.85, 3.88, 3.66, 4.11,
    3.71, 4.18, 3.90, 3.78, 3.91, 3.72, 4.00, 3.66, 3.62, 4.33, 4.55, 3.75, 4.08, 3.90, 3.88, 3.94,
    4.33,
]  # fmt: skip


@pytest.mark.shows(
    "published", "gold/weather/daily_rain_extremes", source="Coles (2001), Port Pirie"
)
def test_the_sea_at_port_pirie_rises_as_coles_says():
    fitted = fit_by_likelihood(PORT_PIRIE)

    assert fitted.location == pytest.approx(3.87, abs=0.006)
    assert fitted.scale == pytest.approx(0.198, abs=0.001)
    assert fitted.shape == pytest.approx(-0.050, abs=0.001)
    assert fitted.negative_log_likelihood(PORT_PIRIE) == pytest.approx(-4.339, abs=0.001)
    assert fitted.level([10, 100]) == pytest.approx([4.30, 4.69], abs=0.005)


def test_l_moments_give_port_pirie_the_parameters_of_an_independent_implementation():
    # lmoments3 1.0.8, distr.gev.lmom_fit: c 0.0512 (the negative shape), loc 3.8731, scale 0.2032.
    fitted = fit_by_l_moments(PORT_PIRIE)

    assert fitted.shape == pytest.approx(-0.0512, abs=0.001)
    assert fitted.location == pytest.approx(3.8731, abs=0.0005)
    assert fitted.scale == pytest.approx(0.2032, abs=0.0005)


def test_l_moments_of_four_values_are_those_counted_by_hand():
    # b0 = 2.5, b1 = (2 + 6 + 12) / 12, b2 = (6 + 24) / 24
    assert l_moments([1, 2, 3, 4]) == pytest.approx((2.5, 10 / 12, 0.0), abs=1e-12)


@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(-0.4, 0.4), st.floats(1.01, 1000))
def test_the_period_of_a_return_level_is_the_period_it_was_asked_for(location, scale, shape, years):
    extremes = ExtremeValues(location, scale, shape)

    assert float(extremes.period(extremes.level(years))) == pytest.approx(years, rel=1e-6)


@given(st.lists(st.floats(1, 100), min_size=8, max_size=30, unique=True), st.floats(0.5, 5))
@settings(max_examples=50)
def test_rain_measured_in_another_unit_has_the_same_rarity(sample, factor):
    if np.ptp(sample) < 0.1:
        return
    here, there = fit_by_l_moments(sample), fit_by_l_moments(np.array(sample) * factor)

    assert there.shape == pytest.approx(here.shape, abs=1e-9)
    assert there.level(50) == pytest.approx(here.level(50) * factor, rel=1e-9)


def test_the_interval_of_a_rarer_event_is_wider_and_holds_the_level():
    fitted = fit_by_l_moments(PORT_PIRIE)

    ten, hundred = (level_interval(fitted, years, years=65) for years in (10, 100))

    assert ten[0] < fitted.level(10) < ten[1]
    assert hundred[0] < fitted.level(100) < hundred[1]
    assert hundred[1] - hundred[0] > ten[1] - ten[0]


def test_intervals_hold_the_true_level_about_nine_times_in_ten():
    truth = ExtremeValues(30.0, 8.0, 0.1)
    samples = truth.sample((120, 50), seed=7)

    held = 0
    for number, sample in enumerate(samples):
        low, high = level_interval(fit_by_l_moments(sample), 50, years=50, draws=150, seed=number)
        held += low <= float(truth.level(50)) <= high

    assert 0.80 <= held / len(samples) <= 0.98


def test_a_line_of_rain_possibility_finds_the_one_its_maxima_were_drawn_from():
    growth = ExtremeValues(0.85, 0.25, 0.05)
    truth = {
        hours: 30 * hours**0.28 * growth.sample((400,), seed=hours) for hours in (1, 3, 6, 12, 24)
    }

    line = fit_depth_duration(truth)

    assert line.a1_mm == pytest.approx(30 * 1.0, rel=0.05)
    assert line.n == pytest.approx(0.28, abs=0.02)
    depth = line.depth_mm(6, 50)
    assert line.period_years(6, depth) == pytest.approx(50, rel=1e-6)


@pytest.mark.parametrize("sample", [[1, 2, 3], [2.0] * 9, [1, 2, float("nan"), 4, 5]])
def test_a_sample_that_says_nothing_of_extremes_is_refused(sample):
    with pytest.raises(ValueError, match="L-moments"):
        fit_by_l_moments(sample)


def test_a_return_period_of_a_year_is_refused():
    with pytest.raises(ValueError, match="longer than one year"):
        ExtremeValues(1, 1, 0).level(1)
