"""The plain way for each protocol: fetch with a library, read with polars, write to Delta."""

import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import polars as pl

from tests.bench.sources import PAGE, Sources

Plain = Callable[[Sources, Path], int]
_PORTAL_PAGE: Final = 50_000


def write(frame: pl.DataFrame, folder: Path) -> int:
    """Write a table as gemello compresses it; how many rows."""
    from deltalake import WriterProperties

    properties = WriterProperties(compression="ZSTD", compression_level=1)
    options = {"writer_properties": properties}
    frame.write_delta(str(folder / "copy"), delta_write_options=options)
    return frame.height


def fetched(url: str) -> bytes:
    """What a server answers."""
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
    return body


def csv(sources: Sources, folder: Path) -> int:
    """One request, one read."""
    return write(pl.read_csv(fetched(f"{sources.web}/files/csv/sessions.csv")), folder)


def jsonl(sources: Sources, folder: Path) -> int:
    """The same of JSON lines."""
    content = fetched(f"{sources.web}/files/jsonl/sessions.jsonl")
    return write(pl.read_ndjson(io.BytesIO(content)), folder)


def parquet(sources: Sources, folder: Path) -> int:
    """The same of Parquet."""
    content = fetched(f"{sources.web}/files/parquet/sessions.parquet")
    return write(pl.read_parquet(io.BytesIO(content)), folder)


def http_json(sources: Sources, folder: Path) -> int:
    """Page after page until all are there."""
    rows: list[Any] = []  # what JSON holds
    count = 1
    while len(rows) < count:
        query = urlencode({"offset": len(rows), "limit": PAGE})
        page = json.loads(fetched(f"{sources.web}/api/offset/http_json?{query}"))["data"]
        rows += page["items"]
        count = page["count"]
    return write(pl.DataFrame(rows), folder)


def socrata(sources: Sources, folder: Path) -> int:
    """Page after page, by offset, as the portal's manual shows it."""
    rows: list[Any] = []  # what JSON holds
    while True:
        query = urlencode({"$limit": _PORTAL_PAGE, "$offset": len(rows), "$order": ":id"})
        page = json.loads(fetched(f"{sources.web}/resource/abcd-0001.json?{query}"))
        rows += page
        if len(page) < _PORTAL_PAGE:
            return write(pl.DataFrame(rows), folder)


def ckan(sources: Sources, folder: Path) -> int:
    """The package, then its file."""
    package = json.loads(fetched(f"{sources.web}/api/3/action/package_show?id=ckan"))
    return write(pl.read_csv(fetched(package["result"]["resources"][0]["url"])), folder)


def gtfs(sources: Sources, folder: Path) -> int:
    """One member of the zip."""
    content = fetched(f"{sources.web}/files/gtfs/gtfs.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as feed:
        return write(pl.read_csv(feed.read("stop_times.txt")), folder)


def sftp(sources: Sources, folder: Path) -> int:
    """One file of an SSH server."""
    import asyncio

    import asyncssh

    address, access = urlsplit(sources.sftp), Path(sources.access)

    async def get() -> bytes:
        async with (
            asyncssh.connect(
                address.hostname or "",
                address.port or 22,
                username=address.username,
                client_keys=[access / "key"],
                known_hosts=str(access / "known_hosts"),
                config=None,
            ) as connection,
            connection.start_sftp_client() as client,
            client.open(f"{address.path}/sessions.csv", "rb") as file,
        ):
            content: bytes = await file.read()
            return content

    return write(pl.read_csv(asyncio.run(get())), folder)


PLAIN: Final[dict[str, Plain]] = {
    way.__name__: way for way in (csv, jsonl, parquet, http_json, socrata, ckan, gtfs, sftp)
}
