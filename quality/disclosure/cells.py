"""Counts and sums over all combinations of some columns, with their totals, and how they add up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import polars as pl

from infra.errors import DeliveryRefused
from quality.disclosure.policy import TOTAL, Cells

# Beside each sum: its largest contribution, the second, and the `top_count` largest together.
LARGEST: Final = "__largest_"
SECOND: Final = "__second_"
TOP: Final = "__top_"
# Of how many cells with somebody in them a cell is the total; of itself, if of no others.
FILLED: Final = "__filled"


@dataclass(frozen=True)
class Line:
    """Cells that add up to another one, by their rows."""

    total: int
    parts: tuple[int, ...]


def blocks(units: pl.DataFrame, release: Cells) -> Iterator[pl.DataFrame]:
    """The units of each table that stands by itself, in the order of what tells tables apart."""
    if not release.within:
        if units.height:
            yield units
        return
    yield from units.sort(release.within).partition_by(release.within, maintain_order=True)


def tabulate(table: str, units: pl.DataFrame, release: Cells) -> pl.DataFrame:
    """Count the units of one block in every cell and every total, and add up what they contribute.

    Every combination of the values that the block has is a cell; one without units counts zero.
    """
    _check_units(table, units, release)
    keys = list(release.key_columns)
    weight = release.count if release.count in units.columns else None
    size = (pl.len() if weight is None else pl.col(weight).sum()).cast(pl.Int64)
    measured = [size.alias("__count"), *_contributions(release)]
    # A frame of no columns would have no rows to combine: this one has a row.
    every = units.select(pl.lit(0).alias("__one"), *release.within).unique()
    for name in release.dimensions:
        values = pl.concat([units[name].unique().sort(), pl.Series(name, [TOTAL])])
        every = every.join(values.to_frame(), how="cross")
    numbers = ["__count", *(each.meta.output_name() for each in _contributions(release))]
    cells = (
        every.drop("__one")
        .join(_with_totals(units, release, measured), on=keys, how="left", maintain_order="left")
        .with_columns(pl.col(numbers).fill_null(0))
        .rename({"__count": release.count})
    )
    filled = cells.filter(is_inner(release) & (pl.col(release.count) > 0))
    known = _with_totals(filled, release, [pl.len().cast(pl.Int64).alias(FILLED)])
    return cells.join(known, on=keys, how="left", maintain_order="left").with_columns(
        pl.col(FILLED).fill_null(0)
    )


def _with_totals(rows: pl.DataFrame, release: Cells, measured: Sequence[pl.Expr]) -> pl.DataFrame:
    """Rows gathered by their cell, and by each total that it is part of."""
    totalled = release.dimensions
    return pl.concat(
        rows.with_columns(pl.lit(TOTAL).alias(name) for name in over)
        .group_by(release.key_columns)
        .agg(measured)
        for count in range(len(totalled) + 1)
        for over in combinations(totalled, count)
    )


def lines(cells: pl.DataFrame, release: Cells) -> list[Line]:
    """What adds up to what: each total, and the cells of one column that it is the total of."""
    found = []
    rows = cells.with_row_index("__row")
    for name in release.dimensions:
        others = [key for key in release.key_columns if key != name]
        for part in rows.partition_by(others) if others else [rows]:
            is_total = part[name] == TOTAL
            parts = part.filter(~is_total)["__row"].to_list()
            found += [Line(total, tuple(parts)) for total in part.filter(is_total)["__row"]]
    return found


def is_inner(release: Cells) -> pl.Expr:
    """Whether a cell is the total of no other."""
    return pl.all_horizontal(pl.col(name) != TOTAL for name in release.dimensions)


def _contributions(release: Cells) -> list[pl.Expr]:
    expressions = []
    for name in release.sums:
        # Floats added in the order of chance differ in the last digit.
        ordered = pl.col(name).sort(descending=True)
        expressions += [
            ordered.sum().alias(name),
            ordered.head(1).sum().alias(LARGEST + name),
            ordered.slice(1, 1).sum().alias(SECOND + name),
            ordered.head(release.thresholds.top_count).sum().alias(TOP + name),
        ]
    return expressions


def _check_units(table: str, units: pl.DataFrame, release: Cells) -> None:
    """Raise DeliveryRefused where cells could not be told from totals, or sums cannot be judged."""
    for name in release.dimensions:
        if units.schema[name] != pl.String:
            raise _refused(table, f"{name} is no text: a total has no place in it; make it text")
        if units[name].null_count():
            raise _refused(table, f"{name} is empty in some rows; give them a value of their own")
        if (units[name] == TOTAL).any():
            raise _refused(table, f"a value of {name} is '{TOTAL}', which says all; rename it")
    for name in release.sums:
        if units[name].null_count() or (units[name] < 0).any() or units[name].is_nan().any():
            raise _refused(
                table,
                f"contributions to {name} are empty or negative in some rows: no rule says who "
                "dominates such a sum; leave those rows out in the function",
            )
    if release.count in units.columns:
        counts = units[release.count]
        if counts.null_count() or (counts < 0).any():
            raise _refused(table, f"{release.count} is empty or negative in some rows")


def _refused(table: str, why: str) -> DeliveryRefused:
    return DeliveryRefused(f"{table}: nothing was published: {why}", check="disclosure")
