"""Walking a folder: every name, every byte of every file, and what lies inside containers."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from infra.objects import ObjectStore
from infra.scan.containers import look_inside, search_stream
from infra.scan.hits import Findings, Hit
from infra.scan.jsons import search_json

_CHUNK_BYTES: Final = 4 * 2**20
_WITHHELD: Final = "(name withheld)"


def scan(folder: Path, canaries: Sequence[str]) -> list[Hit]:
    """Look for values in every file under a folder, in every form and container we know of.

    No hits is a proof only if the same scan finds a value that was planted. Links are not followed.
    Raises TwinError for a canary that is too short.
    """
    findings = Findings(canaries)
    for path, shown in _entries(folder, findings):
        if path.is_symlink():
            target = os.fsencode(path.readlink())
            findings.search(target, path=shown, trail="", place=lambda *_: "target of the link")
        elif path.is_file():
            _scan_file(path, shown, findings)
    return findings.hits()


def _entries(folder: Path, findings: Findings) -> Iterator[tuple[Path, str]]:
    """Give each entry and how it may be shown: a name that holds a canary is withheld."""
    shown: dict[Path, Path] = {folder: Path()}
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in [*folders, *sorted(files)]:
            path, text = Path(parent, name), os.fsencode(name)
            is_clean = not findings.is_in(text)
            shown[path] = shown[Path(parent)] / (name if is_clean else _WITHHELD)
            if not is_clean:
                findings.search(text, path=str(shown[path]), trail="", place=lambda *_: "name")
            yield path, str(shown[path])


def _scan_file(path: Path, shown: str, findings: Findings) -> None:
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return
            search_file(file, findings, name=path.name, shown=shown)
    except FileNotFoundError:
        return  # gone since it was listed
    except OSError:
        findings.unreadable(shown, "", "the file cannot be read; check its permissions")


def search_file(file: BinaryIO, findings: Findings, *, name: str, shown: str) -> None:
    """Look into an open file: its bytes, what lies in it if it is a container, and JSON."""
    head = file.read(32)
    file.seek(0)
    pieces = iter(lambda: file.read(_CHUNK_BYTES), b"")
    search_stream(pieces, findings, path=shown, trail="")
    file.seek(0)
    look_inside(file, findings, path=shown, trail="")
    if name.endswith((".json", ".jsonl", ".ndjson", ".geojson")) or head[:1] in b"{[":
        file.seek(0)
        search_json(file, findings, path=shown, trail="")


def search_store(store: ObjectStore, findings: Findings, *, shown: str) -> tuple[int, int]:
    """Look into all objects of a store; how many there were, and how many bytes.

    An object that goes away meanwhile is passed over, as a file is.
    """
    objects_count, bytes_count = 0, 0
    for stored in store.list():
        name, text = stored.name.rpartition("/")[2], stored.name.encode()
        where = f"{shown}/{_WITHHELD if findings.is_in(text) else stored.name}"
        findings.search(text, path=where, trail="", place=lambda *_: "name")
        with store.open(stored.name) as file:
            if file is None:
                continue
            search_file(file, findings, name=name, shown=where)
        objects_count, bytes_count = objects_count + 1, bytes_count + stored.bytes_count
    return objects_count, bytes_count
