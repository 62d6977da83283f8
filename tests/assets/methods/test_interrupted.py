import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.interrupted import interrupted, of_season
from tests.assets.methods.published_series import SICILY_EVENTS, SICILY_POPULATION

BAN = 36


def sicily() -> np.ndarray:
    return np.log(np.array(SICILY_EVENTS) / np.array(SICILY_POPULATION))


def by_month() -> np.ndarray:
    return of_season(np.arange(len(SICILY_EVENTS)) * 365.25 / 12 + 1)


def test_the_smoking_ban_of_sicily_prevented_a_tenth_of_coronary_events():
    # Lopez Bernal et al. (2017): relative risk 0.894 (0.864 to 0.925) by Poisson regression, and
    # with the year's course 0.885 (0.839 to 0.933). Least squares on the logarithm of the rate are
    # another model of the same data: the same to half a percent.
    plain = interrupted(sicily(), first_after=BAN)
    seasonal = interrupted(sicily(), first_after=BAN, others=by_month(), season=12)

    assert np.exp(plain.level) == pytest.approx(0.894, abs=0.005)
    assert np.exp(seasonal.level) == pytest.approx(0.885, abs=0.005)
    assert np.exp(seasonal.level_low) == pytest.approx(0.839, abs=0.02)
    assert np.exp(seasonal.level_high) == pytest.approx(0.933, abs=0.025)
    assert seasonal.p_value < 0.001
    assert seasonal.fit_error < 1
    assert (seasonal.before_count, seasonal.after_count) == (36, 23)


def test_a_step_on_a_straight_line_is_found_exactly():
    values = [10.0 + 2 * step + (7 if step >= 6 else 0) for step in range(12)]

    found = interrupted(values, first_after=6)

    assert found.level == pytest.approx(7)
    assert found.expected.tolist() == pytest.approx([10.0 + 2 * step for step in range(12)])


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-1_000, 1_000), scale=st.floats(0.01, 100))
def test_another_unit_or_zero_gives_the_same_step_in_that_unit(shift: float, scale: float):
    plain = interrupted(sicily(), first_after=BAN)
    other = interrupted(sicily() * scale + shift, first_after=BAN)

    assert other.level / scale == pytest.approx(plain.level, rel=1e-6)
    assert other.level_low / scale == pytest.approx(plain.level_low, rel=1e-6)
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-4)


def test_a_line_without_enough_values_before_is_refused():
    with pytest.raises(ValueError, match="needs more values"):
        interrupted([1.0, 2.0, 3.0], first_after=1)
