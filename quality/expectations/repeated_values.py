"""Values that come again and again: judged once, counted as often as they came."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from quality.expectations.catalogue import Rule

# Fewer rows than this are not worth a detour over their distinct values.
FEW_ROWS: Final = 1_000
_SAMPLED_ROWS: Final = 10_000
_NEARLY_ALL: Final = 0.8
_ROW: Final = "__row"


def distinct_values(present: pl.Series) -> pl.Series | None:
    """Return the distinct values; None where nearly every value is one of its own."""
    if present.len() > FEW_ROWS:
        sample = present.gather_every(max(1, present.len() // _SAMPLED_ROWS))
        if (
            sample.n_unique() > _NEARLY_ALL * sample.len()
            and _about_how_many(present) > _NEARLY_ALL * present.len()
        ):
            return None
    return present.unique()


def _about_how_many(present: pl.Series) -> int:
    return int(present.to_frame("value").select(pl.col("value").approx_n_unique()).item())


def is_considered(rule: Rule) -> pl.Expr:
    """Which rows Great Expectations counts, by what the rule says of missing values."""
    names = rule.columns
    match rule.built.ignore_row_if:
        case "both_values_are_missing" | "all_values_are_missing":
            return ~pl.all_horizontal(pl.col(name).is_null() for name in names)
        case "either_value_is_missing" | "any_value_is_missing":
            return ~pl.any_horizontal(pl.col(name).is_null() for name in names)
        case _:
            return pl.lit(True)


def rows_like(frame: pl.DataFrame, tuples: pl.DataFrame) -> pl.Series:
    """Mark the rows that hold one of these tuples; a missing value is like a missing value."""
    rows = frame.with_row_index(_ROW).join(tuples, on=tuples.columns, how="semi", nulls_equal=True)
    return marked(rows[_ROW].to_list(), frame.height)


def marked(rows: Sequence[int], height: int) -> pl.Series:
    """One boolean per row: whether its number is among these."""
    import numpy as np

    yes = np.zeros(height, dtype=bool)
    yes[np.asarray(rows, dtype=np.int64)] = True
    return pl.Series(yes)
