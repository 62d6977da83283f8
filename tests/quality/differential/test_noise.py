from math import exp, log, sqrt

import pytest
from scipy.stats import beta

from quality.differential.noise import noisy

SAMPLES_COUNT = 40_000
# OpenDP draws from the system's randomness, which takes no seed. Each of the bounds below is wrong
# with this probability: of a run of all tests here less than one in a million fails by chance.
FALSE_ALARM = 1e-9


def share_bounds(count: int) -> tuple[float, float]:
    """Between which bounds a probability lies whose event was seen so often (Clopper, Pearson)."""
    rest = SAMPLES_COUNT - count
    low = beta.ppf(FALSE_ALARM, count, rest + 1) if count else 0.0
    high = beta.ppf(1 - FALSE_ALARM, count + 1, rest) if rest else 1.0
    return float(low), float(high)


def losses(epsilon: float, sensitivity: int) -> list[tuple[float, float]]:
    """Bounds of the loss of privacy by each of some events, from samples of both neighbours.

    In each of many cells one person is there, or is not.
    """
    without = noisy([0] * SAMPLES_COUNT, epsilon=epsilon, sensitivity=sensitivity)
    present = noisy([1] * SAMPLES_COUNT, epsilon=epsilon, sensitivity=sensitivity)
    found = []
    for least in range(-3, 4):
        low, high = share_bounds(sum(number >= least for number in present))
        other_low, other_high = share_bounds(sum(number >= least for number in without))
        found.append((log(low / other_high), log(high / other_low)))
    return found


@pytest.mark.parametrize(("epsilon", "sensitivity"), [(1.0, 1), (0.5, 1), (1.5, 3)])
def test_no_event_tells_more_of_a_person_than_the_declared_epsilon(epsilon, sensitivity):
    # A person changes so many cells by one each: each cell may tell its share.
    share = epsilon / sensitivity

    found = losses(epsilon, sensitivity)

    assert all(low <= share for low, _ in found)


@pytest.mark.parametrize("epsilon", [0.5, 1.0])
def test_the_noise_is_no_greater_than_the_declared_epsilon_needs(epsilon):
    found = losses(epsilon, 1)

    assert max(high for _, high in found) >= epsilon
    assert max(low for low, _ in found) >= 0.7 * epsilon


def test_noise_of_half_the_scale_is_found_out():
    found = losses(2.0, 1)

    assert any(low > 1.0 for low, _ in found)


def test_the_noise_has_the_variance_of_the_discrete_laplace_distribution():
    scale = 3 / 0.6
    ratio = exp(-1 / scale)
    variance = 2 * ratio / (1 - ratio) ** 2

    drawn = noisy([0] * SAMPLES_COUNT, epsilon=0.6, sensitivity=3)

    # The fourth moment of Laplace noise is six times the square of its variance: seven standard
    # deviations of the mean, and of the mean square.
    error = 7 / sqrt(SAMPLES_COUNT)
    assert abs(sum(drawn) / SAMPLES_COUNT) < error * sqrt(variance)
    squares = sum(number**2 for number in drawn) / SAMPLES_COUNT
    assert abs(squares / variance - 1) < error * sqrt(5.2)


def test_no_numbers_need_no_noise():
    assert noisy([], epsilon=1.0, sensitivity=1) == []
