import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.binomial import wilson_interval


def interval(hits: int, cases: int) -> tuple[float | None, float | None]:
    low, high = wilson_interval(pl.col("hits"), pl.col("cases"))
    frame = pl.DataFrame({"hits": [hits], "cases": [cases]})
    return frame.select(low=low, high=high).row(0)


# Newcombe (1998), Statistics in Medicine 17, table I, method 3, as others quote it.
@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_intervals_of_newcombe_are_found(hits: int, cases: int, low: float, high: float):
    assert interval(hits, cases) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_a_share_of_nothing_has_no_interval():
    assert interval(0, 0) == (None, None)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_its_share_and_mirrors_that_of_the_others(drawn: tuple[int, int]):
    hits, cases = drawn
    low, high = interval(hits, cases)
    mirrored = interval(cases - hits, cases)

    assert low is not None
    assert high is not None
    assert 0 <= low <= hits / cases + 1e-12
    assert hits / cases - 1e-12 <= high <= 1
    assert mirrored == (pytest.approx(1 - high), pytest.approx(1 - low))
