"""A series that shrinks: windows of which the publisher gives far fewer rows than it gave before.

Portals drop old years, and servers answer with half a list. What was published of such a window
stays, unless its contract says `shrinking: replace`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from infra.errors import DeliveryRefused
from infra.lake import Lake
from quality.contract.model import Contract
from quality.tables import bronze_key, quarantine_key

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


def shrunk_windows(
    contract: Contract, starts: Sequence[date], come: Mapping[date, int], lake: Lake
) -> tuple[Shrunk, ...]:
    """Those of these windows that shrank; none where the contract lets them."""
    if contract.shrinking == "replace":
        return ()
    held = _held(contract, starts, lake)
    return tuple(
        Shrunk(start, held[start], come.get(start, 0))
        for start in sorted(held)
        if is_shrunk(held[start], come.get(start, 0))
    )


def check_static(contract: Contract, come_count: int, lake: Lake) -> None:
    """Refuse a list that lost most of its rows: it would end the history of all that is missing."""
    if contract.shrinking == "replace":
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


def _held(contract: Contract, starts: Sequence[date], lake: Lake) -> dict[date, int]:
    held: dict[date, int] = {}
    for table in (bronze_key(contract), quarantine_key(contract)):
        if lake.exists(table):
            rows = lake.read(table).filter(pl.col("window_on").is_in(list(starts)))
            for start, count in rows.group_by("window_on").len().collect().iter_rows():
                held[start] = held.get(start, 0) + count
    return held
