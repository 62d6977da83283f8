import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.conformal import adaptive_radius, conformal_radius
from assets.methods.forecast_scores import coverage, mae, mape, mase


def test_the_radius_is_the_rank_that_lei_and_others_give():
    # ⌈(n + 1)(1 - α)⌉: of nineteen errors the greatest covers 95 %, the sixteenth 80 %.
    errors = np.arange(1.0, 20.0)

    assert conformal_radius(errors, 0.05) == 19.0
    assert conformal_radius(errors, 0.2) == 16.0


def test_eighteen_errors_are_too_few_for_95_per_cent_and_gaps_do_not_count():
    errors = np.array([*np.arange(1.0, 19.0), np.nan])

    assert np.isnan(conformal_radius(errors, 0.05))
    assert conformal_radius(errors, 0.2) == 16.0


def test_of_no_errors_there_is_no_radius():
    assert np.isnan(adaptive_radius(np.empty((0, 2, 3)), miss=0.2, rate=0.1)).all()


def test_without_adaptation_it_is_split_conformal_over_what_had_arrived():
    errors = np.random.default_rng(3).exponential(size=(30, 4))

    adapted = adaptive_radius(errors, miss=0.2, rate=0.0, lag=3)

    assert adapted.tolist() == conformal_radius(errors[:28], 0.2).tolist()


def test_what_had_not_arrived_changes_nothing():
    errors = np.random.default_rng(3).exponential(size=(30, 4))
    later = errors.copy()
    later[-2:] = 1e6

    first, second = (adaptive_radius(one, miss=0.2, rate=0.1, lag=3) for one in (errors, later))

    assert first.tolist() == second.tolist()


def test_after_misses_intervals_are_wider_than_without_adaptation_and_never_infinite():
    # The errors grow: each of the last is greater than all before.
    errors = np.arange(1.0, 31.0)[:, np.newaxis]

    adapted = adaptive_radius(errors, miss=0.2, rate=0.1)

    assert conformal_radius(errors, 0.2) == 25.0
    assert adapted == 30.0


@pytest.mark.parametrize("miss", [0.05, 0.1, 0.2])
def test_intervals_cover_what_they_say_within_3_points(miss):
    # 4,000 series, their next error held to a radius of the 60 before.
    errors = np.abs(np.random.default_rng(7).standard_t(4, size=(61, 4000)))

    for rate in (0.0, 0.02):
        held = errors[-1] <= adaptive_radius(errors[:-1], miss=miss, rate=rate)

        assert held.mean() == pytest.approx(1 - miss, abs=0.03)


def test_adapted_intervals_keep_their_coverage_while_errors_grow():
    # Gibbs & Candès 2021, proposition 4.1: over T steps the share of misses is within
    # (max(α, 1 - α) + γ) / (γ T) of α, however the errors behave.
    growth = np.exp(np.arange(300) / 60)[:, np.newaxis]
    errors = growth * np.abs(np.random.default_rng(5).normal(size=(300, 8)))
    miss, rate = 0.2, 0.1

    missed = [
        {r: errors[n] > adaptive_radius(errors[:n], miss=miss, rate=r) for r in (0.0, rate)}
        for n in range(60, 300, 4)
    ]
    plain, adapted = (np.mean([one[r] for one in missed]) for r in (0.0, rate))

    assert plain > 0.4
    assert adapted == pytest.approx(miss, abs=(1 - miss + rate) / (rate * 60))
    assert adapted < plain - 0.1


@settings(max_examples=25, deadline=None)
@given(
    errors=st.lists(st.floats(0, 1e6), min_size=20, max_size=40),
    factor=st.floats(0.1, 10),
)
def test_a_wider_share_is_a_wider_interval_and_units_are_only_units(errors, factor):
    column = np.array(errors)

    narrow, wide = (conformal_radius(column, miss) for miss in (0.2, 0.05))

    assert narrow <= wide
    assert conformal_radius(factor * column, 0.2) == pytest.approx(factor * narrow)


def test_scores_of_nothing_and_of_a_series_that_never_changes_are_unknown():
    assert np.isnan([mae([np.nan], [1.0]), mape([0.0], [1.0]), coverage([np.nan], [0], [1])]).all()
    assert np.isnan(mase([2.0], [1.0], history=[1.0] * 20, season=7))


def test_a_truth_on_the_edge_is_covered_and_an_interval_that_is_missing_does_not_count():
    truth, low, high = [1.0, 5.0, 9.0, 3.0], [1.0, 6.0, np.nan, 2.0], [2.0, 7.0, 9.0, 4.0]

    assert coverage(truth, low, high) == pytest.approx(2 / 3)
