"""Computing a declared table: which windows are stale, what they read, and what is committed."""

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.errors import TwinError
from infra.lake import TableSpec
from infra.windows import Window, consecutive
from quality.contract.exports import to_polars_schema
from quality.derived import check_anonymous, check_key
from quality.units import unit_of

_INPUT_NOTE: Final = "input:"
_VALIDITY: Final[dict[str, pl.DataType]] = dict.fromkeys(
    ("valid_from", "valid_to"), pl.Datetime("us", "UTC")
)


@dataclass(frozen=True)
class Derivation:
    """What became of a computation: the windows written and the frame that was written."""

    windows: tuple[date, ...]
    frame: pl.DataFrame
    version: int | None
    is_news: bool


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
        f"{_INPUT_NOTE}{declaration.reads[name]}": str(number) for name, number in versions.items()
    }
    spec = _spec(declaration, schema)
    mark = _method_mark(declaration)
    if declaration.window_by is None:
        return _derive_whole(declaration, twin=twin, versions=versions, spec=spec, notes=notes)
    stale = _stale_windows(declaration, twin=twin, requested=requested, mark=mark)
    if not stale:
        return Derivation((), pl.DataFrame(schema=schema), twin.lake.version(table), is_news=False)
    frame = _compute(declaration, twin=twin, versions=versions, days=stale, schema=schema)
    version = twin.lake.version(table)
    ranges = consecutive(stale, "daily")
    # Only the last commit says which input versions have been seen: were we stopped before it,
    # the next run would find none noted and compute everything again.
    unfinished = {name: text for name, text in notes.items() if not name.startswith(_INPUT_NOTE)}
    for run in ranges:
        inside = pl.col("window_on").is_between(run.start, run.end, closed="left")
        version = twin.lake.replace_windows(
            table,
            frame.filter(inside),
            window=run,
            spec=spec,
            notes=notes if run is ranges[-1] else unfinished,
            marks=dict.fromkeys(run.starts(), mark),
        )
    return Derivation(tuple(stale), frame, version, is_news=True)


def schema_of(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.Schema:
    """The columns a table gives: what its function makes of empty inputs.

    Raises TwinError where that is not what the declaration says it gives.
    """
    empty = {
        name: pl.DataFrame(
            schema=_input_schema(key, declarations, twin)
            | (_VALIDITY if name in declaration.with_history else {})
        )
        for name, key in declaration.reads.items()
    }
    schema = declaration.function(**empty).schema
    if list(schema) != list(declaration.gives):
        raise TwinError(
            f"{declaration.key} declares the columns {', '.join(declaration.gives)} but its "
            f"function gives {', '.join(schema)}; make the two agree"
        )
    for name, dtype in schema.items():
        if dtype.is_numeric() and unit_of(name) is None:
            raise TwinError(f"{declaration.key}: {name} is a number without a unit in its name")
    return schema


def _input_schema(
    key: str, declarations: Mapping[str, Declaration], twin: Twin
) -> dict[str, pl.DataType]:
    if key in declarations:
        return dict(schema_of(declarations[key], declarations, twin))
    contract = twin.contract_of(key)
    if contract is None:
        raise TwinError(f"{key} is read, but there is no contract and no function that gives it")
    schema = dict(to_polars_schema(contract))
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


def _method_mark(declaration: Declaration) -> int:
    """A number that changes with the method: its declared version and the function's own text."""
    text = declaration.method_version + inspect.getsource(inspect.getmodule(declaration.function))  # type: ignore[arg-type] # a function always has a module
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def _stale_windows(
    declaration: Declaration, *, twin: Twin, requested: Window | None, mark: int
) -> list[date]:
    """Days never computed by this method and asked for, and days whose inputs changed since."""
    lake, table = twin.lake, declaration.key
    days = _input_days(declaration, twin, after=None)
    known = lake.marks(table, days) if lake.exists(table) else {}
    stale = {
        day for day in days if known.get(day) != mark and (requested is None or day in requested)
    }
    if known:
        seen = lake.last_notes(table)
        stale |= {day for day in _input_days(declaration, twin, after=seen) if day in known}
    return sorted(stale)


def _input_days(
    declaration: Declaration, twin: Twin, *, after: Mapping[str, str] | None
) -> list[date]:
    """The days on which something happened in the inputs, in all or since the versions noted."""
    days: set[date] = set()
    changed_whole = False
    for key in declaration.reads.values():
        noted = after.get(f"{_INPUT_NOTE}{key}") if after is not None else None
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

    A corrected delivery may have taken a row away from a day: the rows of before count as well.
    """
    starts = list(windows)
    event = _event_day(key, twin)
    found: set[date] = set()
    for version in (None, since) if since is not None else (None,):
        rows = twin.read(key, version=version).filter(pl.col("window_on").is_in(starts))
        found |= {day for day in rows.select(event.unique()).collect()["__day"] if day is not None}
    return {day + timedelta(n) for day in found for n in range(declaration.lookback_days + 1)}


def _event_day(key: str, twin: Twin) -> pl.Expr:
    contract = twin.contract_of(key)
    if contract is None or contract.event_time is None:
        return pl.col("window_on").alias("__day")
    return pl.col(contract.event_time).cast(pl.Date).alias("__day")


def _compute(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    days: list[date],
    schema: pl.Schema,
) -> pl.DataFrame:
    inputs = {
        name: _input(name, versions[name], twin=twin, days=days, declaration=declaration)
        for name in declaration.reads
    }
    frame = declaration.function(**inputs)
    if frame.schema != schema:
        raise TwinError(f"{declaration.key}: the function's columns depend on its data; fix them")
    _check(declaration, frame)
    window = pl.col(declaration.window_by or "").cast(pl.Date).alias("window_on")
    return frame.with_columns(window).filter(pl.col("window_on").is_in(days))


def _input(
    name: str, version: int | None, *, twin: Twin, days: list[date], declaration: Declaration
) -> pl.DataFrame:
    key = declaration.reads[name]
    rows = twin.read(key, version=version)
    columns = rows.collect_schema().names()
    if name in declaration.with_history:
        return rows.collect()
    if "window_on" not in columns:
        current = rows.filter(pl.col("valid_to").is_null()) if "valid_to" in columns else rows
        return current.drop("valid_from", "valid_to", strict=False).collect()
    first = min(days) - timedelta(declaration.lookback_days)
    wanted = {day - timedelta(n) for day in days for n in range(declaration.lookback_days + 1)}
    # A late row stands in a later delivery window than its own day, never in an earlier month.
    rows = rows.filter(pl.col("window_on") >= first.replace(day=1))
    in_days = _event_day(key, twin).is_in(sorted(wanted))
    chosen = _as_said_last(key, rows, in_days, twin)
    return (chosen if twin.contract_of(key) else chosen.drop("window_on")).collect()


def _as_said_last(key: str, rows: pl.LazyFrame, in_days: pl.Expr, twin: Twin) -> pl.LazyFrame:
    """The rows of these days; of those delivered again for a later window, the last form alone."""
    contract = twin.contract_of(key)
    if contract is None or not contract.primary_key or not contract.source.names_windows:
        return rows.filter(in_days)  # whole files: a key stands in one window
    keys = list(contract.primary_key)
    if contract.event_time in keys:
        rows = rows.filter(in_days)  # the same key is of the same day: fewer rows to compare
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
    text = f"{_method_mark(declaration)}{sorted(versions.items())}"
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
    _check(declaration, frame)
    version = twin.lake.replace_all(table, frame, spec=spec, notes=notes, mark=mark)
    return Derivation((), frame, version, is_news=True)


def _check(declaration: Declaration, frame: pl.DataFrame) -> None:
    check_anonymous(declaration.key, frame)
    check_key(declaration.key, frame, declaration.key_columns)
