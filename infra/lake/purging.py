"""Removing what a table was before: files of older versions and of none, and its old log."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from infra.errors import TwinError
from infra.lake.faults import translated
from infra.lake.files import leave_mark
from infra.lake.history import Stamp, notes_to_say_again
from infra.lake.log import Log
from infra.lake.places import Place
from infra.lake.reading import newest
from infra.lake.rewriting import number_of

if TYPE_CHECKING:
    from deltalake import DeltaTable

_PURGED: Final = "gemello.purged"


def is_purged(place: Place, key: str, job: str) -> bool:
    """Whether this job has purged the table's history, as the last that did."""
    table = newest(place, key)
    with translated(key, "reading the mark"):
        return table.transaction_version(_PURGED) == number_of(job)


def purge(place: Place, key: str, *, job: str) -> int:
    """Leave of a table its newest rows alone: no older version, no file that is not part of it.

    Gives the version it then has, the oldest that can be read. What a writer that was killed left
    goes, too, and what older commits said of values (statistics), in log and checkpoints.
    """
    remove_files(place, key)
    table = newest(place, key)
    with translated(key, "purging the history"):
        # The notes are said again after the vacuum's own commits: all before this one goes.
        leave_mark(table, Stamp("purge", notes_to_say_again(table), {_PURGED: number_of(job)}))
        table = newest(place, key)
        table.create_checkpoint()
        version, files = table.version(), _files_of(table)
        Log(place, key).forget_before(version)
        again = newest(place, key)
    if again.version() != version or _files_of(again) != files:
        raise TwinError(f"{key}: its log did not survive the purge; restore it from the backup")
    return version


def remove_files(place: Place, key: str, *, older_than: timedelta = timedelta()) -> None:
    """Remove the files that left a table longer ago than this, and leave the log as it is.

    Without a term all go that the newest version does not name, those of writers that were killed
    too: they were never part of the table and have no day on which they left it.
    """
    table = newest(place, key)
    with translated(key, "removing files of older versions"):
        table.vacuum(
            retention_hours=int(older_than / timedelta(hours=1)),
            enforce_retention_duration=False,
            dry_run=False,
            full=not older_than,
        )


def _files_of(table: "DeltaTable") -> list[str]:
    return sorted(table.file_uris())
