"""The log of a table as the files it consists of: what they say unopened, and how it is cut short.

deltalake gives one mark at a time and reads the log for each: 0.6 ms, half a second for the windows
of two years, where this takes a hundredth of one. To open a table of sixty commits takes it 3 ms,
and a run asks for the version of each some ten times.
"""

import json
import os
import re
from pathlib import Path
from typing import Final

import polars as pl

from infra.errors import TwinError
from infra.lake.places import Place

# A commit, or a checkpoint that outlived its own.
_VERSION: Final = re.compile(r"([0-9]{20})\.(?:json|checkpoint\.(?:.*\.)?parquet)")
COMMIT: Final = re.compile(r"[0-9]{20}\.json")
_NUMBER: Final = re.compile(r"[0-9]{20}(?=\.)")
_POINTER: Final = "_last_checkpoint"
LOG: Final = "_delta_log"


def newest_in_log(table: Path) -> int | None:
    """The newest version of a table; None if there is no table."""
    try:
        names = os.listdir(table / LOG)  # noqa: PTH208 # paths of thousands of files cost
    except (FileNotFoundError, NotADirectoryError):
        return None
    return max((int(found[1]) for found in map(_VERSION.fullmatch, names) if found), default=None)


def marks_in_log(table: Path, version: int) -> dict[str, int] | None:
    """All marks a table has at a version; None where its log is not laid out as we write it."""
    log = table / LOG
    try:
        found, after = _in_checkpoint(log)
        for number in range(after + 1, version + 1):
            with (log / f"{number:020}.json").open(encoding="utf-8") as lines:
                for action in (json.loads(line) for line in lines if '"txn"' in line):
                    if "txn" in action:
                        found[action["txn"]["appId"]] = action["txn"]["version"]
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return None
    return found if after <= version else None


def _in_checkpoint(log: Path) -> tuple[dict[str, int], int]:
    """The marks in the newest checkpoint, and its version; -1 if there is none."""
    pointer = log / _POINTER
    if not pointer.exists():
        return {}, -1
    after = int(json.loads(pointer.read_text(encoding="utf-8"))["version"])
    # One of several parts has another name: it is not found, and nothing is said of its marks.
    with (log / f"{after:020}.checkpoint.parquet").open("rb") as checkpoint:
        marks = pl.read_parquet(checkpoint, columns=["txn"])["txn"].drop_nulls()
    names, values = marks.struct.field("appId"), marks.struct.field("version")
    return dict(zip(names, values, strict=True)), after


class Log:
    """The files in which a table says what it is made of."""

    def __init__(self, place: Place, key: str) -> None:
        """Nothing is listed yet."""
        self._place = place
        self._folder = f"{place.uri(key)}/{LOG}"

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
            found = _NUMBER.match(name)
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
