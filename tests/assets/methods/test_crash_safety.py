import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from assets.methods.crash_safety import (
    empirical_bayes,
    fit_performance,
    gamma_interval,
    performance,
    untold_below,
)


@pytest.mark.shows(
    "published",
    "gold/safety/crashes_by_cell",
    "gold/mobility/cycle_danger_by_segment",
    source="Hauer et al. (2002), example 1",
)
def test_a_road_with_twelve_crashes_in_a_year_is_as_dangerous_as_hauer_says():
    # Hauer et al. (2002): 1.8 km, 4000 vehicles a day, µ = 0.0224 · ADT^0.564 a km and year,
    # φ = 2.05 a km, 12 crashes in a year: 4.71 ± 1.19 crashes a km and year.
    usual = performance(np.array([4000.0]), scale=0.0224 * 1.8, exponents=0.564)

    expected = empirical_bayes([12], usual, years=1, overdispersion=2.05 * 1.8)

    assert usual[0] / 1.8 == pytest.approx(2.41, abs=0.01)
    assert expected.crashes[0] / 1.8 == pytest.approx(4.71, abs=0.005)
    assert expected.deviation[0] / 1.8 == pytest.approx(1.19, abs=0.005)


places = st.lists(
    st.tuples(st.integers(0, 40), st.floats(0.05, 20), st.floats(0.3, 20)), min_size=1, max_size=20
)


@given(places, st.floats(1, 10))
def test_the_estimate_lies_between_what_is_usual_and_what_was_seen(rows, years):
    seen, usual, phi = (np.array(one, dtype=float) for one in zip(*rows, strict=True))

    expected = empirical_bayes(seen, usual, years=years, overdispersion=phi)

    low, high = np.minimum(seen, usual * years), np.maximum(seen, usual * years)
    assert (low - 1e-9 <= expected.crashes).all()
    assert (expected.crashes <= high + 1e-9).all()
    lower, upper = gamma_interval(expected)
    assert (lower <= expected.crashes + 1e-9).all()
    assert (expected.crashes <= upper + 1e-9).all()


def test_the_worst_of_equal_places_were_unlucky():
    random = np.random.default_rng(3)
    before, after = random.poisson(3.0, (2, 4000))

    expected = empirical_bayes(before, np.full(4000, 3.0), years=1, overdispersion=1e6)

    worst = before >= 7
    assert before[worst].mean() > 7
    assert after[worst].mean() == pytest.approx(3.0, abs=0.3)
    assert expected.crashes[worst].mean() == pytest.approx(3.0, abs=0.1)


def test_a_performance_function_finds_the_one_its_crashes_were_drawn_from():
    random = np.random.default_rng(5)
    vehicles = random.uniform(500, 20000, 3000)
    mean = 0.002 * vehicles**0.7 * 5
    crashes = random.poisson(mean * random.gamma(3.0, 1 / 3.0, 3000))

    fitted = fit_performance(crashes, vehicles, years=5)

    assert fitted.exponents[0] == pytest.approx(0.7, abs=0.06)
    assert fitted.overdispersion == pytest.approx(3.0, rel=0.15)
    assert fitted.usual([8000.0])[0] == pytest.approx(0.002 * 8000**0.7, rel=0.05)


def test_from_three_crashes_on_they_are_told_as_hauer_says():
    usual = performance(np.array([4000.0]), scale=0.0224 * 1.8, exponents=0.564)

    crashes, low, high = untold_below([12], usual, years=1, overdispersion=2.05 * 1.8, least=3)

    # As above: 4.71 ± 1.19 a km.
    assert crashes[0] / 1.8 == pytest.approx(4.71, abs=0.005)
    assert (high[0] - low[0]) / 1.8 == pytest.approx(2 * 1.96 * 1.19, rel=0.02)


@given(st.floats(0.01, 8), st.floats(0.5, 50), st.integers(1, 5))
def test_fewer_than_told_cannot_be_told_apart_and_nothing_is_lost_over_many_places(
    usual, phi, least
):
    counts = np.arange(400)

    crashes, low, high = untold_below(
        counts, np.full(400, usual), years=1, overdispersion=phi, least=least
    )

    assert len({*crashes[:least]}) == len({*low[:least]}) == len({*high[:least]}) == 1
    assert crashes[0] < crashes[least]
    assert low[0] <= crashes[0] <= high[0]
    chances = nbinom.pmf(counts, phi, phi / (phi + usual))
    assert (chances * crashes).sum() == pytest.approx(usual, rel=1e-6)


def test_what_is_untold_lies_in_its_interval_nineteen_times_in_twenty():
    random = np.random.default_rng(8)
    danger = random.gamma(1.5, 0.8 / 1.5, 20_000)
    seen = random.poisson(danger)

    _, low, high = untold_below(seen, np.full(20_000, 0.8), years=1, overdispersion=1.5, least=3)

    few = seen < 3
    assert ((low <= danger) & (danger <= high))[few].mean() == pytest.approx(0.95, abs=0.006)


def test_what_says_nothing_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        empirical_bayes([-1], [1.0], years=1, overdispersion=1)
    with pytest.raises(ValueError, match="ten places"):
        fit_performance([1, 2], [100.0, 200.0], years=1)
