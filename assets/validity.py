"""From when until when rows hold: `valid_from` and `valid_to` (UTC), empty while they still do."""

from datetime import UTC, datetime
from typing import Final

import polars as pl

from assets.declaration import Given, given

VALIDITY: Final = ("valid_from", "valid_to")
# Rows of tables that keep no history hold since ever, as far as anybody knows.
SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_INSTANT: Final = pl.Datetime("us", "UTC")


def validity(*inputs: str) -> dict[str, Given]:
    """What a table with history says of its two instants, made of those of these inputs."""
    return {
        "valid_from": given("Since when it is so, UTC.", *(f"{one}.valid_from" for one in inputs)),
        "valid_to": given(
            "Until when it was so, UTC; empty while it is.", *(f"{one}.valid_to" for one in inputs)
        ),
    }


def since_ever(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table that keeps no history, with a validity that neither begins nor ends."""
    return rows.with_columns(
        valid_from=pl.lit(SINCE_EVER, _INSTANT), valid_to=pl.lit(None, _INSTANT)
    )


def while_both(left: pl.DataFrame, right: pl.DataFrame, *, on: str) -> pl.DataFrame:
    """Rows that belong together, for the time in which both of them hold.

    All columns of the left, then those of the right; pairs that never held together are left out.
    """
    pairs = left.join(right, on=on, how="inner", suffix="_right")
    return (
        pairs.with_columns(
            valid_from=pl.max_horizontal("valid_from", "valid_from_right"),
            valid_to=pl.min_horizontal("valid_to", "valid_to_right"),
        )
        .drop("valid_from_right", "valid_to_right")
        .filter(pl.col("valid_to").is_null() | (pl.col("valid_from") < pl.col("valid_to")))
    )


def united(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that say the same of times which touch or overlap, as one row each.

    Sorted by all that they say, then by time.
    """
    said = [name for name in rows.columns if name not in VALIDITY]
    ordered = rows.with_columns(pl.col("valid_to").fill_null(_FOR_EVER)).sort(*said, *VALIDITY)
    # Numbers are told apart faster than borders.
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in said)
    last = pl.col("valid_to").cum_max().shift(1).over("__said")
    begins = (pl.col("valid_from") > last).fill_null(value=True)
    return (
        ordered.with_columns(__said=differs.cum_sum())
        .with_columns(__run=begins.cum_sum())
        .group_by("__run", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in said),
            valid_from=pl.col("valid_from").min(),
            valid_to=pl.col("valid_to").max(),
        )
        .with_columns(valid_to=_or_empty(pl.col("valid_to")))
        .select(rows.columns)
    )


def one_at_a_time(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """The same rows so that of each thing one holds at a time: the one that began last.

    A row ends at the latest where the next one of its thing begins. Of rows that begin at the same
    instant the last one, as the rows stand, is believed.
    """
    ordered = rows.sort(by, "valid_from", maintain_order=True)
    following = pl.col("valid_from").shift(-1).over(by)
    ends = pl.min_horizontal(pl.col("valid_to"), following)
    return ordered.with_columns(valid_to=ends).filter(
        pl.col("valid_to").is_null() | (pl.col("valid_from") < pl.col("valid_to"))
    )


def _or_empty(end: pl.Expr) -> pl.Expr:
    return pl.when(end < pl.lit(_FOR_EVER, _INSTANT)).then(end)
