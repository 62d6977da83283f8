"""What hides values from a byte scan: compressed streams and zip; tables are in `tables`."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final, Protocol

from infra.scan.hits import Findings

_PIECE_BYTES: Final = 2**20
# A container within a container is opened in memory, up to this size and this deep.
_NESTED_BYTES: Final = 512 * 2**20
_DEEPEST: Final = 6
_STREAMS: Final = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x78\x01": "zlib",
    b"\x78\x5e": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}
_FILES: Final = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PAR1": "parquet",
    b"PARE": "encrypted parquet",
    b"ARROW1\x00\x00": "arrow",
    b"SQLite format 3\x00": "sqlite",
}
# Two or three bytes that any other file may start with: what then does not open is no container.
_WEAK: Final = frozenset({"zlib", "bz2"})
_BROKEN: Final = (
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
FIRST_BYTES: Final = bytes(sorted({start[0] for start in (*_STREAMS, *_FILES)}))


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def kind_of(head: bytes) -> str | None:
    """Say which container starts like this; None for none we know."""
    starts = {**_STREAMS, **_FILES}
    return next((kind for start, kind in starts.items() if head.startswith(start)), None)


def search_stream(pieces: Iterable[bytes], findings: Findings, *, path: str, trail: str) -> None:
    """Look for canaries in a stream, also where one piece ends and the next begins."""
    overlap, kept, position = findings.matcher.longest - 1, b"", 0
    for piece in pieces:
        block = kept + piece

        def place(start: int, end: int, seen: int = len(kept), base: int = position) -> str:
            return f"byte {base - seen + start}" if end > seen else ""

        findings.search(block, path=path, trail=trail, place=place)
        position += len(piece)
        kept = block[-overlap:] if overlap else b""


def look_inside(file: BinaryIO, findings: Findings, *, path: str, trail: str) -> None:
    """Open a container, and those in it, and look into all of it.

    What claims to be a container and does not open is noted as unreadable.
    """
    head = file.read(32)
    kind = kind_of(head)
    if kind is None:
        return
    file.seek(0)
    trail = f"{trail}{kind} > "
    if trail.count(" > ") > _DEEPEST:
        findings.unreadable(path, trail, "containers within containers, too deep")
        return
    try:
        if kind == "zip":
            _look_into_zip(file, findings, path=path, trail=trail)
        elif kind in _FILES.values():
            from infra.scan.tables import look_into_tables

            look_into_tables(kind, file, findings, path=path, trail=trail)
        else:
            look_into_stream(_unpacked(kind, file), findings, path=path, trail=trail)
    except _BROKEN:
        if kind not in _WEAK:
            findings.unreadable(path, trail, "it does not open to its end")


def look_into_stream(pieces: Iterator[bytes], findings: Findings, *, path: str, trail: str) -> None:
    """Look for canaries in an unpacked stream and, if that is a container, within it."""
    first = next(pieces, b"")
    if kind_of(first) is None:
        search_stream(chain((first,), pieces), findings, path=path, trail=trail)
        return
    whole = bytearray(first)
    for piece in pieces:
        whole += piece
        if len(whole) > _NESTED_BYTES:
            findings.unreadable(path, trail, "a container within a container, too large")
            search_stream(chain((bytes(whole),), pieces), findings, path=path, trail=trail)
            return
    content = bytes(whole)
    search_stream((content,), findings, path=path, trail=trail)
    look_inside(io.BytesIO(content), findings, path=path, trail=trail)


def _unpacked(kind: str, file: BinaryIO) -> Iterator[bytes]:
    match kind:
        case "gzip":
            return _pieces(gzip.GzipFile(fileobj=file))
        case "bz2":
            return _pieces(bz2.BZ2File(file))
        case "xz":
            return _pieces(lzma.LZMAFile(file))
        case "zlib":
            return _inflated(file)
        case _:
            import pyarrow as pa

            return _pieces(pa.CompressedInputStream(pa.PythonFile(file, mode="r"), kind))


def _pieces(file: _Readable) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE_BYTES), b"")


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    for packed in _pieces(file):
        rest = packed
        while rest and not inflater.eof:
            yield inflater.decompress(rest, _PIECE_BYTES)
            rest = inflater.unconsumed_tail
    yield inflater.flush()
    if not inflater.eof:
        raise EOFError


def _look_into_zip(file: BinaryIO, findings: Findings, *, path: str, trail: str) -> None:
    with zipfile.ZipFile(file) as archive:
        for number, info in enumerate(archive.infolist(), start=1):
            member = f"{trail}member {number} > "
            name = info.filename.encode("utf-8", "surrogatepass")
            findings.search(name, path=path, trail=member, place=lambda *_: "name")
            if info.is_dir():
                continue
            try:
                with archive.open(info) as content:
                    look_into_stream(_pieces(content), findings, path=path, trail=member)
            except _BROKEN:
                findings.unreadable(path, member, "it does not open to its end")
