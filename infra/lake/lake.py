"""The lake itself: every table by its key, read lazily and written in whole commits."""

import copy
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from infra.errors import TwinError
from infra.lake import history, reading, writing
from infra.lake.access import Access, access
from infra.lake.cleared import Cleared, rows_for
from infra.lake.closing import Rewriting
from infra.lake.expiring import expired_before
from infra.lake.faults import commit, translated
from infra.lake.fields import (
    LABEL,
    VALID_FROM,
    VALID_TO,
    WINDOW,
    TableSpec,
    check_frame,
    relabelled,
)
from infra.lake.files import WindowFiles
from infra.lake.history import Commit, Stamp
from infra.lake.kept import KeptTables
from infra.lake.leases import WAIT_S, Leases
from infra.lake.merging import check_identity, history_after, in_order, instant_of, moment_of
from infra.lake.places import Place
from infra.lake.probe import probe
from infra.lake.upkeep import Upkeep
from infra.settings import Settings
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable


class Lake:
    """All tables of the twin under one folder or bucket, keyed `stage/publisher/dataset`.

    Every method raises TwinError without values when the store fails, and leaves tables whole.
    """

    def __init__(self, place: Place, *, wait_s: float = WAIT_S) -> None:
        """A lake at this place; nothing is opened or made yet.

        Who has to wait for a table that another rewrites does so for `wait_s`.
        """
        self._place = place
        self._tables = KeptTables(place)
        self._leases = Leases(place, wait_s=wait_s)
        self._trusted: set[str] = set()
        self._lock = threading.Lock()
        self._cipher: tuple[str, int] | None = None

    @classmethod
    def open(cls, settings: Settings) -> "Lake":
        """The lake of an installation; AWS_* environment variables say how to reach a bucket."""
        return cls(Place.of(settings.lake, os.environ))

    def __repr__(self) -> str:
        """The location only, never credentials."""
        return f"Lake({self._place.location})"

    def encrypted_with(self, domain: str, mark: int) -> "Lake":
        """The lake for a writer whose pseudonyms are encrypted with the key of this mark.

        It refuses to write them into a table whose pseudonyms are encrypted with another.
        """
        lake = copy.copy(self)
        lake._cipher = domain, mark
        return lake

    @property
    def cipher(self) -> tuple[str, int] | None:
        """The domain and the mark of the key that pseudonyms written here are encrypted with."""
        return self._cipher

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

    @property
    def upkeep(self) -> Upkeep:
        """What is done to tables beside writing them: rewriting, purging, ending windows."""
        return Upkeep(self._place, self._leases)

    def writing(self, *keys: str) -> AbstractContextManager[None]:
        """Write these tables several times, and let nobody rewrite them in between.

        Raises TwinError if somebody rewrites one of them for longer than we wait.
        """
        for key in keys:
            self._trust(self._place.root_of(key))
        return self._leases.shared(*keys)

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

    def probe(self) -> None:
        """Refuse a lake that cannot be written or would lose commits; done before a first write."""
        for root in self._place.roots():
            self._trust(root)

    def replace_windows(
        self,
        key: str,
        rows: pl.DataFrame | Cleared,
        *,
        window: Window,
        spec: TableSpec,
        notes: Mapping[str, str],
        marks: Mapping[date, int],
    ) -> int:
        """Replace all rows of these windows by those given, in one commit; return its version.

        They have `window_on`, the first day of each row's window. An empty frame empties the
        windows. `marks` are kept per window, to know the same delivery again. A table that does not
        exist is created. Other columns or types, or rows of other windows, are refused.
        """
        if window.is_static:
            raise TwinError(f"{key}: a static table has no windows; replace or merge it whole")
        frame = rows_for(key, rows)
        schema = spec.with_own(WINDOW)
        check_frame(key, frame, schema)
        outside_count = frame.height - frame[WINDOW].is_in(list(window.starts())).sum()
        if outside_count:
            raise TwinError(
                f"{key}: {WINDOW} of {outside_count} of {frame.height} rows is not the first day "
                f"of one of the windows {window}; split the rows by window before writing"
            )
        named = {reading.mark_of(start): mark for start, mark in marks.items()}
        stamp = Stamp("windows", notes, named, window)
        self._trust(self._place.root_of(key))
        landing = writing.Landing(named)
        spec = self._told(spec)
        files = WindowFiles(self._place, key, frame, spec)

        def attempt() -> int:
            table = writing.opened_or_created(self._place, key, spec, schema)
            if landing.is_done(table):
                return table.version()
            return writing.replace_windows(key, table, files, window=window, spec=spec, stamp=stamp)

        return self._commit(key, attempt)

    def replace_all(
        self,
        key: str,
        rows: pl.DataFrame | Cleared,
        *,
        spec: TableSpec,
        notes: Mapping[str, str],
        mark: int,
    ) -> int:
        """Replace every row of a static table by those given, in one commit; return its version.

        Rows of `open/` come through the disclosure gate, here and in `replace_windows`.
        """
        frame = rows_for(key, rows)
        check_frame(key, frame, spec.schema)
        spec = self._told(spec)
        stamp = Stamp("table", notes, {reading.MARK: mark})
        landing = writing.Landing(stamp.marks)
        self._trust(self._place.root_of(key))

        def attempt() -> int:
            table = writing.opened_or_created(self._place, key, spec, spec.schema)
            if landing.is_done(table):
                return table.version()
            return writing.replace_all(key, table, frame, spec=spec, stamp=stamp)

        return self._commit(key, attempt)

    def amend(
        self,
        key: str,
        more: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        spec: TableSpec,
        notes: Mapping[str, str],
    ) -> int:
        """Add the rows that `more` makes of those there, and let no other commit come between.

        `more` is asked again with the new rows when another writer was faster; what it raises ends
        the attempt, and nothing is written. No rows: no commit. Returns the newest version.
        """
        self._trust(self._place.root_of(key))

        def attempt() -> int:
            table = writing.opened_or_created(self._place, key, spec, spec.schema)
            rows = rows_for(key, more(reading.lazily(self._place, key, table, None).collect()))
            check_frame(key, rows, spec.schema)
            if rows.is_empty():
                return table.version()
            # Of two commits that leave the same mark, Delta lets one fail.
            turn = (table.transaction_version(reading.MARK) or 0) + 1
            stamp = Stamp("rows", notes, {reading.MARK: turn})
            return writing.append(key, table, rows, spec=spec, stamp=stamp)

        return commit(key, attempt)

    def merge_history(
        self,
        key: str,
        frame: pl.DataFrame,
        *,
        primary_key: Iterable[str],
        at: datetime,
        spec: TableSpec,
        notes: Mapping[str, str],
        mark: int,
        unknown: pl.DataFrame | None = None,
    ) -> int:
        """Bring a static table up to a delivery of instant `at`, keeping what was.

        Rows carry `valid_from` and `valid_to` (empty while current). The same delivery again
        changes nothing; another one of the same instant takes its place. A delivery older than the
        newest one changes nothing and leaves no mark: history grows at its end only. One that
        changes no row leaves its mark in a commit without rows. Rows whose keys are `unknown` to
        the delivery (its refused rows) stay as they are. Returns the newest version.
        """
        identity = tuple(primary_key)
        check_frame(key, rows_for(key, frame), spec.schema)
        check_identity(key, frame, identity)
        spec = self._told(spec)
        moment = moment_of(key, at)
        marks = {reading.MARK: mark, reading.AT: moment}
        schema = spec.with_own(VALID_FROM, VALID_TO)
        self._trust(self._place.root_of(key))

        def attempt() -> int:
            table = writing.opened_or_created(self._place, key, spec, schema)
            newest = table.transaction_version(reading.AT)
            if newest is not None and newest > moment:
                return table.version()
            known = reading.lazily(self._place, key, table, None).collect()
            new = [name for name in schema if name not in known.columns]
            present = known.with_columns(pl.lit(None, schema[name]).alias(name) for name in new)
            merged = history_after(
                present, frame, primary_key=identity, at=at.astimezone(UTC), unknown=unknown
            )
            if new or not merged.equals(in_order(present, identity)):
                stamp = Stamp("history", notes, marks)
                return writing.replace_all(key, table, merged, spec=spec, stamp=stamp)
            if table.transaction_version(reading.MARK) == mark:
                return table.version()
            return writing.leave_mark(table, Stamp("mark", notes, marks))

        return self._commit(key, attempt)

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

    def instant(self, key: str) -> datetime | None:
        """The instant of the newest delivery that the history of a static table knows."""
        with translated(key, "reading the mark"):
            table = self._tables.table(key)
            moment = None if table is None else table.transaction_version(reading.AT)
        return None if moment is None else instant_of(moment)

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

    def set_labels(self, key: str, labels: Mapping[str, str]) -> int:
        """Record other treatments for these columns, in one commit that touches no row.

        A write never does this: who calls it has made sure that history agrees with the new labels.
        """
        surplus = sorted(set(labels) - set(self._existing(key).schema().to_arrow().names))
        if surplus:
            raise TwinError(f"{key} has no column {surplus[0]}")
        self._trust(self._place.root_of(key))

        def attempt() -> int:
            table = reading.newest(self._place, key)
            return writing.write_schema(table, relabelled(table, labels))

        return self._commit(key, attempt)

    def _commit(self, key: str, attempt: Callable[[], int]) -> int:
        with self._leases.shared(key):
            return commit(key, attempt)

    def rewriting(self, key: str) -> Rewriting:
        """What it takes to rewrite a whole table and to remove what it was before."""
        self._trust(self._place.root_of(key))
        return Rewriting(self._place, key)

    def _told(self, spec: TableSpec) -> TableSpec:
        return spec if self._cipher is None else replace(spec, cipher=self._cipher)

    def _existing(self, key: str) -> "DeltaTable":
        return reading.existing(key, self._tables.table)

    def _trust(self, root: str) -> None:
        with self._lock:
            if root not in self._trusted:
                probe(self._place, root)
                self._trusted.add(root)
