"""What the function of a computed table is given: those rows of its inputs that count."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.staleness import event_day, may_be_said_twice
from assets.twin import Twin
from infra.windows import period_start

_AHEAD_OF_WINDOW: Final = timedelta(days=2)


def input_of(
    name: str,
    version: int | None,
    *,
    twin: Twin,
    days: list[date] | None,
    declaration: Declaration,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """The rows of one input for the computation of these days, as they were said last.

    Without days, which is for a table that is made as a whole, they are those of all windows; with
    `where`, only those for which it holds.
    """
    key = declaration.reads[name]
    rows = twin.read(key, version=version).drop(twin.free_texts(key), strict=False)
    if where is not None:
        rows = rows.filter(where)
    columns = rows.collect_schema().names()
    if name in declaration.with_history:
        return rows.collect()
    if "window_on" not in columns:
        current = rows.filter(pl.col("valid_to").is_null()) if "valid_to" in columns else rows
        return current.drop("valid_from", "valid_to", strict=False).collect()
    contract = twin.contract_of(key)
    in_days = pl.lit(value=True)
    if days is not None:
        wanted = {
            day - timedelta(n) for day in days for n in range(declaration.lookback_of(name) + 1)
        }
        # A late row stands in a later delivery window than its own day. An earlier one ends a day
        # before it at most (see `event_time_out_of_range`).
        cadence = contract.cadence if contract else "daily"
        earliest = period_start(min(wanted) - _AHEAD_OF_WINDOW, cadence)
        rows = rows.filter(pl.col("window_on") >= earliest)
        in_days = event_day(key, twin).is_in(sorted(wanted))
    chosen = _as_said_last(key, rows, in_days, twin)
    return (chosen if contract else chosen.drop("window_on")).collect()


def _as_said_last(key: str, rows: pl.LazyFrame, in_days: pl.Expr, twin: Twin) -> pl.LazyFrame:
    """The rows of these days; of those delivered again for a later window, the last form alone."""
    contract = twin.contract_of(key)
    if contract is None or not may_be_said_twice(contract):
        return rows.filter(in_days)
    keys = list(contract.primary_key)
    if contract.event_time in keys:
        rows = rows.filter(in_days)  # the same key is of the same day: fewer rows to compare
    else:
        # Only keys of these days can have their last form in them.
        rows = rows.join(rows.filter(in_days).select(keys).unique(), on=keys, how="semi")
    last = rows.sort("window_on").unique(keys, keep="last", maintain_order=True)
    return last.filter(in_days)
