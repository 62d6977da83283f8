"""Ending windows on time: their rows leave the table, and their files the disk, in all versions.

Older versions stay and can be read, without these windows: a mark says up to which day they went.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.lake.faults import commit, store_errors, translated
from infra.lake.fields import WINDOW
from infra.lake.files import commit_files, present_in
from infra.lake.history import Stamp, notes_to_say_again
from infra.lake.log import Log
from infra.lake.places import Place
from infra.lake.reading import newest, opened
from infra.lake.traces import files_under, remove_file
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable

_EXPIRED: Final = "gemello.expired"


def expired_before(table: "DeltaTable") -> date | None:
    """The day before which all windows have ended; None if none has."""
    number = table.transaction_version(_EXPIRED)
    return None if number is None else date.fromordinal(number)


def expire_windows(place: Place, key: str, before: date, *, notes: Mapping[str, str]) -> int:
    """End all windows that begin before a day; give how many files of them there were.

    What was computed from them stays: to those who ask what changed, the windows did not.
    """

    def attempt() -> int:
        table = newest(place, key)
        ended = present_in(table, Window("daily", date.min, before))
        known = expired_before(table)
        if ended or known is None or known < before:
            kept = notes_to_say_again(table)
            stamp = Stamp("purge", {**kept, **notes}, {_EXPIRED: before.toordinal()})
            return commit_files(table, ended, stamp=stamp)
        return table.version()

    commit(key, attempt)
    removed_count = 0
    with translated(key, "removing the files of windows that ended"):
        for name in files_of_windows(place, key, before):
            remove_file(place, key, name)
            removed_count += 1
    return removed_count


def files_of_windows(place: Place, key: str, before: date) -> list[str]:
    """The files there are, part of the table or not, of windows that begin before a day."""
    found = []
    for name in files_under(place, key):
        folder, _, _ = name.partition("/")
        column, _, day = folder.partition("=")
        if column == WINDOW and date.fromisoformat(day) < before:
            found.append(name)
    return found


def oldest_readable(place: Place, key: str) -> int:
    """The oldest version of which every file is still there, but those of windows that ended."""
    table = newest(place, key)
    with translated(key, "looking for the oldest version"):
        there, before = set(files_under(place, key)), expired_before(table)
        oldest, last = Log(place, key).oldest(), table.version()
        while oldest < last and not _is_whole(place, key, oldest, there, before):
            oldest += 1
    return oldest


def _is_whole(place: Place, key: str, version: int, there: set[str], before: date | None) -> bool:
    table = opened(place, key)
    if table is None:
        return False
    try:
        table.load_as_version(version)
    except store_errors():
        return False
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    if before is not None and f"partition.{WINDOW}" in files.columns:
        files = files.filter(pl.col(f"partition.{WINDOW}") >= before)
    return set(files["path"]) <= there
