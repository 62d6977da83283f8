import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.composite import geometric_mean, random_weights, rank_from_worst, rank_interval

PARTS = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)


# Human Development Report 2010, technical note 1, example of China: dimensions and their index.
def test_equal_weights_give_the_human_development_index_of_its_dimensions():
    assert geometric_mean([0.847, 0.589, 0.584], [1, 1, 1]) == pytest.approx(0.663, abs=5e-4)


def test_a_hazard_without_anybody_there_is_no_risk():
    assert geometric_mean([1.0, 0.0, 1.0], [1, 1, 1]) == 0


def test_a_part_without_weight_takes_no_part():
    assert geometric_mean([0.25, 0.0], [1, 0]) == pytest.approx(0.25)


@given(parts=PARTS, weights=PARTS)
def test_the_mean_lies_between_its_parts(parts, weights):
    mean = geometric_mean(parts, weights)

    assert min(parts) - 1e-9 <= mean <= max(parts) + 1e-9


@pytest.mark.parametrize(("parts", "weights"), [([-1, 1], [1, 1]), ([1, 1], [0, 0])])
def test_parts_and_weights_below_nought_are_refused(parts, weights):
    with pytest.raises(ValueError, match="not below nought"):
        geometric_mean(parts, weights)


def test_the_highest_is_first_and_equals_share_a_place():
    assert rank_from_worst([0.2, 0.9, 0.9, 0.1]).tolist() == [3, 1, 1, 4]


def test_random_weights_add_up_to_one_and_are_the_same_each_time():
    weights = random_weights(3, draws=50, seed=7)

    assert weights.sum(axis=1) == pytest.approx(np.ones(50))
    assert (weights == random_weights(3, draws=50, seed=7)).all()


def test_the_interval_of_ranks_that_never_move_is_the_rank():
    low, high = rank_interval([[1, 2]] * 20)

    assert (low.tolist(), high.tolist()) == ([1, 2], [1, 2])
