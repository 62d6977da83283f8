"""A series that shrinks: windows of which the publisher gives far fewer rows than it gave before.

Portals drop old years, and servers answer with half a list. What was published of such a window
stays, unless its contract says `shrinking: replace`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from infra.errors import DeliveryRefused
from infra.lake import Lake
from infra.seal import SealedDelivery
from quality.before import Before
from quality.contract.model import Contract
from quality.placing import Placed
from quality.tables import bronze_key, quarantine_key
from quality.workplace import Workplace

_LEAST_SHARE: Final = 0.5
# Of so few rows, half may well have been put right; all of them not.
_FEW_ROWS: Final = 10
_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Shrunk:
    """A window that came with far fewer rows than the lake holds of it, refused ones included."""

    start: date
    held_count: int
    come_count: int


def is_shrunk(held_count: int, come_count: int) -> bool:
    """Whether so many rows in place of those held are a loss rather than a correction."""
    if come_count == 0:
        return held_count > 0
    return held_count >= _FEW_ROWS and come_count < _LEAST_SHARE * held_count


def shrunk_of(
    contract: Contract,
    starts: Sequence[date | None],
    placed: Placed,
    before: Before,
    *,
    at: Workplace,
    sealed: SealedDelivery | None,
) -> tuple[Shrunk, ...]:
    """The windows of a delivery that shrank: rebuilding from its entry would give what it gave.

    Raises DeliveryRefused for a static list that did, and forgets its entry.
    """
    if contract.shrinking == "replace":
        return ()
    if contract.is_static:
        try:
            _check_static(contract, placed.kept.height + placed.refused.height, at.lake)
        except DeliveryRefused:
            forget(contract, sealed, at)
            raise
        return ()
    windows = [start for start in starts if start is not None]
    return _shrunk_windows(contract, windows, placed, before, lake=at.lake)


def forget(contract: Contract, sealed: SealedDelivery | None, at: Workplace) -> None:
    """Drop the entry of a delivery: rebuilding must give what was published of it, no more."""
    if sealed is not None:
        at.archive.drop(contract.key, sealed)


def _shrunk_windows(
    contract: Contract, starts: Sequence[date], placed: Placed, before: Before, *, lake: Lake
) -> tuple[Shrunk, ...]:
    held = {start: before.held[start] for start in starts if start in before.held}
    if not held:
        return ()
    come = _come(placed)
    found = tuple(
        Shrunk(start, held[start], come.get(start, 0))
        for start in sorted(held)
        if is_shrunk(held[start], come.get(start, 0))
    )
    emptied = [one for one in found if one.held_count < _FEW_ROWS]
    if not emptied:
        return found
    # A row whose day was corrected left one window for another: kept, it would count twice. Only
    # windows that had landed may have gained it; what fills a new one are new rows.
    landed = lake.marks(bronze_key(contract), starts)
    gained_count = sum(max(0, come.get(start, 0) - held.get(start, 0)) for start in landed)
    if gained_count < sum(one.held_count for one in emptied):
        return found
    return tuple(one for one in found if one not in emptied)


def _check_static(contract: Contract, come_count: int, lake: Lake) -> None:
    """Refuse a list that lost most of its rows: it would end the history of all that is missing.

    One that may be left out as a whole, as a table of a timetable, is news when it is.
    """
    if come_count == 0 and contract.source.may_be_empty:
        return
    held_count = 0
    for table in (bronze_key(contract), quarantine_key(contract)):
        if lake.exists(table):
            rows = lake.read(table)
            if "valid_to" in rows.collect_schema().names():
                rows = rows.filter(pl.col("valid_to").is_null())
            held_count += int(rows.select(pl.len()).collect().item())
    if is_shrunk(held_count, come_count):
        raise DeliveryRefused(
            f"{contract.key}: nothing was published: {come_count} rows came, where {held_count} "
            "came before. Ask the publisher for the whole list; if so many are gone for good, "
            "write shrinking: replace in the contract",
            check="drift",
        )


def said(shrunk: Sequence[Shrunk]) -> str:
    """A sentence on windows that were left as they were."""
    each = [
        f"{one.start} ({one.come_count} rows, {one.held_count} before)"
        for one in shrunk[:_MOST_NAMED]
    ]
    more = len(shrunk) - len(each)
    named = ", ".join(each) + (f" and {more} more" if more else "")
    return (
        f"Far fewer rows came than before for {named}: what was published stays. If the publisher "
        "means it, write shrinking: replace in the contract."
    )


def _come(placed: Placed) -> dict[date, int]:
    """How many rows came for each window. Most deliveries are in their order: runs are few."""
    runs = [rows["window_on"].rle().struct.unnest() for rows in (placed.kept, placed.refused)]
    counts = pl.concat(runs).group_by("value").agg(pl.col("len").sum())
    return dict(counts.iter_rows())
