"""Tables as they were opened last: a step asks for the same one some ten times.

To open a table of sixty commits takes 3 ms, and what is in it changes with its newest version only.
"""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.lake.log import LOG, newest_in_log
from infra.lake.places import Place

if TYPE_CHECKING:
    from deltalake import DeltaTable

_MOST: Final = 8
# The newest commit of a log: its number, and the file it is. A table that was deleted and made
# again may have come to the same number.
Commit = tuple[int, int, int]


class KeptTables:
    """The tables of a lake on a local disk that were opened last, each while it is the newest.

    They are for reading only: whoever writes, or goes back to an earlier version, opens a table of
    its own, since both change what they hold. In a bucket the newest version is not known without
    opening the table, so nothing is kept.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._kept: OrderedDict[str, tuple[Commit, DeltaTable]] = OrderedDict()
        self._lock = threading.Lock()

    def table(self, key: str) -> "DeltaTable | None":
        """The table at its newest version; None if there is no table. Raises as opening does."""
        from infra.lake.reading import opened

        commit = self._newest(key)
        with self._lock:
            known = self._kept.get(key)
            if known is not None and known[0] == commit:
                self._kept.move_to_end(key)
                return known[1]
        table = opened(self._place, key)
        with self._lock:
            self._kept.pop(key, None)
            if table is not None and commit is not None and table.version() == commit[0]:
                self._kept[key] = commit, table
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return table

    def _newest(self, key: str) -> Commit | None:
        if self._place.is_remote:
            return None
        folder = Path(self._place.uri(key))
        version = newest_in_log(folder)
        if version is None:
            return None
        try:
            found = os.stat(folder / LOG / f"{version:020}.json")  # noqa: PTH116 # asked often
        except OSError:
            return None  # only a checkpoint is left of it
        return version, found.st_ino, found.st_mtime_ns
