"""Fetching files from a folder, a web server or object storage, as bytes, with their date.

Messages name the address as the contract writes it, never what was found there.
"""

import glob
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from infra.adapters.web import MAX_FETCHED_BYTES, NotThereError, Web
from infra.arrivals import Arrivals, Known, Payload, Receipt
from infra.errors import ContractError, NothingDelivered, PublisherUnavailable

_STORE_TIMEOUT_S: Final = 60
_AT_ONCE: Final = 8


class Place(NamedTuple):
    """An address to look at, how the contract writes it, and the window it is for."""

    address: str
    written: str
    window_start: date | None = None


def fetch(places: list[Place], web: Web, known: Known) -> Arrivals:
    """All files at these addresses, in order; within one address by name.

    A file that is not there is left out. Raises PublisherUnavailable if the publisher does not
    answer, or has nothing and says that it never will again; ContractError for a file that is too
    large.
    """
    if not places:
        return Arrivals([])
    fetchers = [_fetcher(place.address) for place in places]
    if all(fetcher is _from_folder for fetcher in fetchers):
        # A folder answers at once: threads would only cost.
        found = [_from_folder(place, web, known) for place in places]
    else:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda at, fetch: fetch(at, web, known), places, fetchers))
    withdrawn = [one.withdrawn for one in found if one.withdrawn is not None]
    if withdrawn and not any(one.payloads or one.receipt for one in found):
        raise NothingDelivered(str(withdrawn[0]), is_passing=False)
    return Arrivals(
        [payload for one in found for payload in one.payloads],
        receipts=[one.receipt for one in found if one.receipt],
        unchanged=[
            place.window_start
            for place, one in zip(places, found, strict=True)
            if one.receipt is not None and not one.payloads
        ],
    )


class Found(NamedTuple):
    """The files at one address.

    For the web also how the server names what it holds there, even where it sent nothing because
    nothing changed; and whether it says that nothing will ever be there again.
    """

    payloads: list[Payload]
    receipt: Receipt | None = None
    withdrawn: NotThereError | None = None


def _fetcher(address: str) -> Callable[[Place, Web, Known], Found]:
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


def _in_folder(place: Place) -> list[Path]:
    address = place.address
    pattern = unquote(urlsplit(address).path) if address.startswith("file://") else address
    # A name may hold brackets: what exists as written is no pattern.
    names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 # absolute patterns
    return [path for path in map(Path, names) if path.is_file()]


def remove_from_folders(places: list[Place], is_ours: Callable[[bytes], bool]) -> int:
    """Remove the files at these addresses whose content is ours; give how many there were.

    Those that are elsewhere than in a folder stay. A file that cannot be removed raises
    PublisherUnavailable.
    """
    count = 0
    for place in places:
        if _fetcher(place.address) is not _from_folder:
            continue
        for path in _in_folder(place):
            try:
                if is_ours(path.read_bytes()):
                    path.unlink()
                    count += 1
            except OSError:
                raise PublisherUnavailable(
                    f"{place.written}: a file that has landed cannot be removed; it stands there "
                    "in the clear: check the permissions of its folder"
                ) from None
    return count


def _from_folder(place: Place, _web: Web, _known: Known) -> Found:
    payloads = []
    for path in _in_folder(place):
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
    return Found(payloads)


def _from_web(place: Place, web: Web, known: Known) -> Found:
    receipts = [one for one in known.get(place.window_start, ()) if one.url == place.address]
    receipt = receipts[0] if receipts and receipts[0].is_named else None
    try:
        answer = web.get(place.address, known=receipt)
    except NotThereError as failure:
        if place.window_start is None:
            raise
        return Found([], withdrawn=failure if failure.is_for_good else None)
    if answer is None:
        return Found([], receipt)
    name = unquote(urlsplit(place.address).path.rpartition("/")[2])
    payload = Payload(name, answer.body, answer.changed_at, place.window_start)
    return Found([payload], answer.receipt(place.address, place.window_start))


class _Store(Protocol):
    def glob(self, path: str, *, detail: bool) -> dict[str, dict[str, object]]: ...
    def info(self, path: str) -> dict[str, object]: ...
    def cat_file(self, path: str) -> bytes: ...


def _from_store(place: Place, _web: Web, _known: Known) -> Found:
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
    return Found(payloads)


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
        config_kwargs={"connect_timeout": 10, "read_timeout": _STORE_TIMEOUT_S, **style},
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
