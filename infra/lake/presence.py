"""Leases in a bucket, which has no locks: an object for each who is there, kept alive.

    <folder>/alone             somebody is alone, or waits to be; it holds their id
    <folder>/writer-<id>       somebody writes

Each is written anew every minute, and one that was not for ten minutes is of somebody dead. One
whose death can be seen on this machine (`life`) is dead at once: a command that was killed can be
given again. A writer says that it is there and then looks whether somebody is alone; who wants to
be alone says so and then waits for the writers: of two who begin at once at least one sees the
other.
"""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from infra.lake.faults import store_errors
from infra.lake.life import Life, burying, is_seen_dead

if TYPE_CHECKING:
    from s3fs import S3FileSystem

ALONE: Final = "alone"
_WRITER: Final = "writer-"
_BEAT_EVERY_S: Final = 60.0
_DEAD_AFTER: Final = timedelta(minutes=10)
# Later than this another machine might be burying the same, while we take it over.
_TAKEN_OVER_WITHIN: Final = timedelta(minutes=5)


class Presence:
    """One who is there, or tries to be, among those who write a table."""

    def __init__(self, files: "S3FileSystem", folder: str) -> None:
        """Nothing is said yet; `folder` is bucket and prefix."""
        self._files = files
        self._folder = folder
        self._life = Life()
        self._said: str | None = None
        self._is_over = threading.Event()
        self._saying = threading.Lock()

    def is_alone(self) -> bool:
        """Say that we want to be alone, unless somebody does already, and look for writers."""
        if self._said is None and not self._say_first() and not self._take_over():
            self._bury()
            return False
        return not self._has_writers()

    def is_among_writers(self) -> bool:
        """Say that we write, and look whether somebody is alone; if so, unsay it."""
        self._say(f"{_WRITER}{self._life.id}")
        if not self._is_somebody_alone():
            return True
        self._unsay()
        return False

    def go_on(self) -> None:
        """Keep what is said alive until the end."""
        threading.Thread(target=self._beat, daemon=True).start()

    def end(self) -> None:
        """Be there no more."""
        self._is_over.set()
        try:
            self._unsay()
        finally:
            self._life.end()

    def _beat(self) -> None:
        while not self._is_over.wait(_BEAT_EVERY_S):
            # The store may be away: nobody else writes then either, and the next beat may pass.
            with self._saying, suppress(*store_errors()):
                if self._said is not None and self._is_ours(self._said):
                    self._say(self._said)

    def _say(self, name: str) -> None:
        self._said = name
        self._files.pipe_file(f"{self._folder}/{name}", self._life.id.encode())

    def _say_first(self) -> bool:
        """Say that we want to be alone; False if somebody has said so."""
        bucket, _, prefix = self._folder.partition("/")
        body = self._life.id.encode()
        try:
            self._files.call_s3(
                "put_object", Bucket=bucket, Key=f"{prefix}/{ALONE}", Body=body, IfNoneMatch="*"
            )
        except OSError as error:
            if "PreconditionFailed" not in f"{error} {error.__cause__}":
                raise
            # It may have been we ourselves, in a request whose answer was lost.
            if self._id_alone() != self._life.id:
                return False
        self._said = ALONE
        return True

    def _take_over(self) -> bool:
        """Say that we want to be alone in the place of one who is seen to have died."""
        id_ = self._id_alone()
        if id_ is None:
            return False
        with burying(id_) as is_dead:
            # Read again: whoever was told of this death before us has said so by now.
            is_left = is_dead and self._id_alone() == id_
            if is_left and self._was_said(ALONE, within=_TAKEN_OVER_WITHIN):
                self._say(ALONE)
                return True
        return False

    def _unsay(self) -> None:
        with self._saying:
            said, self._said = self._said, None
            if said is not None and self._is_ours(said):
                self._files.rm_file(f"{self._folder}/{said}")

    def _is_ours(self, name: str) -> bool:
        """Whether it is still we who said so: who slept for ten minutes was taken for dead."""
        return name != ALONE or self._id_alone() in (None, self._life.id)

    def _bury(self) -> None:
        """Take away what one who is dead, wherever, has said: that they want to be alone."""
        address = f"{self._folder}/{ALONE}"
        if not self._was_said(ALONE, within=_DEAD_AFTER) and self._files.exists(address):
            self._files.rm_file(address)

    def _is_somebody_alone(self) -> bool:
        if not self._was_said(ALONE, within=_DEAD_AFTER):
            return False
        id_ = self._id_alone()
        return id_ is not None and not is_seen_dead(id_)

    def _has_writers(self) -> bool:
        """Whether any writer lives; what one has said who is seen to have died is taken away."""
        limit = datetime.now(UTC) - _DEAD_AFTER
        living = False
        for name, said_at in self._said_at().items():
            if not name.startswith(_WRITER) or said_at < limit:
                continue
            with burying(name.removeprefix(_WRITER)) as is_dead:
                if is_dead:
                    self._files.rm_file(f"{self._folder}/{name}")
            living |= not is_dead
        return living

    def _id_alone(self) -> str | None:
        """The id of who is alone or wants to be; None if nobody does."""
        try:
            content = self._files.cat_file(f"{self._folder}/{ALONE}")
        except FileNotFoundError:
            return None
        return bytes(content).decode("ascii", errors="replace")

    def _was_said(self, name: str, *, within: timedelta) -> bool:
        said_at = self._said_at().get(name)
        return said_at is not None and said_at >= datetime.now(UTC) - within

    def _said_at(self) -> dict[str, datetime]:
        """What is said by anybody, and when it was last."""
        found = self._files.find(self._folder, detail=True).values()
        return {str(entry["name"]).rpartition("/")[2]: entry["LastModified"] for entry in found}
