"""Moving rows that pass from quarantine to bronze, so that a kill in between loses none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from infra.lake import Lake
from infra.windows import Window
from quality.committing import (
    quarantined,
    relabel,
    write_whole,
    write_whole_quarantine,
    write_windows,
)
from quality.contract.model import Contract
from quality.tables import bronze_key, quarantine_key

PLACE: Final = ["__payload", "__line"]
_STORED_PLACE: Final = ["payload_index", "row_index"]
# In the notes of a bronze commit: the delivery whose rows a replay released, and their places.
_REPLAYED: Final = "replayed"
_RELEASED: Final = "released"


@dataclass(frozen=True, repr=False)
class Again:
    """Rows once refused, judged again: those that pass and those that still do not.

    `passed` have the window they belong to, `refused` the one in whose quarantine they stood;
    `repeats` are those that pass but whose key another row of their delivery has.
    """

    passed: pl.DataFrame
    repeats: pl.DataFrame
    refused: pl.DataFrame
    sealed_until: date | None


def release(
    contract: Contract,
    delivery: str,
    again: Again,
    *,
    before: pl.DataFrame,
    lake: Lake,
    notes: Mapping[str, str],
    now: datetime,
) -> int:
    """Move the rows that pass from quarantine to bronze; bronze first, so that none is lost.

    Those at the places released `before` are in bronze already, from a replay that was cut off
    before it wrote quarantine: they only leave quarantine. Gives how many rows left it.
    """
    keys = list(contract.primary_key or contract.stored)
    relabel(contract, lake)
    known, released = [again.repeats], [again.passed.clear()]
    unique = again.passed.join(again.repeats, on=PLACE, how="anti")
    for window, passed in _by_window(contract, unique):
        state = _current(contract, window, lake)
        there = passed.join(state.select(keys), on=keys, how="semi", nulls_equal=True)
        released.append(there.join(before, on=PLACE, how="semi"))
        known.append(there.join(before, on=PLACE, how="anti"))
        fresh = passed.join(state.select(keys), on=keys, how="anti", nulls_equal=True)
        if fresh.height:
            after = pl.concat([state, fresh.select(state.columns)])
            said = {**notes, _REPLAYED: delivery, _RELEASED: _as_text(fresh)}
            _write(contract, after, window, lake=lake, notes=said, now=now)
            released.append(fresh)
    answered = pl.concat([rows.select(PLACE) for rows in (*released, again.refused)])
    refused = quarantined(
        contract, again.refused, delivery_id=delivery, sealed_until=again.sealed_until
    )
    quarantine = lake.read(quarantine_key(contract)).collect()
    left_count = 0
    for window, stored in _by_window(contract, quarantine):
        ours = stored.filter(pl.col("delivery_id") == delivery)
        unanswered = ours.join(answered, left_on=_STORED_PLACE, right_on=PLACE, how="anti")
        unanswered = _as_duplicates(contract, unanswered, pl.concat(known))
        still = refused.select(stored.columns)
        if window.start is not None:
            still = still.filter(pl.col("window_on") == window.start)
        others = stored.filter(pl.col("delivery_id") != delivery)
        remaining = pl.concat([others, unanswered, still])
        left_count += stored.height - remaining.height
        if not remaining.sort(_STORED_PLACE).equals(stored.sort(_STORED_PLACE)):
            said = {**notes, _REPLAYED: delivery}
            _write_quarantine(contract, remaining, window, lake=lake, notes=said)
    return left_count


def released_before(contract: Contract, lake: Lake) -> dict[str, pl.DataFrame]:
    """By delivery the places of the rows that replays released since their windows last landed."""
    places: dict[str, list[tuple[int, int]]] = {}
    landed: list[str | None] = []
    table = bronze_key(contract)
    for commit in lake.history(table) if lake.exists(table) else ():
        span = commit.notes.get("windows")
        if _RELEASED in commit.notes:
            if not any(_covers(later, span) for later in landed):
                found = places.setdefault(commit.notes[_REPLAYED], [])
                found += _places(commit.notes[_RELEASED])
        elif "delivery" in commit.notes:
            landed.append(span)
    schema = {"__payload": pl.Int32, "__line": pl.Int64}
    return {
        delivery: pl.DataFrame(found, schema=schema, orient="row").unique()
        for delivery, found in places.items()
    }


def _covers(later: str | None, span: str | None) -> bool:
    """Whether a landing wrote the window of a replay; both None for a static table."""
    if later is None or span is None:
        return True
    (start, _, end), (first, _, _) = later.partition("/"), span.partition("/")
    return start <= first < end


def _as_text(rows: pl.DataFrame) -> str:
    """The places of rows in few words: `0:2-9 0:17` are lines 2 to 9, and 17, of file 0."""
    places = rows.select(PLACE).unique().sort(PLACE)
    runs = (
        places.with_columns(pl.col("__line") - pl.int_range(pl.len()).over("__payload"))
        .rename({"__line": "run"})
        .hstack([places["__line"]])
        .group_by("__payload", "run", maintain_order=True)
        .agg(pl.col("__line").min().alias("first"), pl.col("__line").max().alias("last"))
    )
    return " ".join(
        f"{payload}:{first}-{last}" if last > first else f"{payload}:{first}"
        for payload, _, first, last in runs.iter_rows()
    )


def _places(text: str) -> Iterator[tuple[int, int]]:
    for run in text.split():
        payload, _, lines = run.partition(":")
        first, _, last = lines.partition("-")
        for line in range(int(first), int(last or first) + 1):
            yield int(payload), line


def _by_window(contract: Contract, rows: pl.DataFrame) -> Iterator[tuple[Window, pl.DataFrame]]:
    if contract.is_static:
        yield Window.always(), rows
        return
    for start in rows["window_on"].unique().sort():
        yield Window.of(start, contract.cadence), rows.filter(pl.col("window_on") == start)


def _as_duplicates(contract: Contract, rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Rows that pass now, but whose key bronze holds: they stay, and say so."""
    places = known.select("__payload", "__line").unique()
    passes = pl.struct(_STORED_PLACE).is_in(
        places.select(pl.struct(payload_index="__payload", row_index="__line"))
        .to_series()
        .implode()
    )
    key = ", ".join(contract.primary_key or contract.stored)
    passes &= pl.col("rule") != "duplicate_key"
    return rows.with_columns(
        rule=pl.when(passes).then(pl.lit("duplicate_key")).otherwise("rule"),
        reason=pl.when(passes).then(pl.lit(f"{key}: the table has it already")).otherwise("reason"),
    )


def _current(contract: Contract, window: Window, lake: Lake) -> pl.DataFrame:
    """The bronze rows of a window, or the current rows of a static table."""
    rows = lake.read(bronze_key(contract), window=window)
    if not contract.is_static:
        return rows.collect()
    if "valid_to" in rows.collect_schema().names():
        rows = rows.filter(pl.col("valid_to").is_null())
    return rows.select(list(contract.stored)).collect()


def _write(
    contract: Contract,
    rows: pl.DataFrame,
    window: Window,
    *,
    lake: Lake,
    notes: Mapping[str, str],
    now: datetime,
) -> None:
    """Write bronze; the mark stays that of the delivery the rows came in."""
    notes = {**notes, "rows_kept": str(rows.height)}
    if not contract.is_static:
        write_windows(contract, rows, window, to="bronze", lake=lake, notes=notes, marks={})
        return
    table = bronze_key(contract)
    # They hold from their delivery on: a rebuild from the archive says the same.
    changed_at, mark = lake.instant(table) or now, lake.mark(table) or 0
    write_whole(contract, rows, lake=lake, notes=notes, mark=mark, changed_at=changed_at)


def _write_quarantine(
    contract: Contract,
    rows: pl.DataFrame,
    window: Window,
    *,
    lake: Lake,
    notes: Mapping[str, str],
) -> None:
    notes = {**notes, "rows_refused": str(rows.height)}
    if not contract.is_static:
        write_windows(contract, rows, window, to="quarantine", lake=lake, notes=notes, marks={})
        return
    mark = lake.mark(quarantine_key(contract)) or 0
    write_whole_quarantine(contract, rows, lake=lake, notes=notes, mark=mark)
