"""Rewriting the rows of a table in one commit, for whoever reaches back into what is stored.

An erasure, a stricter contract, the end of a term, a restore and a new key do it alike: the table
is held alone (`Upkeep.alone`), rewritten here, and then rid of what its rows were (`purging`). Each
step may be stopped anywhere and done again: the commit says in a mark what the table is rewritten
for.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.errors import TwinError
from infra.lake.faults import commit, translated
from infra.lake.fields import WINDOW, cipher_mark, recorded_spec, writer_properties
from infra.lake.files import WindowFiles, commit_files, leave_mark, present_in
from infra.lake.history import Stamp, Write, notes_to_say_again
from infra.lake.places import Place
from infra.lake.reading import lazily, newest, windows_present
from infra.lake.writing import Landing
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

# From rows of a table to the rows that take their place, with the same columns. It is called with
# the rows of one window after the other, or with all rows of a static table.
Change = Callable[[pl.DataFrame], pl.DataFrame]

_REWRITTEN: Final = "gemello.rewritten"


@dataclass(frozen=True)
class Rewritten:
    """How many rows a table had and has now, and in how many of its windows any row changed."""

    rows_before_count: int = 0
    rows_count: int = 0
    changed_count: int = 0


@dataclass(frozen=True)
class Purpose:
    """What a table is rewritten for, and the mark by which it remembers that.

    With the `same_rows` the table says the same of the same people, under other pseudonyms: as many
    rows, of which who computes from them or asks for the newest notes is told nothing. Pseudonyms
    may not be encrypted twice, so a table that has the mark is left alone. Other purposes may
    change the same table again, and their rows are news.
    """

    mark: Mapping[str, int]
    same_rows: bool

    @classmethod
    def of_job(cls, job: str) -> "Purpose":
        """Fewer or coarser rows; remembered until another job rewrites the table."""
        return cls({_REWRITTEN: number_of(job)}, same_rows=False)

    @classmethod
    def of_key(cls, domain: str, mark: int) -> "Purpose":
        """The same rows with their pseudonyms encrypted with the key of this mark."""
        return cls({cipher_mark(domain): mark}, same_rows=True)


def number_of(job: str) -> int:
    """The number by which a table remembers a job."""
    return int(hashlib.sha256(job.encode()).hexdigest()[:15], 16)


def is_rewritten(place: Place, key: str, job: str) -> bool:
    """Whether this job has rewritten the table, as the last that did."""
    table = newest(place, key)
    with translated(key, "reading the mark"):
        return table.transaction_version(_REWRITTEN) == number_of(job)


def rewrite(
    place: Place,
    key: str,
    change: Change,
    *,
    purpose: Purpose,
    notes: Mapping[str, str],
    anew: bool = False,
) -> Rewritten:
    """Put each row through a change, in one commit that also says what for.

    Marks of deliveries and the newest notes stay. Windows whose rows come back as they were keep
    their files, unless all are to be written `anew`. The old files and versions stay until they are
    purged.
    """
    rewriting = _Rewriting(place, key, change, purpose=purpose, notes=notes, anew=anew)
    commit(key, rewriting.attempt)
    return rewriting.counted


class _Rewriting:
    """One table being rewritten; each attempt begins with what the table then holds."""

    def __init__(
        self,
        place: Place,
        key: str,
        change: Change,
        *,
        purpose: Purpose,
        notes: Mapping[str, str],
        anew: bool,
    ) -> None:
        self.counted = Rewritten()
        self._place = place
        self._key = key
        self._change = change
        self._purpose = purpose
        self._notes = notes
        self._anew = anew
        self._landing = Landing(purpose.mark)

    def attempt(self) -> int:
        table = newest(self._place, self._key)
        if self._landing.is_done(table):  # our own commit, whose answer was lost
            return table.version()
        if self._purpose.same_rows and self._landing.is_known(table):
            return table.version()
        self.counted = Rewritten()
        stamp = self._stamp(table)
        if windows_present(self._key, table) is None:
            return self._rewrite_whole(table, stamp)
        return self._rewrite_windows(table, stamp)

    def _stamp(self, table: "DeltaTable") -> Stamp:
        write: Write = "keys" if self._purpose.same_rows else "rewrite"
        before = {} if self._purpose.same_rows else notes_to_say_again(table)
        # The commit fails if any other came since the table was opened, and all is done anew: rows
        # of a writer that knows nothing of leases are rewritten, too.
        return Stamp(write, {**before, **self._notes}, self._purpose.mark, attempts_count=1)

    def _rewrite_windows(self, table: "DeltaTable", stamp: Stamp) -> int:
        actions: list[AddAction | RemoveAction] = []
        added_count = 0
        for start in windows_present(self._key, table) or ():
            # One window at a time is in memory.
            window = Window.of(start, "daily")
            changed = self._changed(table, window)
            if changed is None:
                continue
            added_count += changed.height
            files = WindowFiles(self._place, self._key, changed, recorded_spec(table))
            actions += [*present_in(table, window), *files.written(table.schema())]
        return commit_files(table, actions, stamp=stamp, rows_count=added_count)

    def _rewrite_whole(self, table: "DeltaTable", stamp: Stamp) -> int:
        from deltalake import write_deltalake

        changed = self._changed(table, None)
        if changed is None:
            return leave_mark(table, stamp)
        write_deltalake(
            table,
            changed,
            mode="overwrite",
            writer_properties=writer_properties(recorded_spec(table)),
            commit_properties=stamp.properties(),
        )
        return table.version()

    def _changed(self, table: "DeltaTable", window: Window | None) -> pl.DataFrame | None:
        """The rows to write in the place of those there; None where their files may stay."""
        rows = lazily(self._place, self._key, table, window).collect()
        changed = self._checked(rows, self._change(rows))
        is_same, so_far = changed.equals(rows), self.counted
        self.counted = Rewritten(
            so_far.rows_before_count + rows.height,
            so_far.rows_count + changed.height,
            so_far.changed_count + (not is_same),
        )
        return None if is_same and not self._anew else changed

    def _checked(self, rows: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
        if changed.schema != rows.schema:
            raise TwinError(f"{self._key}: rewriting may not change columns or their types")
        if self._purpose.same_rows and changed.height != rows.height:
            raise TwinError(f"{self._key}: rewriting for a new key changed the number of rows")
        if WINDOW in rows.columns:
            windows = rows[WINDOW].unique().to_list()
            if not changed[WINDOW].is_in(windows).all():
                raise TwinError(f"{self._key}: rewriting may not move a row to another window")
        return changed
