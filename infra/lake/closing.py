"""A table rewritten whole, and what it was before removed: for new pseudonyms of the same people.

Nobody may read or write the table meanwhile. It says so itself, in its log: writers that began
before it was closed fail at their commit, because its metadata changed, and see it when they try
again. Each step can be repeated: whoever was stopped goes through all of them once more.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from infra.errors import TwinError
from infra.lake import faults
from infra.lake.fields import STATISTICS, WINDOW, TableSpec, cipher_mark, writer_properties
from infra.lake.files import WindowFiles, present_in
from infra.lake.history import Stamp
from infra.lake.places import Place
from infra.lake.reading import CLOSED, OLDEST, lazily, newest, windows_present
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction

Change = Callable[[pl.DataFrame], pl.DataFrame]


class Rewriting:
    """One table to be rewritten: `close`, `rewrite`, `purge`, `reopen`, in this order."""

    def __init__(self, place: Place, key: str) -> None:
        """Nothing is opened or changed yet."""
        self._place = place
        self._key = key

    def mark(self, domain: str) -> int | None:
        """The mark of the key that encrypts the table's pseudonyms; None if it has none."""
        with faults.translated(self._key, "reading the mark"):
            return self._opened().transaction_version(cipher_mark(domain))

    @property
    def is_closed(self) -> bool:
        """Whether nobody may read or write the table."""
        return bool(self._opened().metadata().configuration.get(CLOSED))

    def close(self, why: str) -> None:
        """Let nobody read or write the table from now on.

        Raises TwinError if it is closed for another reason.
        """

        def attempt() -> int:
            table = self._opened()
            said = table.metadata().configuration.get(CLOSED)
            if said and said != why:
                raise TwinError(f"{self._key} is closed already: {said}; end that first")
            if said != why:
                _set(table, {CLOSED: why})
            return table.version()

        faults.commit(self._key, attempt)

    def rewrite(
        self, change: Change, *, domain: str, mark: int, notes: Mapping[str, str]
    ) -> int | None:
        """Put the changed rows in the place of all rows, in one commit with the key's mark.

        Gives the new version; None if the table has this mark already. `change` gets the rows of
        one window at a time, and keeps their number and columns.
        """
        stamp = Stamp("keys", notes, {cipher_mark(domain): mark}, attempts_count=1)

        def attempt() -> int:
            table = self._opened()
            if table.transaction_version(cipher_mark(domain)) == mark:
                return -1
            # The commit fails if any other came since the table was opened, and all is done anew.
            if WINDOW in table.metadata().partition_columns:
                self._replace_windows(table, change, stamp)
            else:
                self._replace_all(table, change, stamp)
            return table.version()

        version = faults.commit(self._key, attempt)
        return None if version < 0 else version

    def purge(self) -> None:
        """Remove every file that the newest version does not name: older versions are gone."""
        with faults.translated(self._key, "removing older versions"):
            self._opened().vacuum(
                retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True
            )

    def reopen(self) -> None:
        """Let everybody read and write again; versions before this commit are told to be gone."""

        def attempt() -> int:
            table = self._opened()
            if table.metadata().configuration.get(CLOSED):
                _set(table, {CLOSED: "", OLDEST: str(table.version() + 1)})
            return table.version()

        faults.commit(self._key, attempt)

    def _opened(self) -> "DeltaTable":
        return newest(self._place, self._key)

    def _replace_windows(self, table: "DeltaTable", change: Change, stamp: Stamp) -> None:
        starts = windows_present(self._key, table) or []
        added: list[AddAction] = []
        rows_count = 0
        for start in starts:
            rows = self._changed(table, change, start)
            rows_count += rows.height
            added += WindowFiles(self._place, self._key, rows, _spec(table)).written(table.schema())
        removed = (
            present_in(table, Window.between(starts[0], starts[-1], "daily")) if starts else []
        )
        table.create_write_transaction(
            [*removed, *added],
            "append",
            table.schema(),
            partition_by=[WINDOW],
            commit_properties=stamp.properties(rows_count=rows_count),
        )
        # This call, unlike a write, leaves the opened table at the version it had.
        table.update_incremental()

    def _replace_all(self, table: "DeltaTable", change: Change, stamp: Stamp) -> None:
        from deltalake import write_deltalake

        write_deltalake(
            table,
            self._changed(table, change, None),
            mode="overwrite",
            writer_properties=writer_properties(_spec(table)),
            commit_properties=stamp.properties(),
        )

    def _changed(self, table: "DeltaTable", change: Change, start: date | None) -> pl.DataFrame:
        rows = lazily(self._place, self._key, table, None)
        before = (rows if start is None else rows.filter(pl.col(WINDOW) == start)).collect()
        after = change(before)
        if after.schema != before.schema or after.height != before.height:
            raise TwinError(f"{self._key}: rewriting changed the number of rows or the columns")
        return after


def _spec(table: "DeltaTable") -> TableSpec:
    """What the writers of files need to know: of which columns statistics may be written."""
    listed = table.metadata().configuration.get(STATISTICS) or ""
    names = tuple(name for name in listed.split(",") if name)
    return TableSpec(schema=pl.Schema(dict.fromkeys(names, pl.String())), statistics=names)


def _set(table: "DeltaTable", properties: dict[str, str]) -> None:
    table.alter.set_table_properties(properties, raise_if_not_exists=False)
