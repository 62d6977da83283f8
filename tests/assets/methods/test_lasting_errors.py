import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.lasting_errors import least_squares


def lasting(rng: np.random.Generator, steps: int, *, by: float) -> np.ndarray:
    """Errors of which each is this share of the one before, and news of deviation 1."""
    errors = rng.normal(0, 1, steps)
    errors[0] /= np.sqrt(1 - by**2)
    for step in range(1, steps):
        errors[step] += by * errors[step - 1]
    return errors


def test_errors_that_do_not_last_have_the_covariance_of_the_textbook():
    # Of 1, 2, 3, 6, 3 the mean is 3; 14 over 4 is the variance, a fifth of it the mean's.
    found = least_squares(np.ones((5, 1)), [1.0, 6.0, 3.0, 2.0, 3.0])

    assert found.coefficients.tolist() == pytest.approx([3.0])
    assert (found.lasting, found.freedom) == (0.0, 4.0)
    assert found.covariance[0, 0] == pytest.approx(14 / 4 / 5)


def test_the_covariance_is_that_of_the_formula_in_matrices():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(40), np.arange(40) >= 25, rng.normal(0, 1, 40)])
    y = x @ [3.0, 2.0, 1.0] + lasting(rng, 40, by=0.6)
    y[[7, 8, 30]] = np.nan
    steps = np.flatnonzero(~np.isnan(y))

    found = least_squares(x, y)

    known = x[steps]
    lasted = found.lasting ** np.abs(steps[:, None] - steps[None, :])
    inverse = np.linalg.inv(known.T @ known)
    hat = known @ inverse @ known.T
    errors = y[steps] - hat @ y[steps]
    left = np.eye(37) - hat
    variance = errors @ errors / np.trace(left @ lasted)
    expected = variance * inverse @ known.T @ lasted @ known @ inverse
    beside = (np.abs(steps[:, None] - steps[None, :]) == 1) / 2
    shown = np.trace(left @ lasted @ left @ beside) / np.trace(left @ lasted)
    assert found.covariance == pytest.approx(expected)
    assert 0 < found.lasting < 0.95
    assert shown == pytest.approx(errors @ beside @ errors / (errors @ errors), abs=1e-5)


@pytest.mark.parametrize("by", [0.0, 0.3, 0.6])
def test_how_long_errors_last_is_found_on_average_although_a_fit_hides_some_of_it(by: float):
    steps = np.arange(80)
    design = np.column_stack([np.ones(80), steps >= 50, steps, np.sin(steps / 5)])

    found = [
        least_squares(design, lasting(np.random.default_rng(seed), 80, by=by)).lasting
        for seed in range(150)
    ]

    # What is below nought counts as nought, so that where errors do not last the mean is above it.
    assert np.mean(found) == pytest.approx(by, abs=0.03 if by else 0.07)


@settings(max_examples=20, deadline=None)
@given(gaps=st.sets(st.integers(0, 39), max_size=20), scale=st.floats(0.01, 100))
def test_neither_what_stands_in_a_gap_nor_the_unit_matters(gaps: set[int], scale: float):
    rng = np.random.default_rng(1)
    y = lasting(rng, 40, by=0.5)
    x = np.column_stack([np.ones(40), rng.normal(0, 1, 40)])
    other = x.copy()
    for gap in gaps:
        y[gap], other[gap, 1] = np.nan, 1e6

    plain, same = least_squares(x, y), least_squares(other, y * scale)

    assert same.coefficients / scale == pytest.approx(plain.coefficients)
    assert same.covariance / scale**2 == pytest.approx(plain.covariance)
    assert same.lasting == pytest.approx(plain.lasting, abs=1e-5)


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, 2.0, 4.0, 3.0]])
def test_terms_that_leave_nothing_over_or_say_the_same_are_refused(values: list[float]):
    design = np.ones((len(values), 2))

    with pytest.raises(ValueError, match="more values than terms"):
        least_squares(design, values)
