"""Fetching files from a folder, a web server or object storage, as bytes, with their date.

Messages name the address as the contract writes it, never what was found there.
"""

import glob
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from infra.arrivals import Payload
from infra.errors import ContractError, PublisherUnavailable

MAX_FETCHED_BYTES: Final = 4 * 1024**3
TIMEOUT_S: Final = 60
_AT_ONCE: Final = 8
_PIECE: Final = 1024**2
_GONE: Final = (404, 410)


class Place(NamedTuple):
    """An address to look at, how the contract writes it, and the window it is for."""

    address: str
    written: str
    window_start: date | None = None


def fetch(places: list[Place]) -> list[Payload]:
    """All files at these addresses, in order; within one address by name.

    A file that is not there is left out. Raises PublisherUnavailable if the publisher does not
    answer, and ContractError for a file that is too large.
    """
    if not places:
        return []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda place: _fetcher(place.address)(place), places)
        return [payload for payloads in found for payload in payloads]


def _fetcher(address: str) -> Callable[[Place], list[Payload]]:
    scheme = address.partition("://")[0].lower() if "://" in address else "file"
    match scheme:
        case "file":
            return _from_folder
        case "http" | "https":
            return _from_web
        case "s3":
            return _from_store
    raise ContractError(
        "source.url: write a path, an http(s) address or s3://bucket/key; other schemes are unknown"
    )


def _check_size(count: int, place: Place) -> None:
    if count > MAX_FETCHED_BYTES:
        raise ContractError(
            f"{place.written}: a file is larger than {MAX_FETCHED_BYTES // 1024**3} GiB; ask the "
            "publisher to split it"
        )


def _from_folder(place: Place) -> list[Payload]:
    address = place.address
    pattern = unquote(urlsplit(address).path) if address.startswith("file://") else address
    # A name may hold brackets: what exists as written is no pattern.
    names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 # absolute patterns
    payloads = []
    for path in map(Path, names):
        if not path.is_file():
            continue
        try:
            stat = path.stat()
            _check_size(stat.st_size, place)
            content = path.read_bytes()
        except OSError:
            raise PublisherUnavailable(
                f"{place.written}: a file is there but cannot be read; check its permissions"
            ) from None
        changed_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        payloads.append(Payload(path.name, content, changed_at, place.window_start))
    return payloads


def _from_web(place: Place) -> list[Payload]:
    request = urllib.request.Request(place.address, headers={"User-Agent": "gemello"})  # noqa: S310 # scheme checked
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 # same
            content = _body(response, place)
            changed_at = _web_date(response.headers)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _GONE and place.window_start is not None:
            return []
        raise PublisherUnavailable(f"{place.written} answered HTTP {error.code}") from None
    except (OSError, HTTPException) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            message = f"{place.written} did not answer within {TIMEOUT_S} s"
        else:
            message = f"{place.written} cannot be reached, or broke off while sending"
        raise PublisherUnavailable(message) from None
    except ValueError:
        raise ContractError(f"{place.written} is not a web address; correct source.url") from None
    name = unquote(urlsplit(place.address).path.rpartition("/")[2])
    return [Payload(name, content, changed_at, place.window_start)]


def _body(response: HTTPResponse, place: Place) -> bytes:
    pieces: list[bytes] = []
    count = 0
    while piece := response.read(_PIECE):
        count += len(piece)
        _check_size(count, place)
        pieces.append(piece)
    expected = response.headers.get("Content-Length", "")
    # Reading in pieces, the library takes a broken connection for the end.
    if expected.isdigit() and int(expected) != count:
        raise PublisherUnavailable(f"{place.written} broke off while sending")
    return b"".join(pieces)


def _web_date(headers: Mapping[str, str]) -> datetime:
    """When the file last changed: as the server says, else the server's present, else ours."""
    for name in ("Last-Modified", "Date"):
        try:
            stated = parsedate_to_datetime(headers.get(name) or "")
        except ValueError:
            continue
        return stated.replace(tzinfo=stated.tzinfo or UTC).astimezone(UTC)
    return datetime.now(UTC)


class _Store(Protocol):
    def glob(self, path: str, *, detail: bool) -> dict[str, dict[str, object]]: ...
    def info(self, path: str) -> dict[str, object]: ...
    def cat_file(self, path: str) -> bytes: ...


def _from_store(place: Place) -> list[Payload]:
    with _store_errors(place):
        store = _store()
        found = _listing(store, place.address)
        payloads = []
        for path, details in sorted(found.items()):
            size, changed_at = details.get("size"), details.get("LastModified")
            if details.get("type") == "directory" or not isinstance(changed_at, datetime):
                continue
            _check_size(size if isinstance(size, int) else 0, place)
            name = path.rpartition("/")[2]
            content = bytes(store.cat_file(path))
            payloads.append(Payload(name, content, changed_at.astimezone(UTC), place.window_start))
    return payloads


def listed_in_store(place: Place) -> dict[str, dict[str, object]]:
    """What an object store says of the objects at an address, by name; nothing is fetched."""
    with _store_errors(place):
        return _listing(_store(), place.address)


def _listing(store: _Store, address: str) -> dict[str, dict[str, object]]:
    if any(mark in address for mark in "*?["):
        return store.glob(address, detail=True)
    try:
        details = store.info(address)
    except FileNotFoundError:
        return {}
    return {str(details["name"]): details}


def _store() -> _Store:
    """Object storage as the AWS_* variables of this process say."""
    import s3fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    style = {"s3": {"addressing_style": "path"}} if endpoint else {}
    store: _Store = s3fs.S3FileSystem(
        endpoint_url=endpoint,
        client_kwargs={"region_name": region} if region else {},
        config_kwargs={"connect_timeout": 10, "read_timeout": TIMEOUT_S, **style},
        use_listings_cache=False,
    )
    return store


@contextmanager
def _store_errors(place: Place) -> Iterator[None]:
    """Turn what the storage library raises into our own errors, without the names it quotes."""
    from botocore.exceptions import (  # type: ignore[import-untyped] # it has no types
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except PermissionError:
        raise PublisherUnavailable(
            f"{place.written}: the object store refuses our key; check AWS_ACCESS_KEY_ID"
        ) from None
    except FileNotFoundError:
        raise PublisherUnavailable(
            f"{place.written}: a file went away while it was fetched"
        ) from None
    except (OSError, BotoCoreError, ClientError):
        raise PublisherUnavailable(
            f"{place.written}: the object store did not answer as it should"
        ) from None
