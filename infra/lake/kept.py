"""Tables as they were opened last: a step asks for the same one some ten times.

To open a table of sixty commits takes 3 ms on a disk and 13 ms of a core in a bucket, where to see
whether its log has grown takes 1.6; and what is in it changes with its newest version only.
"""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.lake.faults import store_errors
from infra.lake.log import COMMIT, LOG, newest_in_log
from infra.lake.places import Place

if TYPE_CHECKING:
    from deltalake import DeltaTable

_MOST: Final = 8
# A version has its commit and maybe a checkpoint; what follows is newer.
_LISTED: Final = 4
# The newest commit of a log: its number, and the file it is. A table that was deleted and made
# again may have come to the same number.
Commit = tuple[int, str]


class KeptTables:
    """The tables of a lake that were opened last, each while it is the newest.

    They are for reading only: whoever writes, or goes back to an earlier version, opens a table of
    its own, since both change what they hold.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._kept: OrderedDict[str, tuple[Commit, DeltaTable]] = OrderedDict()
        self._lock = threading.Lock()

    def table(self, key: str) -> "DeltaTable | None":
        """The table at its newest version; None if there is no table. Raises as opening does."""
        from infra.lake.reading import opened

        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
        if known is not None and self._newest(key, known[0][0]) == known[0]:
            return known[1]
        table = opened(self._place, key)
        commit = None if table is None else self._newest(key, table.version())
        with self._lock:
            self._kept.pop(key, None)
            if table is not None and commit is not None and table.version() == commit[0]:
                self._kept[key] = commit, table
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return table

    def _newest(self, key: str, version: int) -> Commit | None:
        """The newest commit, of a log that had come to a version; None where it does not tell."""
        if self._place.is_remote:
            return self._listed(key, version)
        folder = Path(self._place.uri(key))
        newest = newest_in_log(folder)
        if newest is None:
            return None
        try:
            found = os.stat(folder / LOG / f"{newest:020}.json")  # noqa: PTH116 # asked often
        except OSError:
            return None  # only a checkpoint is left of it
        return newest, f"{found.st_ino}:{found.st_mtime_ns}"

    def _listed(self, key: str, version: int) -> Commit | None:
        """The commit of a version in a bucket, unless there is a newer one."""
        bucket, _, table = self._place.uri(key).removeprefix("s3://").partition("/")
        log = f"{table}/{LOG}/"
        try:
            page = self._place.files.call_s3(
                "list_objects_v2",
                Bucket=bucket,
                Prefix=log,
                StartAfter=f"{log}{version:020}.",
                MaxKeys=_LISTED,
            )
        except store_errors():
            return None  # opening it will tell what is wrong
        found = {
            each["Key"].removeprefix(log): f"{each['ETag']}:{each['LastModified']}"
            for each in page.get("Contents", ())
        }
        commits = [name for name in found if COMMIT.fullmatch(name)]
        return (version, found[commits[0]]) if commits == [f"{version:020}.json"] else None
