from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.before_after import effect_of
from assets.methods.crash_safety import Expected, empirical_bayes, fit_performance, performance
from infra.simulator.city import City
from infra.simulator.datasets.crashes import occurred

START = date(2025, 3, 24)
YEARS = 3.0


@pytest.mark.shows(
    "published", "gold/actions/action_effect", source="Hauer et al. (2002), example 2"
)
def test_three_years_of_crashes_are_weighed_as_hauer_says():
    # Hauer et al. (2002), example 2: 12, 7 and 8 crashes on 1.8 km with 4000 vehicles a day are
    # 7.97 ± 1.44 a year and section; 4.43 a km and year.
    usual = performance([4000.0], scale=0.0224 * 1.8, exponents=0.564)

    expected = empirical_bayes([27], usual, years=3, overdispersion=2.05 * 1.8)

    assert expected.crashes[0] / 3 == pytest.approx(7.97, abs=0.02)
    assert expected.deviation[0] / 3 == pytest.approx(1.44, abs=0.02)
    assert expected.crashes[0] / 3 / 1.8 == pytest.approx(4.43, abs=0.01)


def certain(crashes: float, deviation: float) -> Expected:
    return Expected(np.array([crashes]), np.array([deviation]), np.array([0.0]))


def test_75_crashes_where_100_were_sure_to_come_are_a_quarter_fewer():
    effect = effect_of(certain(100.0, 0.0), [75], change=1.0)

    assert effect.ratio == pytest.approx(0.75)
    assert effect.deviation == pytest.approx(0.75 / np.sqrt(75))


@given(st.floats(5, 500), st.floats(0, 30), st.lists(st.integers(0, 60), min_size=2, max_size=5))
def test_an_effect_grows_with_the_crashes_after_it_and_holds_itself(expected, deviation, after):
    effects = [effect_of(certain(expected, deviation), [n], change=1.0) for n in sorted(after)]

    ratios = [effect.ratio for effect in effects]
    assert ratios == sorted(ratios)
    for effect in effects:
        low, high = effect.interval()
        assert low <= effect.ratio <= high


def test_where_nothing_is_expected_nothing_can_be_said():
    with pytest.raises(ValueError, match="expected"):
        effect_of(certain(0.0, 0.0), [3], change=1.0)


@pytest.fixture(scope="module")
def city() -> City:
    return City(profile="small", seed=7, start=START, days=2)


def recovered(city: City, crashes: np.ndarray, days: np.ndarray):
    """The zone 30's effect, with all other streets saying what became of the years."""
    edges, action = city.streets.edges, city.actions["AZ-01"]
    inside = action.covers(*city.streets.middles)
    finished = (action.finished_on - START).days
    before, after = (
        np.bincount(crashes[chosen], minlength=edges.height)
        for chosen in (days < finished, days >= finished)
    )
    exposures = edges.select("aadt", "length_m").to_numpy().astype(float)
    usual = fit_performance(before[~inside], exposures[~inside], years=YEARS)
    expected = empirical_bayes(
        before[inside],
        usual.usual(exposures[inside]),
        years=YEARS,
        overdispersion=usual.overdispersion,
    )
    change = after[~inside].sum() / before[~inside].sum()
    return effect_of(expected, after[inside], change=change)


def test_the_zone_30_of_the_simulated_city_is_found_within_its_interval(city):
    found = occurred(city)
    crashes = np.array([edge for _, edge in found])
    days = np.array([(day - START) // timedelta(days=1) for day, _ in found])

    effect = recovered(city, crashes, days)

    low, high = effect.interval()
    truth = city.actions["AZ-01"].effect_ratio
    assert truth == 0.75
    assert low <= truth <= high


def test_over_many_cities_the_zone_30_cuts_a_quarter_and_the_interval_is_honest(city):
    edges, action = city.streets.edges, city.actions["AZ-01"]
    inside = action.covers(*city.streets.middles)
    random = np.random.default_rng(11)
    risk = edges["aadt"].to_numpy() ** 0.75 * edges["length_m"].to_numpy()
    # As many crashes as in the full city.
    yearly = 1_050 * risk / risk.sum()
    effects = []
    for _ in range(12):
        counts = [
            random.poisson(yearly * YEARS),
            random.poisson(yearly * 2 * np.where(inside, 0.75, 1)),
        ]
        crashes = np.concatenate([np.repeat(np.arange(edges.height), one) for one in counts])
        days = np.repeat([-1000, -1], [counts[0].sum(), counts[1].sum()])
        effects.append(recovered(city, crashes, days))

    assert np.mean([one.ratio for one in effects]) == pytest.approx(0.75, abs=0.06)
    held = [low <= 0.75 <= high for low, high in (one.interval() for one in effects)]
    assert sum(held) >= 10
