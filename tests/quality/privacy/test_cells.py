import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.privacy.cells import repeats


@given(st.lists(st.lists(st.none() | st.text("abè ", max_size=2), max_size=6), min_size=1))
def test_each_row_has_its_own_text_again_and_each_text_stands_once(
    blocks: list[list[str | None]],
) -> None:
    texts = pl.concat([pl.Series("town", block, dtype=pl.String) for block in blocks])

    distinct = repeats(texts, up_to=1.0)

    assert distinct.rows.equals(texts)
    assert sorted(distinct.values) == sorted(set(texts.drop_nulls()))


@pytest.mark.parametrize("different_count", [5, 70_000])
def test_a_column_of_many_blocks_has_its_texts_again(different_count: int) -> None:
    numbers = pl.int_range(100_000, eager=True) * 7_919 % different_count
    texts = numbers.cast(pl.String).alias("plate")
    blocks = pl.concat([texts.slice(start, 9_000) for start in range(0, 100_000, 9_000)])

    distinct = repeats(blocks, up_to=1.0)

    assert distinct.rows.equals(texts)
    assert len(distinct.values) == different_count
