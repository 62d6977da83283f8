"""A store of named bytes in a local folder or under `s3://bucket/prefix`: whole objects or none.

Names are given by our own code (`publisher/dataset/id`), never by a publisher.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from infra.errors import TwinError

_UNFINISHED: Final = ".unfinished"


@dataclass(frozen=True)
class Stored:
    """One object as the store lists it."""

    name: str
    bytes_count: int
    modified_at: datetime


class ObjectStore(Protocol):
    """What the sealed archive needs of a store. Every failure of the store is a TwinError."""

    def put_new(self, name: str, content: bytes) -> bool:
        """Store under a name nobody has used; False, and nothing changed, if it is taken."""

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """Store the pieces one after the other, whole or not at all; give the number of bytes."""

    def get(self, name: str) -> bytes | None:
        """Read a small object; None if there is none."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO | None]:
        """Open an object to be read from start to end; None if there is none."""

    def list(self, prefix: str = "") -> list[Stored]:
        """All objects in the folder of this name, however deep, by name."""

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is fine."""

    def sweep(self, before: datetime) -> int:
        """Remove what writers killed before this moment left unfinished; give the count."""

    def hidden_count(self) -> int:
        """How many older versions and uploads that were not completed are kept, unlisted."""


def open_store(location: str) -> ObjectStore:
    """Say which store lies at a folder or `s3://bucket/prefix`; nothing is read or made yet."""
    if location.startswith("s3://"):
        from infra.objects_s3 import S3Store

        return S3Store(location)
    return LocalStore(Path(location))


def create_file(path: Path, content: bytes, *, mode: int = 0o666) -> bool:
    """Make a file with all its content at once, never replacing one; False if the name is taken.

    Safe under several processes: the name appears by a hard link to a finished file.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        _write_synced(unfinished, (content,), mode)
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return False
        _sync_folder(path.parent)
        return True
    finally:
        unfinished.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Put a file with all its content at once in the place of another."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        _write_synced(unfinished, (content,), mode)
        unfinished.replace(path)
        _sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_synced(path: Path, pieces: Iterable[bytes], mode: int) -> int:
    count = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        for piece in pieces:
            count += file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return count


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def storage_errors(
    place: str, doing: str, failures: tuple[type[Exception], ...] = (OSError,)
) -> Iterator[None]:
    """Turn what a disk or a bucket answers into a TwinError that says what to do about it."""
    try:
        yield
    except failures as error:
        code = getattr(error, "errno", None)
        if isinstance(error, PermissionError):
            why = "not allowed; check the permissions of the folder, or the AWS_* credentials"
        elif code in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            why = "no space left; make room and run again, nothing half-written was kept"
        elif isinstance(error, FileNotFoundError):
            why = "no such bucket or folder; create it or correct the setting"
        else:
            kind = errno.errorcode.get(code, "") if isinstance(code, int) else ""
            why = f"the store failed ({kind or type(error).__name__}); check that it can be reached"
        raise TwinError(f"{place}: could not {doing}: {why}") from None


class LocalStore:
    """Objects are files; a name appears only when the file is complete and on the disk."""

    def __init__(self, folder: Path) -> None:
        """Objects lie in this folder, which is made when the first is written."""
        self._folder = folder

    def put_new(self, name: str, content: bytes) -> bool:
        """See ObjectStore."""
        with storage_errors(str(self._folder), "write"):
            return create_file(self._made(name), content)

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """See ObjectStore."""
        with storage_errors(str(self._folder), "write"):
            path = self._made(name)
            unfinished = path.with_name(f".{secrets.token_hex(8)}{_UNFINISHED}")
            try:
                count = _write_synced(unfinished, pieces, 0o666)
                unfinished.replace(path)
                _sync_folder(path.parent)
            finally:
                unfinished.unlink(missing_ok=True)
            return count

    def get(self, name: str) -> bytes | None:
        """See ObjectStore."""
        with storage_errors(str(self._folder), "read"), suppress(FileNotFoundError):
            return (self._folder / name).read_bytes()
        return None

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO | None]:
        """See ObjectStore."""
        file: BinaryIO | None = None
        with storage_errors(str(self._folder), "read"):
            with suppress(FileNotFoundError):
                file = (self._folder / name).open("rb")
            try:
                yield file
            finally:
                if file is not None:
                    file.close()

    def list(self, prefix: str = "") -> list[Stored]:
        """See ObjectStore."""
        found = []
        with storage_errors(str(self._folder), "list"):
            for path in self._files(self._folder / prefix):
                if not path.name.endswith(_UNFINISHED):
                    with suppress(FileNotFoundError):
                        found.append(self._stored(path))
        return sorted(found, key=lambda stored: stored.name)

    def delete(self, name: str) -> None:
        """See ObjectStore."""
        with storage_errors(str(self._folder), "delete"):
            (self._folder / name).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """See ObjectStore."""
        count = 0
        with storage_errors(str(self._folder), "delete"):
            for path in self._files(self._folder):
                if path.name.endswith(_UNFINISHED):
                    with suppress(FileNotFoundError):
                        if self._stored(path).modified_at < before:
                            path.unlink()
                            count += 1
        return count

    def hidden_count(self) -> int:
        """See ObjectStore: a folder keeps no older versions."""
        return 0

    def _made(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _stored(self, path: Path) -> Stored:
        status = path.stat()
        name = path.relative_to(self._folder).as_posix()
        return Stored(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _files(self, folder: Path) -> Iterator[Path]:
        for parent, _, names in os.walk(folder):
            yield from (Path(parent, name) for name in names)
