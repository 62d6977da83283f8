"""The Parquet files of windows: written first, part of the table once a commit names them.

A writer that is stopped in between leaves files that no reader sees; a vacuum removes them.
"""

import io
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.lake.fields import WINDOW, TableSpec, completed
from infra.lake.history import Stamp, version_of
from infra.lake.places import Place
from infra.lake.statistics import statistics_of
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction

# A local disk is kept busy by two writers; a bucket answers each file late, but many at once.
_WRITERS: Final = 2
_UPLOADS: Final = 8


class WindowFiles:
    """The rows that windows get: a file for each window that has any, written once.

    A commit that is tried again takes the files that are there.
    """

    def __init__(self, place: Place, key: str, rows: pl.DataFrame, spec: TableSpec) -> None:
        """Nothing is written yet."""
        self._place = place
        self._uri = place.uri(key)
        self._listed = spec.statistics
        self._written: dict[date, AddAction] = {}
        self.rows = rows

    def written(self, schema: "Schema") -> "list[AddAction]":
        """The files, with every column of the table; those that are missing are written now."""
        rows = completed(self.rows, schema)
        missing = [part for part in by_window(rows) if part[0] not in self._written]
        with ThreadPoolExecutor(_UPLOADS if self._place.is_remote else _WRITERS) as pool:
            list(pool.map(self._write, missing))
        return list(self._written.values())

    def _write(self, part: tuple[date, pl.DataFrame]) -> None:
        from deltalake.transaction import AddAction

        start, rows = part
        content = io.BytesIO()
        # polars writes statistics of all columns or of none: those of pseudonyms must not be there.
        has_statistics = set(rows.columns) <= set(self._listed)
        # One piece per column: the many that a CSV is read in cut row groups short (24 MB, not 22).
        rows.rechunk().write_parquet(
            content, compression="zstd", compression_level=1, statistics=has_statistics
        )
        name = f"{WINDOW}={start}/part-{uuid.uuid4()}.zstd.parquet"
        self._put(name, content)
        self._written[start] = AddAction(
            path=name,
            size=content.getbuffer().nbytes,
            partition_values={WINDOW: str(start)},
            modification_time=time.time_ns() // 1_000_000,
            data_change=True,
            stats=json.dumps(statistics_of(rows, self._listed)),
        )

    def _put(self, name: str, content: io.BytesIO) -> None:
        """Store a file whole or not at all."""
        if self._place.is_remote:
            address = f"{self._uri}/{name}".removeprefix("s3://")
            self._place.files.pipe_file(address, content.getvalue())
            return
        path = Path(self._uri, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        try:
            unfinished.write_bytes(content.getbuffer())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def by_window(rows: pl.DataFrame) -> Iterator[tuple[date, pl.DataFrame]]:
    """Each window with its rows, without the column that says so.

    Rows that stand in the order of their windows, as most deliveries do, are not copied: for 5 M
    rows that is 0.3 CPU seconds.
    """
    if not rows[WINDOW].is_sorted():
        rows = rows.sort(WINDOW, maintain_order=True)
    first = 0
    for run in rows[WINDOW].rle():
        yield run["value"], rows.slice(first, run["len"]).drop(WINDOW)
        first += run["len"]


def present_in(table: "DeltaTable", window: Window) -> "list[RemoveAction]":
    """What a commit must say so that these windows no longer have the files they have now."""
    from deltalake.transaction import RemoveAction

    start = f"partition.{WINDOW}"
    files = pl.DataFrame(table.get_add_actions(flatten=True)).select("path", "size_bytes", start)
    now = time.time_ns() // 1_000_000
    return [
        RemoveAction(path, True, now, size=size, partition_values={WINDOW: str(day)})
        for path, size, day in files.iter_rows()
        if window.start <= day < window.end
    ]


def commit_files(
    table: "DeltaTable",
    actions: "Sequence[AddAction | RemoveAction]",
    *,
    stamp: Stamp,
    rows_count: int | None = None,
) -> int:
    """Add and remove files that are written already, in one commit; the version it made.

    The opened table is then at its newest version, which may be another writer's.
    """
    before = table.version()
    table.create_write_transaction(
        [*actions],
        "append",
        table.schema(),
        partition_by=table.metadata().partition_columns,
        commit_properties=stamp.properties(rows_count=rows_count),
    )
    # This call, unlike a write, leaves the opened table at the version it had.
    table.update_incremental()
    return version_of(table, stamp, after=before)


def leave_mark(table: "DeltaTable", stamp: Stamp) -> int:
    """Record that a delivery came and changed no row, in a commit without rows."""
    return commit_files(table, [], stamp=stamp)
