"""Rewriting every row of a table, and purging its history so that nothing is left of it.

Whoever calls these holds the table alone (`Lake.alone`). Each step may be stopped anywhere and done
again: a commit says in a mark which job rewrote the table and which job purged it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.errors import TwinError
from infra.lake.faults import commit, translated
from infra.lake.fields import OWN, WINDOW, TableSpec, writer_properties
from infra.lake.files import WindowFiles, present_in
from infra.lake.history import Stamp, newest_notes
from infra.lake.places import Place
from infra.lake.reading import lazily, newest, windows_present
from infra.lake.writing import Landing, leave_mark
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

# From rows of a table to the rows that take their place, with the same columns. It is called with
# the rows of one window after the other, or with all rows of a static table.
Change = Callable[[pl.DataFrame], pl.DataFrame]

_REWRITTEN: Final = "gemello.rewritten"
_PURGED: Final = "gemello.purged"
_LOG: Final = "_delta_log"
_POINTER: Final = "_last_checkpoint"
_VERSION: Final = re.compile(r"[0-9]{20}(?=\.)")


@dataclass(frozen=True)
class Rewritten:
    """How many rows a table had and has now, and in how many of its windows any row changed."""

    rows_before_count: int
    rows_count: int
    changed_count: int


def number_of(job: str) -> int:
    """The number by which a table remembers a job."""
    return int(hashlib.sha256(job.encode()).hexdigest()[:15], 16)


def is_rewritten(place: Place, key: str, job: str) -> bool:
    """Whether this job has rewritten the table, as the last that did."""
    return _mark(place, key, _REWRITTEN) == number_of(job)


def is_purged(place: Place, key: str, job: str) -> bool:
    """Whether this job has purged the table's history, as the last that did."""
    return _mark(place, key, _PURGED) == number_of(job)


def _mark(place: Place, key: str, name: str) -> int | None:
    table = newest(place, key)
    with translated(key, "reading the mark"):
        return table.transaction_version(name)


def rewrite(
    place: Place,
    key: str,
    change: Change,
    *,
    job: str,
    notes: Mapping[str, str],
    spec: TableSpec,
    anew: bool = False,
) -> Rewritten:
    """Put each row through a change, in one commit that also says which job did it.

    Marks of deliveries and the newest notes stay. Windows whose rows come back as they were keep
    their files, unless all are to be written `anew`. The old files and versions stay until `purge`.
    """
    said = {_REWRITTEN: number_of(job)}
    landing = Landing(said)
    counted = Rewritten(0, 0, 0)

    def attempt() -> int:
        nonlocal counted
        table = newest(place, key)
        if landing.is_done(table):  # our own commit, whose answer was lost
            return table.version()
        stamp = Stamp("rewrite", {**_kept_notes(table), **notes}, said)
        if windows_present(key, table) is None:
            counted = _rewrite_whole(place, key, table, change, spec=spec, stamp=stamp, anew=anew)
        else:
            counted = _rewrite_windows(place, key, table, change, spec=spec, stamp=stamp, anew=anew)
        return table.version()

    commit(key, attempt)
    return counted


def _kept_notes(table: "DeltaTable") -> dict[str, str]:
    """The newest notes, to be said again: which windows they were of is no longer true."""
    return {name: text for name, text in newest_notes(table).items() if name != "windows"}


def _rewrite_windows(
    place: Place,
    key: str,
    table: "DeltaTable",
    change: Change,
    *,
    spec: TableSpec,
    stamp: Stamp,
    anew: bool,
) -> Rewritten:
    actions: list[AddAction | RemoveAction] = []
    before_count, after_count, changed_count, added_count = 0, 0, 0, 0
    for start in windows_present(key, table) or ():
        # One window at a time is in memory.
        window = Window.of(start, "daily")
        rows = lazily(place, key, table, window).collect()
        changed = _checked(key, rows, change(rows))
        before_count, after_count = before_count + rows.height, after_count + changed.height
        if changed.equals(rows) and not anew:
            continue
        changed_count += 1
        added_count += changed.height
        files = WindowFiles(place, key, changed, spec)
        actions += [*present_in(table, window), *files.written(table.schema())]
    table.create_write_transaction(
        actions,
        "append",
        table.schema(),
        partition_by=[WINDOW],
        commit_properties=stamp.properties(rows_count=added_count),
    )
    table.update_incremental()
    return Rewritten(before_count, after_count, changed_count)


def _rewrite_whole(
    place: Place,
    key: str,
    table: "DeltaTable",
    change: Change,
    *,
    spec: TableSpec,
    stamp: Stamp,
    anew: bool,
) -> Rewritten:
    from deltalake import write_deltalake

    rows = lazily(place, key, table, None).collect()
    changed = _checked(key, rows, change(rows))
    is_same = changed.equals(rows)
    if is_same and not anew:
        leave_mark(table, stamp)
    else:
        write_deltalake(
            table,
            changed,
            mode="overwrite",
            writer_properties=writer_properties(spec),
            commit_properties=stamp.properties(),
        )
    return Rewritten(rows.height, changed.height, int(not is_same))


def _checked(key: str, rows: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    if changed.schema != rows.schema:
        raise TwinError(f"{key}: rewriting may not change columns or their types")
    own = [name for name in OWN if name in rows.columns and name == WINDOW]
    if any(not changed[name].is_in(rows[name].unique().to_list()).all() for name in own):
        raise TwinError(f"{key}: rewriting may not move a row to another window")
    return changed


def purge(place: Place, key: str, *, job: str) -> int:
    """Leave of a table its newest rows alone: no older version, no file that is not part of it.

    Gives the version it then has, the oldest that can be read. What a writer that was killed left
    goes, too, and what older commits said of values (statistics), in log and checkpoints.
    """
    table = newest(place, key)
    with translated(key, "purging the history"):
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
        table = newest(place, key)
        # The notes are said again after the vacuum's own commits: all before this one goes.
        leave_mark(table, Stamp("purge", _kept_notes(table), {_PURGED: number_of(job)}))
        table = newest(place, key)
        table.create_checkpoint()
        version, files = table.version(), sorted(table.file_uris())
        log = Log(place, key)
        log.forget_before(version)
        again = newest(place, key)
    if again.version() != version or sorted(again.file_uris()) != files:
        raise TwinError(f"{key}: its log did not survive the purge; restore it from the backup")
    return version


class Log:
    """The files in which a table says what it is made of."""

    def __init__(self, place: Place, key: str) -> None:
        """Nothing is listed yet."""
        self._place = place
        self._folder = f"{place.uri(key)}/{_LOG}"

    def names(self) -> list[str]:
        """The names of all files of the log, in order."""
        if self._place.is_remote:
            found = self._place.files.find(self._folder.removeprefix("s3://"))
            return sorted(str(path).rpartition("/")[2] for path in found)
        return sorted(path.name for path in Path(self._folder).iterdir())

    def forget_before(self, version: int) -> None:
        """Remove all that speaks of versions before this one, of which there is a checkpoint."""
        stem = f"{version:020}"
        names = self.names()
        if f"{stem}.checkpoint.parquet" not in names:
            raise TwinError("a version without a checkpoint is not all a log may hold")
        for name in names:  # the oldest first: what is left is always a whole end of the log
            found = _VERSION.match(name)
            is_newer = found is not None and int(found[0]) >= version
            if not is_newer and name != _POINTER:
                self._remove(name)

    def oldest(self) -> int:
        """The oldest version that the log can still tell."""
        names = self.names()
        first = f"{0:020}.json"
        if first in names:
            return 0
        checkpoints = [name for name in names if name.endswith(".checkpoint.parquet")]
        return min((int(name[:20]) for name in checkpoints), default=0)

    def _remove(self, name: str) -> None:
        if self._place.is_remote:
            self._place.files.rm_file(f"{self._folder}/{name}".removeprefix("s3://"))
        else:
            Path(self._folder, name).unlink(missing_ok=True)
