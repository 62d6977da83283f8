"""Commits: one table, one attempt, everything or nothing. `faults.commit` repeats attempts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from infra.errors import TwinError
from infra.lake.fields import (
    OWN,
    VALID_FROM,
    WINDOW,
    TableSpec,
    cipher_mark,
    completed,
    declared_fields,
    evolved,
    with_fields,
    writer_properties,
)
from infra.lake.files import WindowFiles, present_in
from infra.lake.history import LOG_PROPERTIES, Stamp
from infra.lake.places import Place
from infra.lake.reading import NO_MARK, mark_of, marks_of, opened, refuse_closed
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema


class Landing:
    """Tells a repeated attempt whether its delivery has landed meanwhile.

    Another process may have committed the very same one, or we ourselves, in a commit whose answer
    was lost. A first attempt never finds it landed: a delivery may be written again on purpose.
    """

    def __init__(self, marks: Mapping[str, int]) -> None:
        self._marks = marks
        self._at_first: DeltaTable | None = None

    def is_done(self, table: "DeltaTable") -> bool:
        """Whether the table has all marks now and had not at the first attempt."""
        if self._at_first is None:
            # Reading a mark costs 5 ms in a bucket: most writes need one attempt, and read none.
            self._at_first = table
            return False
        return self._is_known(table) and not self._is_known(self._at_first)

    def _is_known(self, table: "DeltaTable") -> bool:
        marks = self._marks
        return bool(marks) and all(
            table.transaction_version(name) == mark for name, mark in marks.items()
        )


def opened_or_created(place: Place, key: str, spec: TableSpec, schema: pl.Schema) -> "DeltaTable":
    """The table, created empty if there is none, with the properties of the spec.

    Raises TwinError if it is there as another kind: with windows, with history or with neither.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction
    from deltalake.schema import Schema

    table = opened(place, key)
    marks = [] if spec.cipher is None else [(cipher_mark(spec.cipher[0]), spec.cipher[1])]
    if table is None:
        return DeltaTable.create(
            place.uri(key),
            Schema(declared_fields(spec, schema)),
            mode="error",
            partition_by=[WINDOW] if WINDOW in schema else None,
            name=key,
            description=spec.description or None,
            configuration={**LOG_PROPERTIES, **spec.properties},
            storage_options=place.storage_options,
            # With retries, the second of two creators commits its table over the first one's.
            commit_properties=CommitProperties(
                max_commit_retries=0,
                app_transactions=[Transaction(name, mark) for name, mark in marks] or None,
            ),
        )
    refuse_closed(key, table)
    recorded = [each.name for each in table.schema().fields if each.name in OWN]
    if set(recorded) != set(schema) & set(OWN):
        raise TwinError(
            f"{key} was made {_kind(recorded)}, not {_kind(list(schema))}; move the table away and "
            "build it again from the sealed deliveries"
        )
    keep_properties(table, spec)
    _keep_cipher(key, table, spec)
    return table


def _keep_cipher(key: str, table: "DeltaTable", spec: TableSpec) -> None:
    """Refuse rows whose pseudonyms are encrypted with another key than those of the table."""
    if spec.cipher is None:
        return
    domain, mark = spec.cipher
    recorded = table.transaction_version(cipher_mark(domain))
    if recorded is None:
        leave_mark(table, Stamp("keys", marks={cipher_mark(domain): mark}))
    elif recorded != mark:
        raise TwinError(
            f"{key}: the pseudonyms of its rows are encrypted with another key of the domain "
            f"{domain} than these. If the key was just rotated, run again. If not, the ring or the "
            "table was restored from an older copy: restore the one that belongs to the other"
        )


def _kind(columns: list[str]) -> str:
    if WINDOW in columns:
        return "with windows"
    return "with history" if VALID_FROM in columns else "as one whole"


def keep_properties(table: "DeltaTable", spec: TableSpec) -> None:
    """Record which columns may have statistics before a row is written, where that changed."""
    recorded = table.metadata().configuration
    statistics = "delta.dataSkippingStatsColumns"
    wanted = dict(spec.properties)
    if statistics in recorded:
        wanted.setdefault(statistics, "")
    changed = {name: text for name, text in wanted.items() if recorded.get(name) != text}
    if changed:
        table.alter.set_table_properties(changed)
    if spec.description and table.metadata().description != spec.description:
        table.alter.set_table_description(spec.description)


def replace_all(
    key: str, table: "DeltaTable", rows: pl.DataFrame, *, spec: TableSpec, stamp: Stamp
) -> int:
    """Replace the whole table by these rows in one commit."""
    from deltalake import write_deltalake

    schema = evolved(key, table, declared_fields(spec, rows.schema))
    complete = completed(rows, schema or table.schema())
    write_deltalake(
        table,
        complete if schema is None else with_fields(complete, schema),
        mode="overwrite",
        # A schema that grows is written whole, in the same commit: only so do labels come along.
        schema_mode=None if schema is None else "overwrite",
        writer_properties=writer_properties(spec),
        commit_properties=stamp.properties(),
    )
    return table.version()


def append(
    key: str, table: "DeltaTable", rows: pl.DataFrame, *, spec: TableSpec, stamp: Stamp
) -> int:
    """Add rows to a table in one commit, and leave those there as they are."""
    from deltalake import write_deltalake

    if evolved(key, table, declared_fields(spec, rows.schema)) is not None:
        raise TwinError(f"{key}: rows are added to it as it is; its columns cannot change")
    write_deltalake(
        table,
        completed(rows, table.schema()),
        mode="append",
        writer_properties=writer_properties(spec),
        commit_properties=stamp.properties(),
    )
    return table.version()


def replace_windows(
    key: str,
    table: "DeltaTable",
    files: WindowFiles,
    *,
    window: Window,
    spec: TableSpec,
    stamp: Stamp,
) -> int:
    """Put these files in the place of those the windows have now, in one commit.

    A schema that grows is recorded by a commit before: until the rows come it shows empty columns.
    """
    schema = evolved(key, table, declared_fields(spec, files.rows.schema))
    if schema is not None:
        write_schema(table, schema)
    added = files.written(table.schema())
    removed = present_in(table, window)
    if added and {each.path for each in added} <= {each.path for each in removed}:
        # Our own commit, whose answer was lost: a file is named by one commit only.
        return table.version()
    table.create_write_transaction(
        [*removed, *added],
        "append",
        table.schema(),
        partition_by=[WINDOW],
        commit_properties=replace(
            stamp, marks={**_guards(table, window, stamp), **stamp.marks}
        ).properties(rows_count=files.rows.height),
    )
    # This call, unlike a write, leaves the opened table at the version it had.
    table.update_incremental()
    return table.version()


def _guards(table: "DeltaTable", window: Window, stamp: Stamp) -> dict[str, int]:
    """For each window whose mark stays as it is: that mark, to be written again.

    Delta lets one of two commits fail that remove the same file or leave the same mark. Of two that
    fill an empty window, neither removes a file.
    """
    unmarked = [start for start in window.starts() if mark_of(start) not in stamp.marks]
    known = marks_of(table, unmarked)
    return {mark_of(start): known.get(start, NO_MARK) for start in unmarked}


def leave_mark(table: "DeltaTable", stamp: Stamp) -> int:
    """Record that a delivery came and changed no row, in a commit without rows."""
    table.create_write_transaction(
        [], "append", table.schema(), commit_properties=stamp.properties()
    )
    # This call, unlike a write, leaves the opened table at the version it had.
    table.update_incremental()
    return table.version()


def restated(table: "DeltaTable", spec: TableSpec) -> int:
    """Record the columns and labels of a spec in place of the table's own, in one commit.

    The table's columns of the same name and type stay where they are; the others are gone.
    """
    from deltalake.schema import Schema

    own = [name for name in OWN if name in table.schema().to_arrow().names]
    declared = {each.name: each for each in declared_fields(spec, spec.with_own(*own))}
    kept = [
        declared[each.name]
        for each in table.schema().fields
        if each.name in declared and declared[each.name].type == each.type
    ]
    return write_schema(table, Schema(kept))


def write_schema(table: "DeltaTable", schema: "Schema") -> int:
    """Record other labels, in a commit that touches no row."""
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(
        table,
        pa.schema(schema).empty_table(),
        mode="overwrite",
        schema_mode="overwrite",
        predicate="false",
        commit_properties=Stamp("labels").properties(),
    )
    return table.version()
