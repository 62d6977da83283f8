"""Cells of a column: work done once per distinct value and spread back, and cells made empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import polars as pl

# Below this many rows a dictionary costs nothing; above, only if values repeat enough.
_SMALL: Final = 50_000
_RUNS: Final = 10
_RUN: Final = 5_000


@dataclass(frozen=True, repr=False)
class Repeats:
    """The values of a column and, for each row, the position of its value (null where it has none).

    Without positions the values are the rows themselves.
    """

    values: pl.Series
    positions: pl.Series | None = None

    def spread(self, results: pl.Series) -> pl.Series:
        """What each row gets, given the result for each value."""
        if self.positions is None:
            return results
        return results.gather(self.positions)

    @property
    def rows(self) -> pl.Series:
        """The values, row by row."""
        return self.spread(self.values)

    def filter(self, where: pl.Series) -> "Repeats":
        """The rows where the mask is true."""
        if self.positions is None:
            return Repeats(self.values.filter(where))
        return Repeats(self.values, self.positions.filter(where))

    def with_values(self, values: pl.Series) -> "Repeats":
        """The same rows, with other values in the same order."""
        return Repeats(values, self.positions)


def one_below_other(parts: Sequence[Repeats]) -> pl.Series:
    """The rows of some pieces of a column, as one column."""
    spread = [part.positions for part in parts if part.positions is not None]
    if len(spread) < len(parts):
        return pl.concat([part.rows for part in parts], rechunk=True)
    # Spread once for all: the rows of the pieces would be there beside those of the column.
    values = pl.concat([part.values for part in parts], rechunk=True)
    starts = accumulate((len(part.values) for part in parts[:-1]), initial=0)
    moved = [positions + start for positions, start in zip(spread, starts, strict=True)]
    return values.gather(pl.concat(moved, rechunk=True))


def repeats(texts: pl.Series, *, up_to: float) -> Repeats:
    """The distinct texts of a column, if they are at most this share of its rows; else its rows."""
    if len(texts) > _SMALL and not _repeat_enough(texts, up_to):
        return Repeats(texts)
    # A category registry of its own: the shared one would keep these texts for the process's life.
    cells = texts.cast(pl.Categorical(pl.Categories.random()))
    positions = cells.to_physical()
    # It numbers texts without gaps: what each stands for need not be looked for among the rows.
    last = positions.max()
    numbers = pl.int_range(last + 1 if isinstance(last, int) else 0, dtype=pl.UInt32, eager=True)
    return Repeats(numbers.cat.to(cells.dtype).cast(pl.String).alias(texts.name), positions)


def _repeat_enough(texts: pl.Series, up_to: float) -> bool:
    rows = len(texts)
    # Runs from all over the column first: with more rows the share of new texts only falls.
    starts = range(0, rows, max(rows // _RUNS, _RUN))
    sample = pl.concat([texts.slice(at, _RUN) for at in starts])
    if sample.n_unique() <= up_to * len(sample):
        return True
    distinct = texts.to_frame("texts").select(pl.col("texts").approx_n_unique()).item()
    return int(distinct) <= up_to * rows


def empty(cells: pl.Series, *, where: pl.Series) -> pl.Series:
    """The same cells, null where the mask is true; a null in the mask leaves the cell alone."""
    if not where.any():
        return cells
    return cells.zip_with(~where.fill_null(False), pl.Series([None], dtype=cells.dtype))


def unread(texts: pl.Series, results: pl.Series) -> pl.Series:
    """Where something was there and nothing came of it."""
    return texts.is_not_null() & results.is_null()
