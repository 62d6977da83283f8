"""The files on an SSH server: which match an address, which are whole, and what they hold."""

import asyncio
import fnmatch
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from infra.adapters.fetch import Place
from infra.adapters.web import MAX_FETCHED_BYTES
from infra.errors import ContractError

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SSHClientConnection

    from infra.adapters.sftp import Ready

TIMEOUT_S: Final = 60
_Answer = TypeVar("_Answer")
_PIECE: Final = 4 * 1024**2
_MAGIC: Final = "*?["


class RemoteFile(NamedTuple):
    """A file as it was when it was looked at. Its path is untrusted text."""

    path: bytes
    size: int
    changed_s: int

    @property
    def name(self) -> str:
        """Its name without folders; what is no UTF-8 in it is replaced."""
        return self.path.rpartition(b"/")[2].decode(errors="replace")


class Files:
    """The files of a server that one connection sees; each folder is listed once."""

    def __init__(
        self, connection: "SSHClientConnection", client: "SFTPClient", ready: "Ready"
    ) -> None:
        """Look through this client; `ready` says how an upload that has ended is recognised."""
        self._connection = connection
        self._client = client
        self._ready = ready
        self._names: dict[bytes, dict[bytes, bool]] = {}

    async def at(self, place: Place) -> list[RemoteFile]:
        """The files an address stands for, by name: one, or those that match its pattern."""
        start, parts = _parts(place.address)
        paths = [start]
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            paths = [p for path in paths for p in await self._below(path, part, is_last=is_last)]
        marker = (self._ready.suffix or "").encode()
        if marker:
            paths = [path for path in paths if not path.endswith(marker)]
        found = [await self._look(path) for path in sorted(paths)]
        return [file for file in found if file is not None]

    async def whole(self, files: Sequence[RemoteFile]) -> set[RemoteFile]:
        """Those of these files whose upload has ended. An empty one has only begun."""
        if self._ready.suffix is not None:
            return {file for file in files if await self._has_marker(file, self._ready.suffix)}
        if not files:
            return set()
        await asyncio.sleep(self._ready.stable_s or 0)
        return {file for file in files if file.size and await self._look(file.path) == file}

    async def content(self, file: RemoteFile) -> bytes | None:
        """What a file holds; None if it is no longer what it was when it was looked at.

        Raises ContractError for a file that is too large.
        """
        import asyncssh

        if file.size > MAX_FETCHED_BYTES:
            raise ContractError(
                f"a file is larger than {MAX_FETCHED_BYTES // 1024**3} GiB; ask the "
                "publisher to split it"
            )
        pieces: list[bytes] = []
        try:
            remote = await self._in_time(self._client.open(file.path, "rb"))
            for offset in range(0, file.size, _PIECE):
                pieces.append(await self._in_time(remote.read(_PIECE, offset)))
            await self._in_time(remote.close())
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        content = b"".join(pieces)
        return (
            content if len(content) == file.size and await self._look(file.path) == file else None
        )

    async def _below(self, folder: bytes, part: str, *, is_last: bool) -> list[bytes]:
        """The paths below a folder that a part of an address stands for."""
        if not any(mark in part for mark in _MAGIC):
            return [_joined(folder, part.encode())]
        return [
            _joined(folder, name)
            for name, may_be_folder in (await self._listed(folder)).items()
            if (is_last or may_be_folder)
            and fnmatch.fnmatchcase(name.decode(errors="surrogateescape"), part)
            and (part.startswith(".") or not name.startswith(b"."))
        ]

    async def _listed(self, folder: bytes) -> dict[bytes, bool]:
        """The names in a folder and whether each may be one itself; none if it is not there."""
        import asyncssh

        if folder not in self._names:
            try:
                listed = await self._in_time(self._client.readdir(folder or b"."))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
                listed = []
            no_folder = (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_SPECIAL)
            self._names[folder] = {
                entry.filename: entry.attrs.type not in no_folder
                for entry in listed
                if isinstance(entry.filename, bytes) and entry.filename not in (b".", b"..")
            }
        return self._names[folder]

    async def _look(self, path: bytes) -> RemoteFile | None:
        """The file as it is now; None if there is none."""
        import asyncssh

        try:
            attrs = await self._in_time(self._client.stat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
            return None
        if attrs.type not in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
            return None
        return RemoteFile(path, attrs.size or 0, int(attrs.mtime or 0))

    async def _in_time(self, asked: Awaitable[_Answer]) -> _Answer:
        """What the server answers; TimeoutError, and the connection is over, if it does not."""
        # Cancelling is not enough: asyncssh would then wait for the answer to its own closing.
        asking = asyncio.ensure_future(asked)
        if not (await asyncio.wait({asking}, timeout=TIMEOUT_S))[0]:
            self._connection.abort()
            await asyncio.wait({asking})
            asking.exception()
            raise TimeoutError
        return asking.result()

    async def _has_marker(self, file: RemoteFile, suffix: str) -> bool:
        folder, slash, name = file.path.rpartition(b"/")
        folder = folder or slash
        stem = name.rpartition(b".")[0] or name
        places = [_joined(folder, one + suffix.encode()) for one in (name, stem)]
        return any([await self._look(place) is not None for place in places])


def _parts(address: str) -> tuple[bytes, list[str]]:
    """Where the path of an address starts, the root or our user's home, and its parts."""
    path = address.partition("://")[2].partition("/")[2]
    home, _, below = path.partition("/")
    start, path = (b"", below) if home == "~" else (b"/", path)
    return start, [part for part in path.split("/") if part]


def _joined(folder: bytes, name: bytes) -> bytes:
    return folder + name if folder in (b"", b"/") else folder + b"/" + name
