"""Computing a declared table: what its stale windows read, and what is committed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.measured import check_trust
from assets.method import method_mark
from assets.staleness import (
    INPUT_NOTE,
    UNFINISHED,
    event_day,
    may_be_said_twice,
    seen,
    stale_windows,
)
from assets.twin import Twin, utc_now
from infra.errors import TwinError
from infra.lake import TableSpec
from infra.windows import Window, consecutive, period_start
from quality.contract.exports import to_polars_schema
from quality.derived import check_anonymous, check_key
from quality.differential.budget import Budget
from quality.differential.gate import PassedWithNoise, clear_with_noise, spend
from quality.differential.policy import Noisy
from quality.disclosure.gate import Passed, clear
from quality.units import unit_of

# In the notes of a commit to an open table: what the disclosure gate found, as JSON.
DISCLOSURE: Final = "disclosure"
_DAYS_AT_ONCE: Final = 31
_AHEAD_OF_WINDOW: Final = timedelta(days=2)
_VALIDITY: Final[dict[str, pl.DataType]] = dict.fromkeys(
    ("valid_from", "valid_to"), pl.Datetime("us", "UTC")
)


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
) -> Derivation:
    """Compute the windows of a table whose inputs or method changed, and commit them at once.

    `requested` limits the windows that were never computed; windows touched by a late or corrected
    input row are computed whichever were requested. Nothing changed: nothing is written.
    """
    table = declaration.key
    schema = schema_of(declaration, declarations, twin)
    versions = {name: twin.lake.version(key) for name, key in declaration.reads.items()}
    missing = [declaration.reads[name] for name, number in versions.items() if number is None]
    if missing:
        raise TwinError(f"{table} reads {missing[0]}, which does not exist yet; run that first")
    notes = {**notes, "method": declaration.method_version} | {
        f"{INPUT_NOTE}{declaration.reads[name]}": str(number) for name, number in versions.items()
    }
    spec = _spec(declaration, schema)
    mark = method_mark(declaration)
    if declaration.window_by is None:
        return _derive_whole(declaration, twin=twin, versions=versions, spec=spec, notes=notes)
    stale = stale_windows(declaration, twin=twin, requested=requested, mark=mark)
    frame = pl.DataFrame(schema=schema)
    if not stale and not twin.lake.exists(table):
        # What reads it shall find it empty, rather than not at all.
        day = Window.of(declaration.since, "daily")
        empty = pl.DataFrame(schema=_units_schema(declaration, declarations, twin))
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
    units = _units_schema(declaration, declarations, twin)
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


def _parts(window: Window) -> list[Window]:
    """A range of days as ranges of a month at most: so much is in memory at once."""
    days = list(window.starts())
    cuts = range(0, len(days), _DAYS_AT_ONCE)
    return [Window.between(days[at], days[at : at + _DAYS_AT_ONCE][-1], "daily") for at in cuts]


def schema_of(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.Schema:
    """The columns a table gives: what its function makes of empty inputs, or its release of that.

    Raises TwinError where that is not what the declaration says it gives.
    """
    schema = _units_schema(declaration, declarations, twin)
    if declaration.release is not None:
        declaration.release.check(declaration.key, list(schema))
        schema = declaration.release.schema(schema)
    if list(schema) != list(declaration.gives):
        raise TwinError(
            f"{declaration.key} declares the columns {', '.join(declaration.gives)} but its "
            f"function gives {', '.join(schema)}; make the two agree"
        )
    for name, dtype in schema.items():
        if dtype.is_numeric() and unit_of(name) is None:
            raise TwinError(f"{declaration.key}: {name} is a number without a unit in its name")
    return schema


def _units_schema(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.Schema:
    """The columns that a table's function makes of empty inputs."""
    empty = {
        name: pl.DataFrame(
            schema=_input_schema(key, declarations, twin)
            | (_VALIDITY if name in declaration.with_history else {})
        )
        for name, key in declaration.reads.items()
    }
    try:
        return declaration.function(**empty).schema
    except pl.exceptions.ColumnNotFoundError:
        texts = [
            f"{key}: {name}" for key in declaration.reads.values() for name in twin.free_texts(key)
        ]
        if not texts:
            raise
        raise TwinError(
            f"{declaration.key} asks for a column that is not there. Free text is restricted and "
            f"no computed table may read it ({', '.join(texts)}); leave it out"
        ) from None


def _input_schema(
    key: str, declarations: Mapping[str, Declaration], twin: Twin
) -> dict[str, pl.DataType]:
    if key in declarations:
        return dict(schema_of(declarations[key], declarations, twin))
    contract = twin.contract_of(key)
    if contract is None:
        raise TwinError(f"{key} is read, but there is no contract and no function that gives it")
    texts = twin.free_texts(key)
    schema = {
        name: dtype for name, dtype in to_polars_schema(contract).items() if name not in texts
    }
    # A silver function needs to know which delivery said it last.
    return schema if contract.is_static else {**schema, "window_on": pl.Date()}


def _spec(declaration: Declaration, schema: pl.Schema) -> TableSpec:
    return TableSpec(
        schema=schema,
        labels={},
        descriptions={name: column.description for name, column in declaration.gives.items()},
        statistics=tuple(schema),
        description=declaration.title,
    )


def _compute(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    days: list[date],
    schema: pl.Schema,
) -> _Made:
    inputs = {
        name: _input(name, versions[name], twin=twin, days=days, declaration=declaration)
        for name in declaration.reads
    }
    frame = declaration.function(**inputs)
    if frame.schema != schema:
        raise TwinError(f"{declaration.key}: the function's columns depend on its data; fix them")
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


def _input(
    name: str, version: int | None, *, twin: Twin, days: list[date], declaration: Declaration
) -> pl.DataFrame:
    key = declaration.reads[name]
    rows = twin.read(key, version=version).drop(twin.free_texts(key), strict=False)
    columns = rows.collect_schema().names()
    if name in declaration.with_history:
        return rows.collect()
    if "window_on" not in columns:
        current = rows.filter(pl.col("valid_to").is_null()) if "valid_to" in columns else rows
        return current.drop("valid_from", "valid_to", strict=False).collect()
    wanted = {day - timedelta(n) for day in days for n in range(declaration.lookback_days + 1)}
    # A late row stands in a later delivery window than its own day. An earlier one ends a day
    # before it at most (see `event_time_out_of_range`).
    contract = twin.contract_of(key)
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


def _derive_whole(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    spec: TableSpec,
    notes: Mapping[str, str],
) -> Derivation:
    text = f"{method_mark(declaration)}{sorted(versions.items())}"
    mark = int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)
    table = declaration.key
    if twin.lake.exists(table) and twin.lake.mark(table) == mark:
        empty = pl.DataFrame(schema=spec.schema)
        return Derivation((), empty, twin.lake.version(table), is_news=False)
    inputs = {
        name: _input(name, versions[name], twin=twin, days=[date.max], declaration=declaration)
        for name in declaration.reads
    }
    frame = declaration.function(**inputs)
    if declaration.release is None:
        _check(declaration, frame)
    made = _made(declaration, frame, [])
    rows = made.passed.rows if made.passed else frame
    version = twin.lake.replace_all(
        table, rows, spec=spec, notes={**notes, **made.notes}, mark=mark
    )
    return Derivation((), made.frame, version, is_news=True, rows_count=made.frame.height)


def _check(declaration: Declaration, frame: pl.DataFrame) -> None:
    check_anonymous(declaration.key, frame)
    if declaration.key_columns:
        check_key(declaration.key, frame, declaration.key_columns)
    if declaration.measured is not None:
        check_trust(declaration.key, frame, declaration.measured)
