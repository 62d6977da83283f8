import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets.methods.structural import Impact, impact, unexplained
from tests.assets.methods.published_series import ARMA_CONTROL, ARMA_VALUE

Array = NDArray[np.float64]
STEPS = 150
AFTER = 30


def example() -> tuple[Array, Array]:
    values, control = np.array(ARMA_VALUE), np.array(ARMA_CONTROL)
    values[70:] += 5
    return values, control


def walked(seed: int, *, effect: float) -> tuple[Array, Array]:
    """A series of three random walks and noise that lasts (AR 0.3), with an effect at the end."""
    rng = np.random.default_rng(seed)
    controls = np.cumsum(rng.normal(0, 1, (STEPS, 3)), axis=0) + 20
    noise = rng.normal(0, 1, STEPS)
    for step in range(1, STEPS):
        noise[step] += 0.3 * noise[step - 1]
    values = controls @ np.array([0.6, 0.3, 0.1]) + noise
    values[-AFTER:] += effect
    return values, controls


def shares(runs: int, *, effect: float) -> tuple[float, float]:
    """How many of so many runs find an effect, and how many intervals hold the true one."""
    found: list[Impact] = [
        impact(*walked(seed, effect=effect), first_after=STEPS - AFTER, seed=seed)
        for seed in range(runs)
    ]
    is_found = [one.p_value < 0.05 for one in found]
    holds = [one.effect_low <= effect <= one.effect_high for one in found]
    return float(np.mean(is_found)), float(np.mean(holds))


def test_the_example_of_causal_impact_gives_what_its_readme_prints():
    # WillianFuks/tfcausalimpact, README: actual 125.23, prediction 120.34 (0.31), absolute effect
    # 4.89 [4.26, 5.47], relative 4.06 % [3.54 %, 4.55 %].
    values, control = example()

    found = impact(values, control, first_after=70, seed=1)

    assert found.actual == pytest.approx(125.23, abs=0.005)
    assert found.predicted == pytest.approx(120.35, abs=0.05)
    assert found.predicted_deviation == pytest.approx(0.3, abs=0.05)
    assert found.effect == pytest.approx(4.88, abs=0.05)
    assert found.effect_low == pytest.approx(4.3, abs=0.1)
    assert found.effect_high == pytest.approx(5.4, abs=0.1)
    assert found.ratio - 1 == pytest.approx(0.0406, abs=0.0005)
    assert found.p_value < 0.002


def test_a_series_without_an_effect_shows_none_and_an_effect_lies_in_its_interval():
    false, _ = shares(60, effect=0.0)
    found, covered = shares(60, effect=1.0)

    assert 0.02 <= false <= 0.09
    assert 0.90 <= covered <= 0.98
    assert found > 0.4


@settings(max_examples=8, deadline=None)
@given(shift=st.floats(-1_000, 1_000), scale=st.floats(0.01, 100))
def test_another_unit_or_zero_gives_the_same_effect_in_that_unit(shift: float, scale: float):
    values, control = example()

    plain = impact(values, control, first_after=70, seed=1, draws=200, warm_up=50)
    other = impact(
        values * scale + shift, control * scale - shift, first_after=70, seed=1, draws=200,
        warm_up=50,
    )  # fmt: skip

    assert other.effect / scale == pytest.approx(plain.effect, rel=1e-4)
    assert other.effect_low / scale == pytest.approx(plain.effect_low, rel=1e-4)
    assert (other.expected - shift) / scale == pytest.approx(plain.expected, rel=1e-5)
    assert other.p_value == pytest.approx(plain.p_value)


def test_controls_in_another_order_give_the_same_bits():
    values, controls = walked(3, effect=1.0)

    plain = impact(values, controls, first_after=120, seed=1, draws=100, warm_up=20)
    other = impact(values, controls[:, [2, 0, 1]], first_after=120, seed=1, draws=100, warm_up=20)

    assert other.expected.tobytes() == plain.expected.tobytes()
    assert (other.effect, other.p_value) == (plain.effect, plain.p_value)


def test_what_comes_after_the_action_does_not_change_what_was_expected():
    values, control = example()
    longer = np.concatenate([values[:80], np.full(20, 1e6)])

    plain = impact(values[:80], control[:80], first_after=70, seed=1)
    other = impact(longer, control, first_after=70, seed=1)

    # More steps draw other chances: the same within those of a thousand draws.
    assert other.expected[:70] == pytest.approx(plain.expected[:70], abs=0.1)
    assert other.expected[70:80] == pytest.approx(plain.expected[70:80], abs=0.3)


def test_a_gap_counts_for_nothing():
    values, control = example()
    holed, holed_control = values.copy(), control.copy()
    holed[10] = np.nan
    holed_control[90] = np.nan

    found = impact(holed, holed_control, first_after=70, seed=1)

    assert (found.before_count, found.after_count) == (69, 29)
    assert found.effect == pytest.approx(4.88, abs=0.15)


def test_without_any_untreated_series_the_level_alone_is_what_was_expected():
    found = impact([10.0, 12.0] * 20 + [21.0] * 5, np.empty((45, 0)), first_after=40, seed=1)

    assert found.predicted == pytest.approx(11, abs=0.6)
    assert found.effect_low > 5


@pytest.mark.parametrize("first_after", [3, 10])
def test_too_few_values_on_one_side_are_refused(first_after: int):
    with pytest.raises(ValueError, match="four values before"):
        impact(np.arange(10.0), np.arange(10.0), first_after=first_after, seed=1)


def test_what_controls_leave_open_is_the_share_that_they_do_not_explain():
    x = np.tile([1.0, -1.0, 1.0, -1.0], 25)
    other = np.tile([1.0, 1.0, -1.0, -1.0], 25)

    # Four parts to three: sixteen of twenty-five squares are the control's.
    assert unexplained(4 * x + 3 * other, x, first_after=100) == pytest.approx(0.6, abs=0.01)
    assert unexplained(4 * x, x, first_after=100) == pytest.approx(0, abs=1e-9)
    assert unexplained(x, np.empty((100, 0)), first_after=100) == 1.0


def test_a_season_that_controls_follow_does_not_drown_a_small_effect():
    days = np.arange(900)
    rng = np.random.default_rng(1)
    season = 100 + 80 * np.cos(2 * np.pi * days / 365)
    controls = season[:, None] * rng.normal(1, 0.02, (900, 3))
    values = season * rng.normal(1, 0.02, 900) * np.where(days >= 600, 0.9, 1.0)
    values[300:600] = np.nan

    share = unexplained(values, controls, first_after=600)
    found = impact(values, controls, first_after=600, seed=1, level_deviation=0.01 * share)

    assert share < 0.1
    assert 0.88 < found.ratio_low < 0.9 < found.ratio_high < 0.92
