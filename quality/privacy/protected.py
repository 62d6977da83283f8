"""What the gate gives: rows that were kept, rows that were refused and why; piece by piece."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from quality.privacy.cells import Repeats, one_below_other
from quality.privacy.drift import Drift, drift_of_all
from quality.privacy.reading import Problem

EVENT_ON: Final = "__event_on"
_WORKERS: Final = 4
_COLUMNS_AT_ONCE: Final = 2


@dataclass(frozen=True, repr=False)
class Protected:
    """A delivery on our side of the gate.

    `frame` has the contract's stored columns, `__payload`, `__line`, and `__event_on`: the day, on
    the city's clock, of the event time before it was truncated (null where the contract has none).
    `refused` has the same columns, as far as they could be protected, with `rule` and `reason`.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame
    delivered_count: int
    drift: Drift

    def __repr__(self) -> str:
        """The sizes only."""
        return f"Protected({self.frame.height} kept, {self.refused.height} refused)"


@dataclass(frozen=True, repr=False)
class Piece:
    """Some rows of a delivery, protected; the kept ones with each value that repeats there once."""

    kept: Mapping[str, Repeats]
    refused: pl.DataFrame
    delivered_count: int
    drift: Drift


def joined(pieces: list[Piece]) -> Protected:
    """The pieces one after the other; the list is emptied, so that no column is there twice."""
    refused = pl.concat(piece.refused for piece in pieces)
    count = sum(piece.delivered_count for piece in pieces)
    drift = drift_of_all([piece.drift for piece in pieces])
    cells = {name: [piece.kept[name] for piece in pieces] for name in pieces[0].kept}
    pieces.clear()

    def rows_of(name: str) -> pl.Series:
        return one_below_other(cells.pop(name)).alias(name)

    with ThreadPoolExecutor(_COLUMNS_AT_ONCE) as pool:
        columns = list(pool.map(rows_of, list(cells)))
    return Protected(pl.DataFrame(columns), refused, count, drift)


def split(
    columns: Mapping[str, Repeats], problems: Sequence[Problem]
) -> tuple[Mapping[str, Repeats], pl.DataFrame]:
    """The rows without a problem, and the others: the first is their rule, all are their reason."""
    if not problems:
        nothing = pl.DataFrame(
            [cells.values.clear().alias(name) for name, cells in columns.items()]
        )
        return columns, nothing.with_columns(
            rule=pl.lit("", pl.String), reason=pl.lit("", pl.String)
        )
    where = reduce(or_, (problem.where for problem in problems))
    masks = pl.DataFrame([p.where.alias(str(i)) for i, p in enumerate(problems)]).filter(where)
    said = [
        (
            pl.when(pl.col(str(i))).then(pl.lit(p.rule)),
            pl.when(pl.col(str(i))).then(pl.lit(p.reason)),
        )
        for i, p in enumerate(problems)
    ]
    words = masks.select(
        rule=pl.coalesce(rule for rule, _ in said),
        reason=pl.concat_str([reason for _, reason in said], separator="; ", ignore_nulls=True),
    )
    refused = pl.DataFrame(
        [cells.filter(where).rows.alias(name) for name, cells in columns.items()]
    )
    with ThreadPoolExecutor(_WORKERS) as pool:
        kept = pool.map(lambda cells: cells.filter(~where), columns.values())
        return dict(zip(columns, kept, strict=True)), refused.hstack(words)
