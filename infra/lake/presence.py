"""Leases in a bucket, which has no locks: an object for each who is there, kept alive.

    <folder>/alone        somebody is alone, or waits to be
    <folder>/writer-…     somebody writes

Each is written anew every minute, and one that was not for ten minutes is of somebody dead. A
writer says that it is there and then looks whether somebody is alone; who wants to be alone says so
and then waits for the writers: of two who begin at once at least one sees the other.
"""

import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from infra.lake.faults import store_errors

if TYPE_CHECKING:
    from s3fs import S3FileSystem

ALONE: Final = "alone"
_WRITER: Final = "writer-"
_BEAT_EVERY_S: Final = 60.0
_DEAD_AFTER: Final = timedelta(minutes=10)


class Presence:
    """One who is there, or tries to be, among those who write a table."""

    def __init__(self, files: "S3FileSystem", folder: str) -> None:
        """Nothing is said yet; `folder` is bucket and prefix."""
        self._files = files
        self._folder = folder
        self._said: str | None = None
        self._is_over = threading.Event()
        self._saying = threading.Lock()

    def is_alone(self) -> bool:
        """Say that we want to be alone, unless somebody does already, and look for writers."""
        if self._said is None and not self._say_first():
            self._bury(ALONE)
            return False
        return not self._living(_WRITER)

    def is_among_writers(self) -> bool:
        """Say that we write, and look whether somebody is alone; if so, unsay it."""
        self._said = f"{_WRITER}{uuid.uuid4().hex}"
        self._files.pipe_file(f"{self._folder}/{self._said}", b"")
        if not self._living(ALONE):
            return True
        self._unsay()
        return False

    def go_on(self) -> None:
        """Keep what was said alive until the end."""
        threading.Thread(target=self._beat, daemon=True).start()

    def end(self) -> None:
        """Be there no more."""
        self._is_over.set()
        self._unsay()

    def _beat(self) -> None:
        while not self._is_over.wait(_BEAT_EVERY_S):
            # The store may be away: nobody else writes then either, and the next beat may pass.
            with self._saying, suppress(*store_errors()):
                if self._said is not None:
                    self._files.pipe_file(f"{self._folder}/{self._said}", b"")

    def _say_first(self) -> bool:
        """Say that we want to be alone; False if somebody has said so."""
        bucket, _, prefix = self._folder.partition("/")
        try:
            self._files.call_s3(
                "put_object", Bucket=bucket, Key=f"{prefix}/{ALONE}", Body=b"", IfNoneMatch="*"
            )
        except OSError as error:
            if "PreconditionFailed" in f"{error} {error.__cause__}":
                return False
            raise
        self._said = ALONE
        return True

    def _unsay(self) -> None:
        with self._saying:
            said, self._said = self._said, None
            if said is not None:
                self._files.rm_file(f"{self._folder}/{said}")

    def _bury(self, name: str) -> None:
        """Take away what one who is dead has said."""
        if not self._living(name) and self._files.exists(f"{self._folder}/{name}"):
            self._files.rm_file(f"{self._folder}/{name}")

    def _living(self, prefix: str) -> bool:
        found = self._files.find(self._folder, detail=True).values()
        limit = datetime.now(UTC) - _DEAD_AFTER
        return any(
            entry["LastModified"] >= limit
            for entry in found
            if str(entry["name"]).rpartition("/")[2].startswith(prefix)
        )
