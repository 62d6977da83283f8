import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.differences import difference_in_differences, difference_of_means


@pytest.mark.shows(
    "published", "gold/actions/action_effect", source="Card & Krueger (1994), table 3"
)
def test_wages_rose_and_jobs_did_not_fall_in_new_jersey():
    # Card & Krueger (1994), table 3: full-time equivalents a store. The paper prints 2.76, from
    # means with more digits.
    found = difference_of_means(
        treated_before=20.44, treated_after=21.03, others_before=23.33, others_after=21.17
    )

    assert found == pytest.approx(2.75)
    assert found == pytest.approx(2.76, abs=0.011)


def panel(*, effect: float, drift: float = 0.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two treated and five other places over forty steps that all share; twenty are before."""
    rng = np.random.default_rng(seed)
    shared = 50 + np.cumsum(rng.normal(0, 1, 40))
    treated = shared[:, None] + rng.normal(0, 1, (40, 2)) + 3
    treated += drift * np.arange(40)[:, None]
    treated[20:] += effect
    return treated, shared[:, None] + rng.normal(0, 1, (40, 5))


def test_what_all_places_share_is_no_effect():
    found = difference_in_differences(*panel(effect=0.0), first_after=20)

    assert found.low < 0 < found.high
    assert found.trend_p_value > 0.05


def test_an_effect_on_the_treated_places_is_found():
    found = difference_in_differences(*panel(effect=4.0), first_after=20)

    assert found.effect == pytest.approx(4, abs=0.8)
    assert found.low < 4 < found.high
    # Before, what is expected lies about the treated mean; after, an effect below it.
    treated = panel(effect=4.0)[0].mean(axis=1)
    assert (treated - found.expected)[:20].mean() == pytest.approx(0)
    assert (treated - found.expected)[20:].mean() == pytest.approx(found.effect)
    assert found.p_value < 0.001


def test_places_that_drift_apart_before_are_told():
    found = difference_in_differences(*panel(effect=0.0, drift=0.3), first_after=20)

    assert found.trend_p_value < 0.01


@settings(max_examples=20, deadline=None)
@given(
    order=st.permutations(range(5)), shift=st.floats(-100, 100), scale=st.floats(0.1, 10)
)  # fmt: skip
def test_neither_order_nor_unit_of_places_matters(order: list[int], shift: float, scale: float):
    treated, others = panel(effect=4.0)

    plain = difference_in_differences(treated, others, first_after=20)
    same = difference_in_differences(treated[:, ::-1], others[:, order], first_after=20)
    other = difference_in_differences(
        treated * scale + shift, others * scale + shift, first_after=20
    )

    assert (same.effect, same.low, same.trend_p_value) == (
        plain.effect,
        plain.low,
        plain.trend_p_value,
    )
    assert same.expected.tobytes() == plain.expected.tobytes()
    assert other.effect / scale == pytest.approx(plain.effect, rel=1e-6)
    assert other.trend_p_value == pytest.approx(plain.trend_p_value, rel=1e-4)
