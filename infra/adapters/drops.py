"""Looking at what lies in a publisher's folder or bucket, without fetching it."""

import glob
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from infra.adapters.fetch import Place, listed_in_store
from infra.adapters.source import WINDOW
from infra.drops import Drop

# What makes a keyed digest of a few texts.
Digest = Callable[[str], str]
_STANDARD: Final = "%Y-%m-%d"
# The marks of a glob.
_TOKENS: Final = re.compile(r"(\*+|\?|\[[^\]]+\])")


class _File(NamedTuple):
    """A file as it was found. The name never leaves this module."""

    name: str
    size: int
    changed_at: datetime


def drops_at(address: str, written: str, *, digest: Digest) -> list[Drop]:
    """Every file at an address, with the window its name says; oldest change first.

    An address on the web shows no files: nothing is found there. Raises PublisherUnavailable if
    the folder or bucket does not answer.
    """
    scheme = address.partition("://")[0].lower() if "://" in address else "file"
    if scheme not in ("file", "s3"):
        return []
    if scheme == "file" and "://" in address:
        address = unquote(urlsplit(address).path)
    window_of = _reader(address)
    pattern = WINDOW.sub("*", address)
    found = _in_store(pattern, written) if scheme == "s3" else _in_folder(pattern)
    drops = [
        Drop(
            digest=digest(f"{file.name}\0{file.size}\0{file.changed_at.isoformat()}"),
            changed_at=file.changed_at,
            window_start=window_of(file.name),
        )
        for file in found
    ]
    if WINDOW.search(address):
        drops = [drop for drop in drops if drop.window_start is not None]
    return sorted(drops, key=lambda drop: (drop.changed_at, drop.digest))


def _in_folder(pattern: str) -> Iterator[_File]:
    names = [pattern] if Path(pattern).is_file() else glob.iglob(pattern, recursive=True)  # noqa: PTH207 # absolute patterns
    for name in names:
        try:
            stat = os.stat(name)  # noqa: PTH116 # a path object for each of thousands of files costs
        except OSError:
            continue  # it went away in between
        if not os.path.isfile(name):  # noqa: PTH113 # same
            continue
        # A file moved here, or copied with its date, is old by its content and new by its place.
        changed = max(stat.st_mtime, stat.st_ctime)
        yield _File(name, stat.st_size, datetime.fromtimestamp(changed, UTC))


def _in_store(pattern: str, written: str) -> Iterator[_File]:
    for name, details in listed_in_store(Place(pattern, written)).items():
        size, changed_at = details.get("size"), details.get("LastModified")
        if details.get("type") == "directory" or not isinstance(changed_at, datetime):
            continue
        count = size if isinstance(size, int) else 0
        yield _File(f"s3://{name}", count, changed_at.astimezone(UTC))


def _reader(address: str) -> Callable[[str], date | None]:
    """A function from a file's name to the window it is for; None where it says none."""
    if not WINDOW.search(address):
        return lambda _: None
    formats: list[str] = []
    pattern, end = "", 0
    for found in WINDOW.finditer(address):
        day = "([^/]+?)"
        if found[1]:  # the end of the window, which its first day says already
            day = "[^/]+?"
        else:
            formats.append(found[2] or _STANDARD)
        pattern += _literal(address[end : found.start()]) + day
        end = found.end()
    compiled = re.compile(pattern + _literal(address[end:]) + "$")
    layout = "\n".join(formats)

    def window_of(name: str) -> date | None:
        match = compiled.match(name)
        if match is None:
            return None
        try:
            return datetime.strptime("\n".join(match.groups()), layout).date()  # noqa: DTZ007 # a day
        except ValueError:
            return None

    return window_of


def _literal(text: str) -> str:
    """The regular expression of a part of a glob."""
    return "".join(map(_token, _TOKENS.split(text)))


def _token(text: str) -> str:
    if text.startswith("*"):
        return ".*"
    if text == "?":
        return "."
    if _TOKENS.fullmatch(text):
        return f"[^{text[2:]}" if text[1] == "!" else text
    return re.escape(text)
