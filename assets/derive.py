"""Computing a declared table: what its stale windows read, and what is committed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from assets.declaration import Declaration
from assets.method import method_mark
from assets.staleness import INPUT_NOTE, event_day, may_be_said_twice, stale_windows
from assets.twin import Twin
from infra.errors import TwinError
from infra.lake import TableSpec
from infra.windows import Window, consecutive
from quality.contract.exports import to_polars_schema
from quality.derived import check_anonymous, check_key
from quality.units import unit_of


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
        f"{INPUT_NOTE}{declaration.reads[name]}": str(number) for name, number in versions.items()
    }
    spec = _spec(declaration, schema)
    mark = method_mark(declaration)
    if declaration.window_by is None:
        return _derive_whole(declaration, twin=twin, versions=versions, spec=spec, notes=notes)
    stale = stale_windows(declaration, twin=twin, requested=requested, mark=mark)
    if not stale:
        return Derivation((), pl.DataFrame(schema=schema), twin.lake.version(table), is_news=False)
    frame = _compute(declaration, twin=twin, versions=versions, days=stale, schema=schema)
    version = twin.lake.version(table)
    ranges = consecutive(stale, "daily")
    # Only the last commit says which input versions have been seen: were we stopped before it,
    # the next run would find none noted and compute everything again.
    unfinished = {name: text for name, text in notes.items() if not name.startswith(INPUT_NOTE)}
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
        name: pl.DataFrame(schema=_input_schema(key, declarations, twin))
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


def _compute(
    declaration: Declaration,
    *,
    twin: Twin,
    versions: Mapping[str, int | None],
    days: list[date],
    schema: pl.Schema,
) -> pl.DataFrame:
    inputs = {
        name: _input(key, versions[name], twin=twin, days=days, declaration=declaration)
        for name, key in declaration.reads.items()
    }
    frame = declaration.function(**inputs)
    if frame.schema != schema:
        raise TwinError(f"{declaration.key}: the function's columns depend on its data; fix them")
    _check(declaration, frame)
    window = pl.col(declaration.window_by or "").cast(pl.Date).alias("window_on")
    return frame.with_columns(window).filter(pl.col("window_on").is_in(days))


def _input(
    key: str, version: int | None, *, twin: Twin, days: list[date], declaration: Declaration
) -> pl.DataFrame:
    rows = twin.read(key, version=version)
    columns = rows.collect_schema().names()
    if "window_on" not in columns:
        current = rows.filter(pl.col("valid_to").is_null()) if "valid_to" in columns else rows
        return current.drop("valid_from", "valid_to", strict=False).collect()
    first = min(days) - timedelta(declaration.lookback_days)
    wanted = {day - timedelta(n) for day in days for n in range(declaration.lookback_days + 1)}
    # A late row stands in a later delivery window than its own day, never in an earlier month.
    rows = rows.filter(pl.col("window_on") >= first.replace(day=1))
    in_days = event_day(key, twin).is_in(sorted(wanted))
    chosen = _as_said_last(key, rows, in_days, twin)
    return (chosen if twin.contract_of(key) else chosen.drop("window_on")).collect()


def _as_said_last(key: str, rows: pl.LazyFrame, in_days: pl.Expr, twin: Twin) -> pl.LazyFrame:
    """The rows of these days; of those delivered again for a later window, the last form alone."""
    contract = twin.contract_of(key)
    if contract is None or not may_be_said_twice(contract):
        return rows.filter(in_days)
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
    text = f"{method_mark(declaration)}{sorted(versions.items())}"
    mark = int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)
    table = declaration.key
    if twin.lake.exists(table) and twin.lake.mark(table) == mark:
        empty = pl.DataFrame(schema=spec.schema)
        return Derivation((), empty, twin.lake.version(table), is_news=False)
    inputs = {
        name: _input(key, versions[name], twin=twin, days=[date.max], declaration=declaration)
        for name, key in declaration.reads.items()
    }
    frame = declaration.function(**inputs)
    _check(declaration, frame)
    version = twin.lake.replace_all(table, frame, spec=spec, notes=notes, mark=mark)
    return Derivation((), frame, version, is_news=True)


def _check(declaration: Declaration, frame: pl.DataFrame) -> None:
    check_anonymous(declaration.key, frame)
    check_key(declaration.key, frame, declaration.key_columns)
