"""Fetching files by SFTP: once their upload has ended, again after a fault of the network."""

import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from infra.adapters.fetch import Place
from infra.adapters.sftp_access import Account, connection_to
from infra.arrivals import Payload
from infra.errors import ContractError, PublisherUnavailable

if TYPE_CHECKING:
    from infra.adapters.sftp import Ready
    from infra.adapters.sftp_files import Files, RemoteFile

# Before the second and the third attempt, more or less.
PAUSES_S: Final = (1.0, 4.0)
_JITTER: Final = (0.5, 1.5)
_Kept = dict[tuple["RemoteFile", date | None], Payload]


def fetch_by_sftp(account: Account, places: Sequence[Place], ready: "Ready") -> list[Payload]:
    """All files at these addresses whose upload has ended, in order; within one address by name.

    The files of one address are taken together or not at all. Raises PublisherUnavailable if the
    server does not answer, or if nothing is whole yet; ContractError if it is not the server that
    was agreed, or does not let us in.
    """
    import asyncssh

    asyncssh.set_log_level("CRITICAL")  # it would log the names of files
    kept: _Kept = {}
    for pause in (*PAUSES_S, None):
        try:
            # A thread of its own: the caller's may have an event loop already.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asyncio.run, _fetched(account, places, ready, kept)).result()
        except asyncssh.HostKeyNotVerifiable:
            raise ContractError(
                f"{account.written}: the server's key is not the one that was agreed; nothing was "
                "said to it. Ask the publisher, by another way than this, whether it has a new key"
            ) from None
        except asyncssh.PermissionDenied:
            raise ContractError(
                f"{account.written}: the server does not accept our user with this password or "
                "key; correct the access folder, or ask the publisher"
            ) from None
        except asyncssh.SFTPPermissionDenied:
            raise ContractError(
                f"{account.written}: our user may not read what is there; ask the publisher"
            ) from None
        except (OSError, asyncssh.Error) as error:
            if pause is None:
                raise PublisherUnavailable(_outage(account, error)) from None
        time.sleep(pause * random.uniform(*_JITTER))  # noqa: S311 # no secret
    raise AssertionError  # the last round returns or raises


def _outage(account: Account, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"{account.written}: the server did not answer in time; try later"
    # What breaks off is a ConnectionError too, but for the one refused before it began.
    if isinstance(error, ConnectionRefusedError) or (
        isinstance(error, OSError) and not isinstance(error, ConnectionError)
    ):
        return f"{account.written}: the server cannot be reached; try later"
    return f"{account.written}: the connection broke off before all was sent; try later"


async def _fetched(
    account: Account, places: Sequence[Place], ready: "Ready", kept: _Kept
) -> list[Payload]:
    """One attempt. What it has fetched it also keeps for the next."""
    from infra.adapters.sftp_files import TIMEOUT_S, Files

    payloads: list[Payload] = []
    async with connection_to(account) as connection:
        # Closing the connection closes the client; a silent server is not waited for twice.
        async with asyncio.timeout(TIMEOUT_S):
            client = await connection.start_sftp_client(path_encoding=None)
        files = Files(connection, client, ready)
        found = [(place, await files.at(place)) for place in places]
        whole = await files.whole([file for _, there in found for file in there])
        for place, there in found:
            if whole.issuperset(there):
                payloads += [await _payload(file, place, files, kept) for file in there]
    waiting = sum(len(there) for _, there in found)
    if waiting and not payloads:
        sign = f"no {ready.suffix} lies beside them" if ready.suffix else "they still change"
        raise PublisherUnavailable(
            f"{account.written}: files are there, but not all of them are whole: {sign}; try later"
        )
    return payloads


async def _payload(file: "RemoteFile", place: Place, files: "Files", kept: _Kept) -> Payload:
    key = (file, place.window_start)
    if key not in kept:
        content = await files.content(file)
        if content is None:
            raise PublisherUnavailable(
                f"{place.written}: a file changed or went away while it was fetched; try later"
            )
        changed_at = datetime.fromtimestamp(file.changed_s, UTC)
        kept[key] = Payload(file.name, content, changed_at, place.window_start)
    return kept[key]
