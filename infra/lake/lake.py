"""The lake itself: every table by its key, written in whole commits; `readable` reads them."""

import copy
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from infra.errors import TwinError
from infra.lake import reading, shaping, writing
from infra.lake.cleared import Cleared, rows_for
from infra.lake.faults import commit
from infra.lake.fields import VALID_FROM, VALID_TO, WINDOW, TableSpec, check_frame, relabelled
from infra.lake.files import WindowFiles, leave_mark
from infra.lake.history import Stamp
from infra.lake.leases import WAIT_S, Leases
from infra.lake.merging import check_identity, history_after, in_order, moment_of
from infra.lake.places import Place
from infra.lake.probe import Roots
from infra.lake.readable import ReadableLake
from infra.lake.upkeep import Upkeep
from infra.settings import Settings
from infra.windows import Window


class Lake(ReadableLake):
    """All tables of the twin under one folder or bucket, keyed `stage/publisher/dataset`.

    Every method raises TwinError without values when the store fails, and leaves tables whole.
    """

    def __init__(self, place: Place, *, wait_s: float = WAIT_S) -> None:
        """A lake at this place; nothing is opened or made yet.

        Who has to wait for a table that another rewrites does so for `wait_s`.
        """
        super().__init__(place)
        self._roots = Roots(place)
        self._leases = Leases(place, self._roots, wait_s=wait_s)
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

    @property
    def upkeep(self) -> Upkeep:
        """What is done to tables beside writing them: rewriting, purging, ending windows."""
        return Upkeep(self._place, self._leases)

    def writing(self, *keys: str) -> AbstractContextManager[None]:
        """Write these tables several times, and let nobody rewrite them in between.

        Raises TwinError if somebody rewrites one of them for longer than we wait.
        """
        return self._leases.shared(*keys)

    def probe(self) -> None:
        """Refuse a lake that cannot be written or would lose commits; done before a first write."""
        for root in self._place.roots():
            self._roots.probe(root)

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
        landing = writing.Landing(named)
        spec = self._told(spec)
        files = WindowFiles(self._place, key, frame, spec)

        def attempt() -> int:
            table = shaping.opened_or_created(self._place, key, spec, schema)
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

        Rows with `valid_from` and `valid_to` make a table with history, whether it was one or not.
        Rows of `open/` come through the disclosure gate, here and in `replace_windows`.
        """
        frame = rows_for(key, rows)
        own = [name for name in (VALID_FROM, VALID_TO) if name in frame.columns]
        schema = spec.with_own(*own)
        check_frame(key, frame, schema)
        spec = self._told(spec)
        stamp = Stamp("table", notes, {reading.MARK: mark})
        landing = writing.Landing(stamp.marks)

        def attempt() -> int:
            table = shaping.opened_to_replace(self._place, key, spec, schema)
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

        def attempt() -> int:
            table = shaping.opened_or_created(self._place, key, spec, spec.schema)
            rows = rows_for(key, more(reading.lazily(self._place, key, table, None).collect()))
            check_frame(key, rows, spec.schema)
            if rows.is_empty():
                return table.version()
            # Of two commits that leave the same mark, Delta lets one fail.
            turn = (table.transaction_version(reading.MARK) or 0) + 1
            stamp = Stamp("rows", notes, {reading.MARK: turn})
            return writing.append(key, table, rows, spec=spec, stamp=stamp)

        return self._commit(key, attempt)

    def replace_part(
        self,
        key: str,
        rows: pl.DataFrame,
        *,
        of: Mapping[str, str],
        spec: TableSpec,
        notes: Mapping[str, str],
    ) -> int:
        """Replace the rows that have these values by those given, in one commit.

        All others stay; no rows: the part is gone, and earlier versions still show it. Of two
        writers at once the second sees what the first has written. Returns the newest version.
        """
        frame = rows_for(key, rows)
        check_frame(key, frame, spec.schema)
        is_part = pl.all_horizontal(pl.col(name) == value for name, value in of.items())
        if frame.filter(~is_part).height:
            raise TwinError(f"{key}: rows of another part than {', '.join(of)} says were given")

        def attempt() -> int:
            table = shaping.opened_or_created(self._place, key, spec, spec.schema)
            others = reading.lazily(self._place, key, table, None).filter(~is_part).collect()
            # Of two commits that leave the same mark, Delta lets one fail.
            turn = (table.transaction_version(reading.MARK) or 0) + 1
            stamp = Stamp("rows", notes, {reading.MARK: turn})
            whole = pl.concat([others.select(frame.columns), frame])
            return writing.replace_all(key, table, whole, spec=spec, stamp=stamp)

        return self._commit(key, attempt)

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

        def attempt() -> int:
            table = shaping.opened_or_created(self._place, key, spec, schema)
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
            return leave_mark(table, Stamp("mark", notes, marks))

        return self._commit(key, attempt)

    def set_labels(self, key: str, labels: Mapping[str, str]) -> int:
        """Record other treatments for these columns, in one commit that touches no row.

        A write never does this: who calls it has made sure that history agrees with the new labels.
        """
        surplus = sorted(set(labels) - set(self._existing(key).schema().to_arrow().names))
        if surplus:
            raise TwinError(f"{key} has no column {surplus[0]}")

        def attempt() -> int:
            table = reading.newest(self._place, key)
            return shaping.write_schema(table, relabelled(table, labels))

        return self._commit(key, attempt)

    def _commit(self, key: str, attempt: Callable[[], int]) -> int:
        with self._leases.shared(key):
            return commit(key, attempt)

    def _told(self, spec: TableSpec) -> TableSpec:
        return spec if self._cipher is None else replace(spec, cipher=self._cipher)
