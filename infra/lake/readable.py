"""What can be asked of the tables of a lake: their rows, now and before, and what was done."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from infra.lake import history, reading
from infra.lake.access import Access, access
from infra.lake.expiring import expired_before
from infra.lake.faults import translated
from infra.lake.fields import LABEL, WINDOW, cipher_mark
from infra.lake.history import Commit
from infra.lake.kept import KeptTables
from infra.lake.merging import instant_of
from infra.lake.places import Place
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable


class ReadableLake:
    """All tables of a lake for whoever reads them; nothing here writes.

    Every method raises TwinError without values when the store fails.
    """

    def __init__(self, place: Place) -> None:
        """A lake at this place; nothing is opened yet."""
        self._place = place
        self._tables = KeptTables(place)

    def uri(self, key: str) -> str:
        """The address of a table, for other readers of Delta."""
        return self._place.uri(key)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders or prefixes under which all of it lies."""
        return self._place.roots()

    def access(self, stage: str) -> Access:
        """Who may read a stage, as far as can be seen from here."""
        return access(self._place, stage)

    def exists(self, key: str) -> bool:
        """Whether there is such a table."""
        return self.version(key) is not None

    def version(self, key: str) -> int | None:
        """The newest version of a table; None if there is no table."""
        with translated(key, "opening the table"):
            return reading.newest_version(self._place, key)

    def tables(self) -> list[str]:
        """The keys of all tables, sorted."""
        with translated("the lake", "listing the tables"):
            return sorted(self._place.keys())

    def read(
        self, key: str, *, version: int | None = None, window: Window | None = None
    ) -> pl.LazyFrame:
        """The rows of a table, lazily; as of a version, and of some windows only, if asked.

        An older version has no rows of windows that have ended since (`Upkeep.expire_windows`).
        """
        newest = self._existing(key)
        if version is None or version == newest.version():
            reading.refuse_closed(key, newest)
            return reading.lazily(self._place, key, newest, window)
        before = expired_before(newest)
        older = reading.as_of(self._place, key, version)
        reading.refuse_closed(key, older)
        rows = reading.lazily(self._place, key, older, window)
        return rows if before is None else rows.filter(pl.col(WINDOW) >= before)

    def marks(self, key: str, starts: Iterable[date]) -> dict[date, int]:
        """The marks of those of these windows that have one; none if there is no table."""
        with translated(key, "reading the marks"):
            table = self._tables.table(key)
            return {} if table is None else reading.marks_of(table, starts)

    def mark(self, key: str) -> int | None:
        """The mark of a static table's newest delivery."""
        with translated(key, "reading the mark"):
            table = self._tables.table(key)
            return None if table is None else table.transaction_version(reading.MARK)

    def cipher_mark(self, key: str, domain: str) -> int | None:
        """The mark of the key of a domain that encrypts a table's pseudonyms; None without one."""
        with translated(key, "reading the mark"):
            return self._existing(key).transaction_version(cipher_mark(domain))

    def instant(self, key: str) -> datetime | None:
        """The instant of the newest delivery that the history of a static table knows."""
        with translated(key, "reading the mark"):
            table = self._tables.table(key)
            moment = None if table is None else table.transaction_version(reading.AT)
        return None if moment is None else instant_of(moment)

    def ended_before(self, key: str) -> date | None:
        """The day before which a table's windows have ended their term; None if none has."""
        with translated(key, "reading the mark"):
            table = self._tables.table(key)
            return None if table is None else expired_before(table)

    def changed_windows(self, key: str, *, after_version: int | None) -> list[date] | None:
        """The windows written after a version, in order; without one, all that hold rows.

        None says that the whole table may have changed: it is static, another tool changed its
        rows, or its log no longer reaches back that far.
        """
        table = self._existing(key)
        if after_version is None:
            return reading.windows_present(key, table)
        with translated(key, "reading the history"):
            return history.windows_since(table, after_version)

    def contents(self, key: str, starts: Iterable[date]) -> dict[date, str]:
        """For each of these windows: a text that changes when its rows are written again."""
        table = self._existing(key)
        with translated(key, "listing the files"):
            return reading.contents_of(table, starts)

    def history(self, key: str, limit: int | None = None) -> list[Commit]:
        """The commits of a table with their notes, newest first; those of other tools have none."""
        table = self._existing(key)
        with translated(key, "reading the history"):
            return [each for each, _ in history.commits(table, limit)]

    def last_notes(self, key: str) -> dict[str, str]:
        """The notes of the newest commit that the lake made; empty if there is none."""
        table = self._existing(key)
        with translated(key, "reading the history"):
            return history.newest_notes(table)

    def labels(self, key: str) -> dict[str, str]:
        """The treatment recorded for each column that has one."""
        fields = self._existing(key).schema().fields
        return {each.name: each.metadata[LABEL] for each in fields if LABEL in each.metadata}

    def _existing(self, key: str) -> "DeltaTable":
        return reading.existing(key, self._tables.table)
