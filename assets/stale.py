"""Which days of a computed table are stale: never computed, or made of what has changed since."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.windows import Window

# In the notes of a table's commits: the version of each input that has been seen.
INPUT_NOTE: Final = "input:"
# Left by every commit of a computation but the last, with the versions it read.
UNFINISHED: Final = "unfinished"


def stale_windows(
    declaration: Declaration, *, twin: Twin, requested: Window | None, mark: int
) -> list[date]:
    """Days never computed by this method and asked for, and days whose inputs changed since.

    Days that changed are stale whichever were asked for: a late row belongs to one of them.
    """
    lake, table = twin.lake, declaration.key
    days = _input_days(declaration, twin, after=None)
    is_there = lake.exists(table)
    known = lake.marks(table, days) if is_there else {}
    stale = {
        day for day in days if known.get(day) != mark and (requested is None or day in requested)
    }
    if is_there:
        seen = lake.last_notes(table)
        changed = set(_input_days(declaration, twin, after=seen))
        if UNFINISHED in seen:
            changed = _not_done(declaration, twin, changed)
        # A day may have lost its last row, and be none of the inputs' days any more.
        stale |= set(lake.marks(table, changed - stale))
        if seen_inputs(seen):
            stale |= changed & set(days)
    return sorted(stale)


def _not_done(declaration: Declaration, twin: Twin, changed: set[date]) -> set[date]:
    """Of the days that changed, those that the run which was stopped did not compute anew."""
    for commit in twin.lake.history(declaration.key):
        if UNFINISHED not in commit.notes:
            break
        versions = json.loads(commit.notes[UNFINISHED])
        used = {
            f"{INPUT_NOTE}{key}": str(versions[name]) for name, key in declaration.reads.items()
        }
        start, _, end = commit.notes["windows"].partition("/")
        done = Window("daily", date.fromisoformat(start), date.fromisoformat(end))
        since = set(_input_days(declaration, twin, after=used))
        changed = {day for day in changed if day not in done or day in since}
    return changed


def _input_days(
    declaration: Declaration, twin: Twin, *, after: Mapping[str, str] | None
) -> list[date]:
    """The days on which something happened in the inputs, in all or since the versions noted."""
    days: set[date] = set()
    changed_whole = False
    for key in declaration.reads.values():
        noted = after.get(f"{INPUT_NOTE}{key}") if after is not None else None
        since = int(noted) if noted is not None else None
        current = twin.lake.version(key) or 0
        if since == current:
            continue
        if since is not None and since > current:
            since = None  # the input was deleted and rebuilt: nothing of it has been seen
        windows = twin.lake.changed_windows(key, after_version=since)
        if windows is None:
            changed_whole = changed_whole or after is not None
        else:
            days |= _event_days(key, windows, declaration, twin, since)
    if changed_whole:
        days |= set(_input_days(declaration, twin, after=None))
    return sorted(day for day in days if day >= declaration.since)


def _event_days(
    key: str, windows: Iterable[date], declaration: Declaration, twin: Twin, since: int | None
) -> set[date]:
    """The days of a table's events in these windows, and those that look back on them.

    A corrected delivery may have taken a row away from a day, or moved it to another: the rows of
    before count as well, and so do other forms of the same rows in other windows.
    """
    written = pl.col("window_on").is_in(list(windows))
    event = event_day(key, twin)
    tables = [twin.read(key, version=version) for version in dict.fromkeys((None, since))]
    keys = _movable_keys(key, twin)
    if keys and since is not None:
        moved = pl.concat([rows.filter(written).select(keys) for rows in tables]).unique()
        touched = [rows.join(moved, on=keys, how="semi") for rows in tables]
    else:
        touched = [rows.filter(written) for rows in tables]
    found: set[date] = set()
    for rows in touched:
        found |= {day for day in rows.select(event.unique()).collect()["__day"] if day is not None}
    return {day + timedelta(n) for day in found for n in range(declaration.lookback_days + 1)}


def _movable_keys(key: str, twin: Twin) -> list[str]:
    """The primary key of a table whose rows may come again in another window, on another day."""
    contract = twin.contract_of(key)
    if contract is None or not contract.source.names_windows:
        return []
    return [] if contract.event_time in contract.primary_key else list(contract.primary_key)


def event_day(key: str, twin: Twin) -> pl.Expr:
    """The UTC day of a row's event, as `__day`; of a table without events, its window."""
    contract = twin.contract_of(key)
    if contract is None or contract.event_time is None:
        return pl.col("window_on").alias("__day")
    return pl.col(contract.event_time).cast(pl.Date).alias("__day")


def seen_inputs(notes: Mapping[str, str]) -> dict[str, str]:
    """The input versions that a commit's notes say have been seen."""
    return {name: text for name, text in notes.items() if name.startswith(INPUT_NOTE)}
