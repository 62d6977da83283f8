import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.inequality import (
    cumulative_opportunities,
    gini,
    palma,
    poverty,
    theil,
    two_step_catchment,
)

# Five hexagons of Belo Horizonte: jobs within 30 minutes, people, income a head; from the data
# and tests of the R package accessibility (MIT, ipeaGIT).
JOBS = [22239, 26774, 36567, 42372, 55571]
PEOPLE = [852, 0, 394, 1969, 2189]
# Four of them and one more (909), by the end of their names: 57b, 597, 5b3, 5cf, 909. Minutes by
# public transport from each (rows) to each, jobs in them and people.
AWAY_MIN = [
    [5.8, 47, 48, 47, 64],
    [45, 5.8, 13, 41, 70],
    [44, 13, 5.8, 42, 67],
    [43, 43, 49, 5.8, 58],
    [60, 70, 68, 64, 5.8],
]
JOBS_THERE, PEOPLE_THERE = [82, 308, 100, 109, 0], [852, 394, 1969, 2189, 0]


def test_belo_horizonte_is_as_unequal_as_published():
    assert gini(JOBS, PEOPLE) == pytest.approx(0.1386, abs=5e-5)
    assert [poverty(JOBS, PEOPLE, line=100_000, aversion=n) for n in (0, 1, 2)] == pytest.approx(
        [1.0, 0.5588, 0.3256], abs=5e-5
    )


def test_the_rich_of_belo_horizonte_reach_hardly_more_than_the_poor_as_published():
    # Income a head; its 40th and 90th percentile are of the whole city.
    incomes = [4757.8, 0, 1627.8, 543.1, 3822.0]
    cuts = {"poor_up_to": 1208.6, "rich_from": 3741.6}
    jobs, people = np.array(JOBS), np.array(PEOPLE)

    assert palma(jobs, people, incomes, **cuts) == pytest.approx(1.0911, abs=5e-5)
    assert palma(jobs[:-1], people[:-1], incomes[:-1], **cuts) == pytest.approx(0.5249, abs=5e-5)


@pytest.mark.shows(
    "published",
    "gold/services/opportunities_by_section",
    source="R package accessibility (IPEA), Belo Horizonte",
)
def test_jobs_within_half_an_hour_of_belo_horizonte_are_as_many_as_published():
    # accessibility, tests/testthat/test-cumulative_cutoff.R.
    jobs = cumulative_opportunities(AWAY_MIN, JOBS_THERE, within_min=30)

    assert jobs.tolist() == [82, 408, 408, 109, 0]


@pytest.mark.shows(
    "published",
    "gold/services/opportunities_by_section",
    source="R package accessibility (IPEA), two-step floating catchment",
)
def test_jobs_a_head_by_two_step_catchments_of_belo_horizonte_are_as_published():
    # accessibility, tests/testthat/test-floating_catchment_area.R: 2SFCA, all or none at 45 min.
    a_head = two_step_catchment(np.array(AWAY_MIN) <= 45, JOBS_THERE, PEOPLE_THERE)

    assert a_head == pytest.approx([0.0152, 0.1491, 0.1491, 0.1068, 0], abs=5e-5)


@given(st.integers(0, 2**31), st.floats(0, 90), st.floats(0, 30))
def test_in_more_time_nobody_reaches_less_and_no_place_is_shared_out_twice(seed, minutes, more):
    random = np.random.default_rng(seed)
    away = random.uniform(0, 90, (6, 4))
    places, people = random.integers(0, 50, 4), random.integers(1, 500, 6)

    less, greater = (
        cumulative_opportunities(away, places, within_min=one) for one in (minutes, minutes + more)
    )
    a_head = two_step_catchment(away <= minutes, places, people)

    assert (greater >= less).all()
    reached = places[(away <= minutes).any(axis=0)].sum()
    assert a_head @ people == pytest.approx(reached)


rows = st.lists(st.tuples(st.floats(0, 1e5), st.integers(1, 5000)), min_size=2, max_size=30)


@pytest.mark.shows("property", "gold/tourism/yearly_seasonality_by_category")
@given(rows, st.floats(0.01, 100))
def test_reaching_twice_as_much_everywhere_is_as_unequal(places, factor):
    values, people = (np.array(one, dtype=float) for one in zip(*places, strict=True))

    for measure in (gini, theil):
        assert measure(values * factor, people) == pytest.approx(measure(values, people), abs=1e-8)
        assert measure(values, people) >= -1e-12
    assert gini(values, people) < 1


@given(rows)
def test_two_places_of_the_same_people_are_as_one(places):
    values, people = (np.array(one, dtype=float) for one in zip(*places, strict=True))
    twice = np.repeat(values, 2), np.repeat(people / 2, 2)

    assert gini(*twice) == pytest.approx(gini(values, people), abs=1e-9)


@given(rows, st.integers(0, 29), st.floats(0, 1e5))
def test_who_reaches_more_makes_nobody_poorer(places, place, more):
    values, people = (np.array(one, dtype=float) for one in zip(*places, strict=True))
    better = values.copy()
    better[place % len(values)] += more

    for aversion in (0, 1, 2):
        assert poverty(better, people, line=30_000, aversion=aversion) <= poverty(
            values, people, line=30_000, aversion=aversion
        )


def test_equal_places_are_equal_and_one_of_two_with_everything_is_half():
    assert gini([5, 5, 5], [1, 2, 3]) == pytest.approx(0)
    assert theil([5, 5], [1, 9]) == pytest.approx(0)
    assert gini([0, 10], [1, 1]) == pytest.approx(0.5)
    assert theil([0, 10], [1, 1]) == pytest.approx(np.log(2))


def test_the_richest_tenth_of_the_city_reaches_twice_as_much():
    ratio = palma([10, 20, 30], [5, 5, 5], [800, 1500, 4000], poor_up_to=1208.6, rich_from=3741.6)

    assert ratio == pytest.approx(3.0)
    with pytest.raises(ValueError, match="upper tenth"):
        palma([10], [5], [800], poor_up_to=1208.6, rich_from=3741.6)


def test_beds_are_shared_by_all_who_reach_them():
    # Two hospitals, 10 and 30 beds; the second is reached from both origins, the first from one.
    beds = two_step_catchment([[1, 1], [0, 1]], [10, 30], [100, 200])

    assert beds.tolist() == pytest.approx([10 / 100 + 30 / 300, 30 / 300])
    assert (beds * [100, 200]).sum() == pytest.approx(40)
    assert two_step_catchment([[0]], [10], [100]).tolist() == [0.0]


@pytest.mark.parametrize("call", [
    lambda: gini([1], [0]), lambda: gini([-1], [1]), lambda: poverty([1], [1], line=0, aversion=1),
])  # fmt: skip
def test_what_has_no_inequality_is_refused(call):
    with pytest.raises(ValueError, match=r"people|nought"):
        call()
