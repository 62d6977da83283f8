"""Commits of rows: one table, one attempt, everything or nothing. `faults.commit` repeats them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from infra.errors import TwinError
from infra.lake.fields import (
    TableSpec,
    completed,
    declared_fields,
    evolved,
    with_fields,
    writer_properties,
)
from infra.lake.files import WindowFiles, commit_files, present_in
from infra.lake.history import Stamp
from infra.lake.reading import NO_MARK, mark_of, marks_of
from infra.lake.shaping import write_schema
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable


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
        return self.is_known(table) and not self.is_known(self._at_first)

    def is_known(self, table: "DeltaTable") -> bool:
        """Whether the table has all marks, since whenever."""
        marks = self._marks
        return bool(marks) and all(
            table.transaction_version(name) == mark for name, mark in marks.items()
        )


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
    guarded = replace(stamp, marks={**_guards(table, window, stamp), **stamp.marks})
    return commit_files(table, [*removed, *added], stamp=guarded, rows_count=files.rows.height)


def _guards(table: "DeltaTable", window: Window, stamp: Stamp) -> dict[str, int]:
    """For each window whose mark stays as it is: that mark, to be written again.

    Delta lets one of two commits fail that remove the same file or leave the same mark. Of two that
    fill an empty window, neither removes a file.
    """
    unmarked = [start for start in window.starts() if mark_of(start) not in stamp.marks]
    known = marks_of(table, unmarked)
    return {mark_of(start): known.get(start, NO_MARK) for start in unmarked}
