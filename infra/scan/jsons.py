"""JSON as a reader of it sees the strings: without escapes, however deep JSON lies within JSON."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from infra.scan.cells import search_cells
from infra.scan.hits import Findings

_WHOLE_BYTES: Final = 64 * 2**20
_BATCH_BYTES: Final = 2**20
_DEEPEST: Final = 60
_ESCAPE: Final = re.compile(rb"\\[u/]")


def search_json(file: BinaryIO, findings: Findings, *, path: str, trail: str) -> None:
    """Look into the strings of a JSON document, or of one document a line.

    Only where signs are escaped: elsewhere the bytes of the file have told all already, but for
    quotes and backslashes, which the forms of the values allow for.
    """
    if not any(_ESCAPE.search(piece) for piece in iter(lambda: file.read(_BATCH_BYTES), b"")):
        return
    file.seek(0)
    whole = file.read(_WHOLE_BYTES + 1)
    documents: Iterable[tuple[str, bytes]] = [("json", whole)]
    if len(whole) > _WHOLE_BYTES or not _is_json(whole):
        file.seek(0)
        lines = iter(lambda: file.readline(_WHOLE_BYTES), b"")
        documents = ((f"json line {number}", line) for number, line in enumerate(lines, start=1))
    cells: list[bytes] = []
    places: list[str] = []
    size = 0
    for place, text in documents:
        for cell in _cells(text) if _ESCAPE.search(text) else ():
            cells.append(cell)
            places.append(place)
            size += len(cell)
        if size > _BATCH_BYTES:
            search_cells(cells, findings, path=path, trail=trail, place=places.__getitem__)
            cells, places, size = [], [], 0
    search_cells(cells, findings, path=path, trail=trail, place=places.__getitem__)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _cells(text: bytes) -> list[bytes]:
    """Give all strings of a document; none if it is not JSON."""
    try:
        return [cell.encode("utf-8", "surrogatepass") for cell in _strings(json.loads(text))]
    except (ValueError, RecursionError):
        return []


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        raise ValueError
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return
            yield from _strings(inner, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)
