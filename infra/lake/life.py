"""Who of this machine is still there: a locked file for each, whose lock ends with its process.

    <temporary folder>/gemello-<user>/<id>

A bucket cannot tell that a process died. Whoever sees its file can: here, since the machine was
started, and where the temporary folder is the same. Elsewhere nobody can, and it counts as alive.
"""

import fcntl
import os
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# A copy of this machine's disk has the files, too, and none of the processes.
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Life:
    """The sign that this process goes on, from now until `end` or its death."""

    def __init__(self) -> None:
        """Without a folder for it there is no sign, and nobody will know of a death."""
        self.id = f"{_boot()}.{uuid.uuid4().hex}"
        self._handle: int | None = None
        with suppress(OSError):
            handle = os.open(_folder() / self.id, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._handle = handle

    def end(self) -> None:
        """Take the sign away."""
        handle, self._handle = self._handle, None
        if handle is not None:
            _remove(self.id)
            os.close(handle)


def is_seen_dead(id_: str) -> bool:
    """Whether whoever has this id is seen to have died; False, too, where nobody can know."""
    handle = _sign(id_)
    if handle is None:
        return False
    try:
        return _is_free(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def burying(id_: str) -> Iterator[bool]:
    """As `is_seen_dead`, for the one who then acts for the dead: no other is told so meanwhile.

    Nor is any later, unless that failed.
    """
    handle = _sign(id_)
    if handle is None:
        yield False
        return
    try:
        # Who was told so before us has taken the sign away.
        is_dead = _is_free(handle, fcntl.LOCK_EX) and os.fstat(handle).st_nlink > 0
        yield is_dead
        if is_dead:
            _remove(id_)
    finally:
        os.close(handle)


def _is_free(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(id_: str) -> int | None:
    """The sign of whoever has this id, opened; None if it is not of this machine, as it runs."""
    boot = id_.partition(".")[0]
    if not boot or boot != _boot():
        return None
    try:
        return os.open(_folder() / Path(id_).name, os.O_RDWR)
    except OSError:
        return None


def _remove(id_: str) -> None:
    with suppress(OSError):
        (_folder() / Path(id_).name).unlink()


def _folder() -> Path:
    """The folder of the signs, ours alone; OSError if it is somebody else's."""
    folder = Path(tempfile.gettempdir()) / f"gemello-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError(f"{folder.name} is not ours alone")
    return folder


def _boot() -> str:
    """What tells this start of the machine from all others; empty where nothing does."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
