"""Where a published number comes from: its formula, its inputs, and the same number once more."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.derive import rows_from
from assets.lineage import Descent, descents_of
from assets.method import method_mark
from assets.staleness import INPUT_NOTE, UNFINISHED, ended_input, seen
from assets.twin import Twin
from assets.validity import VALIDITY
from infra.errors import TwinError, UsageError
from infra.lake import Commit

_CODE: Final = ("code", "method", "run")


@dataclass(frozen=True)
class Input:
    """A table that was read: the version then and now, and who says what is in it.

    `mark` is the contract's hash of what publishers send (`contract` is its name), the method's
    version of what is computed.
    """

    table: str
    version: int
    newest: int
    mark: str
    contract: str = ""

    @property
    def made_by(self) -> str:
        """The contract or the method, in words."""
        if self.contract:
            return f"contract {self.contract} {self.mark}"
        return f"method {self.mark} of {self.table}"


@dataclass(frozen=True)
class Making:
    """How rows of a computed table came about: the commit that wrote them, and all it read."""

    table: str
    version: int
    at: datetime
    notes: Mapping[str, str]
    method: int
    inputs: tuple[Input, ...]
    ways: tuple[Descent, ...]


@dataclass(frozen=True)
class Explanation(Making):
    """A row of a computed table, and all that it was made of.

    `is_same` says whether the row computed again from the same versions is the same, bit by bit;
    None where it could not be computed, and `why_not` says why.
    """

    row: Mapping[str, object]
    is_same: bool | None
    why_not: str


def explain(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    key: Mapping[str, str],
    twin: Twin,
) -> Explanation:
    """Find the row of a key, the commit that wrote it and the versions it read; compute it again.

    `key` has a text for each key column but `valid_from`: of a thing with history the row that
    holds now is explained. Raises UsageError where there is no such row.
    """
    row = _row(declaration, key, twin)
    day = None
    if declaration.window_by is not None:
        day = row.select(pl.col(declaration.window_by).cast(pl.Date)).item()
    made = making(declaration, declarations, twin, day=day)
    versions = {one.table: one.version for one in made.inputs}
    is_same, why_not = _again(declaration, declarations, row, day=day, versions=versions, twin=twin)
    return Explanation(**vars(made), row=row.row(0, named=True), is_same=is_same, why_not=why_not)


def making(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    *,
    day: date | None,
) -> Making:
    """How the rows of a day came about, or those of a table without windows."""
    table = declaration.key
    commit = _written_by(table, day, twin)
    versions = _versions(declaration, commit.notes)
    columns = declaration.measured.values if declaration.measured else declaration.gives
    return Making(
        table=table,
        version=commit.version,
        at=commit.at,
        notes={name: commit.notes[name] for name in _CODE if name in commit.notes},
        method=method_mark(declaration),
        inputs=tuple(
            _input(name, version, declarations, twin) for name, version in versions.items()
        ),
        ways=tuple(
            way for column in columns for way in descents_of(table, column, declarations, twin)
        ),
    )


def _row(declaration: Declaration, key: Mapping[str, str], twin: Twin) -> pl.DataFrame:
    # Of rows with history the current one is explained.
    table = declaration.key
    columns = [name for name in declaration.key_columns if name not in VALIDITY]
    if set(key) != set(columns):
        raise UsageError(f"{table}: give --key {' --key '.join(f'{name}=…' for name in columns)}")
    if not twin.lake.exists(table):
        raise UsageError(f"{table} has not been computed yet; type `gemello run` first")
    rows = twin.read(table)
    if "valid_to" in rows.collect_schema().names():
        rows = rows.filter(pl.col("valid_to").is_null())
    schema = rows.collect_schema()
    texts = {name: _as_text(name, schema[name]) for name in columns}
    found = rows.filter(pl.all_horizontal(texts[name] == key[name] for name in columns)).collect()
    if found.height != 1:
        examples = rows.select(text.first().alias(name) for name, text in texts.items())
        first = ", ".join(
            f"{name}={value}" for name, value in examples.collect().row(0, named=True).items()
        )
        raise UsageError(f"{table} has no such row; its keys are written such as {first}")
    return found.drop("window_on", strict=False)


def _as_text(column: str, dtype: pl.DataType) -> pl.Expr:
    """A key as people type it: days as 2025-03-24, instants as 2025-03-24T08:00:00Z."""
    if isinstance(dtype, pl.Datetime):
        return pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.col(column).cast(pl.String)


def _written_by(table: str, day: date | None, twin: Twin) -> Commit:
    """The newest commit that wrote the window of the row."""
    for commit in twin.lake.history(table):
        windows = commit.notes.get("windows", "")
        if not any(name.startswith(INPUT_NOTE) for name in commit.notes) and (
            UNFINISHED not in commit.notes
        ):
            continue
        if day is None or windows in ("", "static"):
            return commit
        first, _, end = windows.partition("/")
        if date.fromisoformat(first) <= day < date.fromisoformat(end):
            return commit
    raise TwinError(f"{table}: no commit says which versions this row was computed from")


def _versions(declaration: Declaration, notes: Mapping[str, str]) -> dict[str, int]:
    """The version of each input that was read, by table."""
    if UNFINISHED in notes:
        read = json.loads(notes[UNFINISHED])
        return {table: int(read[name]) for name, table in declaration.reads.items() if name in read}
    # Those that were read then: the method may read other tables by now. Notes come in any order.
    noted = {name.removeprefix(INPUT_NOTE): int(text) for name, text in seen(notes).items()}
    order = [*declaration.reads.values(), *sorted(noted)]
    return {table: noted[table] for table in dict.fromkeys(order) if table in noted}


def _again(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    row: pl.DataFrame,
    *,
    day: date | None,
    versions: Mapping[str, int],
    twin: Twin,
) -> tuple[bool | None, str]:
    """Whether the row comes out the same from the pinned versions, or why that cannot be said."""
    if declaration.release is not None:
        return None, "an open table is what the disclosure gate made of such rows"
    if day is not None and (ended := ended_input(declaration, day, twin)):
        return None, (
            f"rows of {ended} that it was made of have had their time (retention) and are gone: "
            "the number stands, and nobody can compute it again"
        )
    if set(versions) != set(declaration.reads.values()):
        return None, "its method has changed since, and reads other tables: run it once more"
    if declaration.issued_from and day is not None:
        issued_by = twin.lake.marks(declaration.key, [day]).get(day)
        if issued_by != method_mark(declaration):
            return None, "an earlier method issued it, and what was issued stands"
    try:
        rows = rows_from(declaration, declarations, twin=twin, versions=versions, day=day)
    except TwinError:
        return None, _gone(versions, twin)
    same = rows.join(row.select(declaration.key_columns), on=declaration.key_columns, how="semi")
    return same.select(row.columns).equals(row, null_equal=True), ""


def _gone(versions: Mapping[str, int], twin: Twin) -> str:
    """Why older versions cannot be read any more."""
    for table in versions:
        if any("erasure" in commit.notes for commit in twin.lake.history(table)):
            return (
                f"rows of {table} were erased since, and with them the versions that held them: "
                "the number stands, and nobody can compute it again"
            )
    return "the versions it was computed from have had their time (retention) and are gone"


def _input(table: str, version: int, declarations: Mapping[str, Declaration], twin: Twin) -> Input:
    contract = twin.contract_of(table)
    newest = twin.lake.version(table) or 0
    if contract is not None:
        return Input(table, version, newest, contract.version, contract.key)
    mark = declarations[table].method_version if table in declarations else "?"
    return Input(table, version, newest, mark)
