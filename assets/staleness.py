"""Which windows of a computed table are stale: never computed so, or their inputs changed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.windows import Window
from quality.contract.model import Contract

# In the notes of a commit: the version of an input that has been seen.
INPUT_NOTE: Final = "input:"
# Left by every commit of a computation but the last, with the versions it read.
UNFINISHED: Final = "unfinished"


def stale_windows(
    declaration: Declaration, *, twin: Twin, requested: Window | None, mark: int
) -> list[date]:
    """Days never computed by this method and asked for, and days whose inputs changed since.

    Between the first and the last day of the table, those that changed are stale whichever were
    asked for: a late row belongs to one of them. A day that was computed, and of which an input's
    rows have ended their term since, stands as it is: whatever changed, it cannot be computed anew.
    """
    if declaration.issued_from:
        return _not_issued(declaration, twin=twin, requested=requested, mark=mark)
    lake, table = twin.lake, declaration.key
    days = _input_days(declaration, twin, after=None)
    is_there = lake.exists(table)
    known = lake.marks(table, days) if is_there else {}
    stale = {
        day for day in days if known.get(day) != mark and (requested is None or day in requested)
    }
    computed = set(known)
    if is_there:
        notes = lake.last_notes(table)
        changed = set(_input_days(declaration, twin, after=notes))
        if UNFINISHED in notes:
            changed = _not_done(declaration, twin, changed)
        # A day may have lost its last row, and be none of the inputs' days any more.
        gone = lake.marks(table, changed - stale)
        stale |= set(gone)
        computed |= set(gone)
        if seen(notes) and known:
            first, last = min(known), max(known)
            stale |= {day for day in changed & set(days) if first <= day <= last}
    ended = (first for _, first in _ended(declaration, twin))
    begins = max(ended, default=date.min)
    return sorted(day for day in stale if day >= begins or day not in computed)


def ended_input(declaration: Declaration, day: date, twin: Twin) -> str | None:
    """The first input of which rows that a day of a table is made of have ended their term."""
    return next((key for key, first in _ended(declaration, twin) if day < first), None)


def _ended(declaration: Declaration, twin: Twin) -> Iterator[tuple[str, date]]:
    """Inputs with windows that have ended, each with the first day that reads none of them."""
    for name, key in declaration.reads.items():
        before = twin.lake.ended_before(key)
        if before is not None:
            yield key, before + timedelta(declaration.lookback_of(name))


def _not_issued(
    declaration: Declaration, *, twin: Twin, requested: Window | None, mark: int
) -> list[date]:
    """Days with data from whose end nothing was said yet, and the newest while it may go on.

    What was issued stands: rows that come late, or another method, change only what is said from
    the end of the newest day.
    """
    lake, table = twin.lake, declaration.key
    name, _, column = declaration.issued_from.partition(".")
    rows = twin.read(declaration.reads[name]).select(pl.col(column).cast(pl.Date).unique())
    days = sorted(day for day in rows.collect()[column].drop_nulls() if day >= declaration.since)
    known = lake.marks(table, days) if lake.exists(table) else {}
    found = [day for day in days if day not in known and (requested is None or day in requested)]
    if days and days[-1] in known:
        noted = seen(lake.last_notes(table))
        now = {f"{INPUT_NOTE}{key}": str(lake.version(key)) for key in declaration.reads.values()}
        if noted != now or known[days[-1]] != mark:
            found.append(days[-1])
    return found


def seen(notes: Mapping[str, str]) -> dict[str, str]:
    """The input versions that a commit's notes say have been seen."""
    return {name: text for name, text in notes.items() if name.startswith(INPUT_NOTE)}


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
    for name, key in declaration.reads.items():
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
            days |= _event_days(key, windows, declaration.lookback_of(name), twin, since)
    if changed_whole:
        days |= set(_input_days(declaration, twin, after=None))
    return sorted(day for day in days if day >= declaration.since)


def _event_days(
    key: str, windows: Iterable[date], lookback_days: int, twin: Twin, since: int | None
) -> set[date]:
    """The days of a table's events in these windows, and those that look back on them.

    A corrected delivery may have taken a row away from a day: the rows of before count as well, and
    so do those of other deliveries that spoke of the same rows, perhaps on another day.
    """
    starts = list(windows)
    event = event_day(key, twin)
    in_windows = pl.col("window_on").is_in(starts)
    frames = [twin.read(key).filter(in_windows)]
    if since is not None:
        frames.append(twin.read(key, version=since).filter(in_windows))
        frames += _said_elsewhere(key, frames, ~in_windows, twin)
    found = {day for rows in frames for day in rows.select(event.unique()).collect()["__day"]}
    return {
        day + timedelta(n) for day in found if day is not None for n in range(lookback_days + 1)
    }


def _said_elsewhere(
    key: str, changed: list[pl.LazyFrame], in_others: pl.Expr, twin: Twin
) -> list[pl.LazyFrame]:
    """What other deliveries say of the rows that changed, where the same row may be of two days."""
    contract = twin.contract_of(key)
    if contract is None or not may_be_said_twice(contract):
        return []
    keys = list(contract.primary_key)
    if contract.event_time in keys:
        return []
    identities = pl.concat([rows.select(keys) for rows in changed]).unique()
    return [twin.read(key).filter(in_others).join(identities, on=keys, how="semi")]


def may_be_said_twice(contract: Contract) -> bool:
    """Whether one row may stand in several windows: of whole files a key stands in one."""
    return bool(contract.primary_key) and contract.source.names_windows


def event_day(key: str, twin: Twin) -> pl.Expr:
    """The day of a row's event in a table, as `__day`; of tables without one, of its window."""
    contract = twin.contract_of(key)
    if contract is None or contract.event_time is None:
        return pl.col("window_on").alias("__day")
    return pl.col(contract.event_time).cast(pl.Date).alias("__day")
