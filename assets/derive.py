"""Computing a declared table: what its stale windows read, and what is committed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from assets.columns import schema_of, table_spec, units_schema
from assets.declaration import Declaration
from assets.inputs import input_of
from assets.measured import check_trust
from assets.method import method_mark
from assets.staleness import INPUT_NOTE, UNFINISHED, seen, stale_windows
from assets.twin import Twin, utc_now
from infra.errors import TwinError
from infra.lake import TableSpec
from infra.windows import Window, consecutive
from quality.derived import check_anonymous, check_key
from quality.differential.budget import Budget
from quality.differential.gate import PassedWithNoise, clear_with_noise, spend
from quality.differential.policy import Noisy
from quality.disclosure.gate import Passed, clear

# In the notes of a commit to an open table: what the disclosure gate found, as JSON.
DISCLOSURE: Final = "disclosure"
_DAYS_AT_ONCE: Final = 31


@dataclass(frozen=True)
class Derivation:
    """What became of a computation: the windows written, and what was written last."""

    windows: tuple[date, ...]
    frame: pl.DataFrame
    version: int | None
    is_news: bool
    rows_count: int = 0


@dataclass(frozen=True)
class _Made:
    """Rows as they are written; of an open table, those that the disclosure gate let pass."""

    frame: pl.DataFrame
    passed: Passed | PassedWithNoise | None = None

    @property
    def notes(self) -> dict[str, str]:
        """What the commit says of the gate's verdict."""
        return {} if self.passed is None else {DISCLOSURE: self.passed.verdict.as_text}


def derive(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    *,
    twin: Twin,
    requested: Window | None,
    notes: Mapping[str, str],
    schema: pl.Schema | None = None,
) -> Derivation:
    """Compute the windows of a table whose inputs or method changed, and commit them at once.

    `requested` limits the windows that were never computed; windows touched by a late or corrected
    input row are computed whichever were requested. Nothing changed: nothing is written. `schema`
    spares whoever knows the table's columns having them told again.
    """
    table = declaration.key
    if schema is None:
        schema = schema_of(declaration, declarations, twin)
    versions = {name: twin.lake.version(key) for name, key in declaration.reads.items()}
    missing = [declaration.reads[name] for name, number in versions.items() if number is None]
    if missing:
        raise TwinError(f"{table} reads {missing[0]}, which does not exist yet; run that first")
    notes = {**notes, "method": declaration.method_version} | {
        f"{INPUT_NOTE}{declaration.reads[name]}": str(number) for name, number in versions.items()
    }
    spec = table_spec(declaration, schema)
    mark = method_mark(declaration)
    if declaration.window_by is None:
        return _derive_whole(
            declaration, declarations, twin=twin, versions=versions, spec=spec, notes=notes,
            method=mark, schema=schema,
        )  # fmt: skip
    stale = stale_windows(declaration, twin=twin, requested=requested, mark=mark)
    frame = pl.DataFrame(schema=schema)
    if not stale and not twin.lake.exists(table):
        # What reads it shall find it empty, rather than not at all.
        day = Window.of(declaration.since, "daily")
        empty = pl.DataFrame(schema=_units(declaration, declarations, twin, schema))
        made = _made(declaration, empty, [])
        rows, said = made.passed.rows if made.passed else made.frame, {**notes, **made.notes}
        twin.lake.replace_windows(table, rows, window=day, spec=spec, notes=said, marks={})
    if not stale:
        return Derivation((), frame, twin.lake.version(table), is_news=False)
    # Until the last commit, what was seen before is what has been seen: a run that is stopped is
    # gone on with, and takes nothing for done that it did not do.
    before = seen(twin.lake.last_notes(table)) if twin.lake.exists(table) else {}
    others = {name: text for name, text in notes.items() if not name.startswith(INPUT_NOTE)}
    unfinished = {**others, **before, UNFINISHED: json.dumps(versions)}
    ranges = [part for run in consecutive(stale, "daily") for part in _parts(run)]
    units = _units(declaration, declarations, twin, schema)
    rows_count, version = 0, None
    for run in ranges:
        days = list(run.starts())
        if isinstance(declaration.release, Noisy):
            budget, now = Budget(twin.lake), utc_now()
            spend(table, days, declaration.release, budget=budget, run_id=notes["run"], at=now)
        made = _compute(declaration, twin=twin, versions=versions, days=days, schema=units)
        frame = made.frame
        rows_count += frame.height
        version = twin.lake.replace_windows(
            table,
            made.passed.rows if made.passed else frame,
            window=run,
            spec=spec,
            notes=(notes if run is ranges[-1] else unfinished) | made.notes,
            marks=dict.fromkeys(days, mark),
        )
    return Derivation(tuple(stale), frame, version, is_news=True, rows_count=rows_count)


def _units(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    schema: pl.Schema,
) -> pl.Schema:
    """The columns that the function gives: the table's own, but of an open table."""
    is_open = declaration.release is not None
    return units_schema(declaration, declarations, twin) if is_open else schema


def _parts(window: Window) -> list[Window]:
    """A range of days as ranges of a month at most: so much is in memory at once."""
    days = list(window.starts())
    cuts = range(0, len(days), _DAYS_AT_ONCE)
    return [Window.between(days[at], days[at : at + _DAYS_AT_ONCE][-1], "daily") for at in cuts]


def _compute(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    days: list[date],
    schema: pl.Schema,
) -> _Made:
    frame = _function_of(declaration, twin=twin, versions=versions, days=days, schema=schema)
    if declaration.release is None:
        _check(declaration, frame)
    window = pl.col(declaration.window_by or "").cast(pl.Date)
    return _made(declaration, frame.filter(window.is_in(days)), days)


def _made(declaration: Declaration, frame: pl.DataFrame, days: list[date]) -> _Made:
    """Rows of windows, or of a whole table, as they are written: of an open table, what may be."""
    window = declaration.window_by
    if declaration.release is None:
        as_day = pl.col(window or "").cast(pl.Date).alias("window_on")
        return _Made(frame if window is None else frame.with_columns(as_day))
    passed: Passed | PassedWithNoise
    if isinstance(declaration.release, Noisy):
        passed = clear_with_noise(declaration.key, frame, declaration.release, days)
    else:
        passed = clear(declaration.key, frame, declaration.release)
    _check(declaration, passed.rows.frame)
    passed = passed if window is None else passed.by_window(window)
    return _Made(passed.rows.frame, passed)


def rows_from(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    *,
    twin: Twin,
    versions: Mapping[str, int],
    day: date | None,
) -> pl.DataFrame:
    """What a table's function makes of these versions of its inputs (by table), for a day of it.

    Nothing is written. Raises TwinError where a version is not there any more.
    """
    return _function_of(
        declaration,
        twin=twin,
        versions={name: versions[key] for name, key in declaration.reads.items()},
        days=None if day is None else [day],
        schema=units_schema(declaration, declarations, twin),
    )


def _function_of(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    days: list[date] | None,
    schema: pl.Schema,
) -> pl.DataFrame:
    """What the function makes of these versions of its inputs, for some days or as a whole."""
    inputs = {
        name: input_of(name, versions[name], twin=twin, days=days, declaration=declaration)
        for name in declaration.reads
    }
    issued = {"issued_on": days} if declaration.issued_from and days is not None else {}
    frame = declaration.function(**inputs, **issued)
    if frame.schema != schema:
        raise TwinError(f"{declaration.key}: the function's columns depend on its data; fix them")
    return frame


def _derive_whole(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    spec: TableSpec,
    notes: Mapping[str, str],
    method: int,
    schema: pl.Schema,
) -> Derivation:
    mark = _mark_of(method, versions)
    table = declaration.key
    if twin.lake.exists(table) and twin.lake.mark(table) == mark:
        empty = pl.DataFrame(schema=spec.schema)
        return Derivation((), empty, twin.lake.version(table), is_news=False)
    units = _units(declaration, declarations, twin, schema)
    frame = _function_of(declaration, twin=twin, versions=versions, days=None, schema=units)
    if declaration.release is None:
        _check(declaration, frame)
    made = _made(declaration, frame, [])
    rows = made.passed.rows if made.passed else frame
    version = twin.lake.replace_all(
        table, rows, spec=spec, notes={**notes, **made.notes}, mark=mark
    )
    return Derivation((), made.frame, version, is_news=True, rows_count=made.frame.height)


def _mark_of(method: int, versions: Mapping[str, int | None]) -> int:
    """What a table without windows is marked with: its method, and the versions it was made of."""
    text = f"{method}{sorted(versions.items())}"
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def is_as_read(declaration: Declaration, versions: Mapping[str, int], twin: Twin) -> bool:
    """Whether a table without windows is what its function makes of these versions, by table."""
    own = {name: versions.get(table) for name, table in declaration.reads.items()}
    return twin.lake.mark(declaration.key) == _mark_of(method_mark(declaration), own)


def _check(declaration: Declaration, frame: pl.DataFrame) -> None:
    check_anonymous(declaration.key, frame)
    if declaration.key_columns:
        check_key(declaration.key, frame, declaration.key_columns)
    if declaration.measured is not None:
        check_trust(declaration.key, frame, declaration.measured)
