"""Unpacking gzip and zip within limits: a small file must not fill the memory."""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from infra.errors import ContractError

MAX_UNPACKED_BYTES: Final = 4 * 1024**3
# Tables of mostly empty cells shrink some hundred times; below this size the ratio says nothing.
MAX_RATIO: Final = 250
_RATIO_COUNTS_FROM_BYTES: Final = 64 * 1024**2
_STEP: Final = 1024**2
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_LAYERS: Final = 2
TABULAR: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".geojson": "geojson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


class Member(NamedTuple):
    """One file as its publisher packed it. The name is untrusted text and never leaves the seal."""

    name: str
    content: bytes


@dataclass
class _Budget:
    """How much may still be unpacked from a file of this size."""

    packed_bytes: int
    unpacked_bytes: int = 0

    def take(self, count: int) -> None:
        self.unpacked_bytes += count
        total = self.unpacked_bytes
        if total > MAX_UNPACKED_BYTES:
            raise ContractError(
                f"the file unpacks to more than {MAX_UNPACKED_BYTES // 1024**3} GiB; ask the "
                "publisher to split it"
            )
        if total > _RATIO_COUNTS_FROM_BYTES and total > MAX_RATIO * self.packed_bytes:
            raise ContractError(
                f"the file unpacks to more than {MAX_RATIO} times its size, as a zip bomb does; "
                "nothing of it was read"
            )


def unpack(name: str, content: bytes, *, format: str | None) -> list[Member]:  # noqa: A002
    """The files in a payload: itself if it is not packed, the tabular members of a zip otherwise.

    `format` restricts the members of a zip to those of a declared format. Raises ContractError for
    a damaged, encrypted or oversized file and for a zip without tables.
    """
    return _unpack(Member(name, content), format, _Budget(len(content)), _LAYERS)


def _unpack(member: Member, wanted: str | None, budget: _Budget, layers: int) -> list[Member]:
    if layers and member.content.startswith(_GZIP):
        inner = Member(member.name.removesuffix(".gz"), _gunzip(member.content, budget))
        return _unpack(inner, wanted, budget, layers - 1)
    if layers and member.content.startswith(_ZIP):
        with _archive(member.content) as archive:
            if not _is_workbook(archive):
                found = list(_members(archive, wanted, budget))
                if not found:
                    raise ContractError("the zip holds no file of a tabular format")
                return [part for one in found for part in _unpack(one, wanted, budget, layers - 1)]
    return [member]


def named_members(content: bytes, names: Collection[str]) -> dict[str, bytes]:
    """The files of a zip that are called so, whichever folder of it they are in.

    A file that is not there is left out. Raises ContractError for what is no zip, a damaged,
    encrypted or oversized one, and where a name stands in several folders alike.
    """
    if not content.startswith(_ZIP):
        raise ContractError("the file is not a zip; look at what the address gives")
    budget = _Budget(len(content))
    with _archive(content) as archive:
        places: dict[str, list[zipfile.ZipInfo]] = {}
        for info in archive.infolist():
            *folders, base = info.filename.split("/")
            if base in names and "__MACOSX" not in folders:
                places.setdefault(base, []).append(info)
        return {
            base: b"".join(_pieces(archive, _outermost(base, found), budget))
            for base, found in sorted(places.items())
        }


def _outermost(name: str, found: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    depths = [info.filename.count("/") for info in found]
    if depths.count(min(depths)) > 1:
        raise ContractError(f"the zip holds {name} more than once; ask for one feed a zip")
    return found[depths.index(min(depths))]


def dates_of_members(content: bytes, names: Collection[str]) -> list[datetime]:
    """When the files of a zip that are called so were last changed, on a clock without a zone."""
    with _archive(content) as archive:
        stated = [i.date_time for i in archive.infolist() if i.filename.split("/")[-1] in names]
    dates = []
    for parts in stated:
        with contextlib.suppress(ValueError):  # a month 0 is how some tools say nothing
            dates.append(datetime(*parts))  # noqa: DTZ001 # it has no zone
    return dates


def check_workbook(content: bytes) -> None:
    """Refuse a workbook (a zip of XML) that is damaged or unpacks to more than the limits."""
    budget = _Budget(len(content))
    with _archive(content) as archive:
        for info in archive.infolist():
            for _ in _pieces(archive, info, budget):
                pass


def _gunzip(content: bytes, budget: _Budget) -> bytes:
    out: list[bytes] = []
    view = memoryview(content)
    stream, position = zlib.decompressobj(31), 0
    try:
        while position < len(view):
            piece: bytes | memoryview = view[position : position + _STEP]
            position += len(piece)
            while piece and not stream.eof:
                out.append(stream.decompress(piece, 16 * _STEP))
                budget.take(len(out[-1]))
                piece = stream.unconsumed_tail
            if stream.eof:
                position -= len(stream.unused_data)
                # Several gzip files one after the other are one file; zeros pad a tape block.
                while position < len(view) and view[position] == 0:
                    position += 1
                if position < len(view):
                    stream = zlib.decompressobj(31)
        if not stream.eof:
            # What zlib still holds once the input has ended.
            out.append(stream.flush())
            budget.take(len(out[-1]))
    except zlib.error:
        raise ContractError(
            "the gzip file is damaged; ask the publisher to send it again"
        ) from None
    if not stream.eof:
        raise ContractError(
            "the gzip file ends too early: it was cut short on the way; fetch it again"
        )
    return b"".join(out)


def _archive(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, OSError):
        raise ContractError(
            "the zip file is damaged or was cut short on the way; fetch it again"
        ) from None


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    return "[Content_Types].xml" in archive.namelist()


def _members(archive: zipfile.ZipFile, wanted: str | None, budget: _Budget) -> Iterator[Member]:
    found = []
    for info in archive.infolist():
        *folders, base = info.filename.split("/")
        if info.is_dir() or base.startswith(".") or "__MACOSX" in folders:
            continue
        form = format_of_name(base)
        if form is not None and wanted in (None, form):
            found.append((base, info))
    # Beside files that say what they are, a .txt is a licence or a note.
    tables = [one for one in found if not one[0].lower().endswith(".txt")] or found
    for base, info in tables:
        yield Member(base, b"".join(_pieces(archive, info, budget)))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> Iterator[bytes]:
    try:
        with archive.open(info) as file:
            while piece := file.read(16 * _STEP):
                budget.take(len(piece))
                yield piece
    except RuntimeError:
        raise ContractError(
            "the zip file is encrypted; ask the publisher for an open one"
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise ContractError(
            "a file inside the zip is damaged; ask the publisher to send it again"
        ) from None


def format_of_name(name: str) -> str | None:
    """The format a file name claims, also behind a packing suffix; None if it claims none."""
    lower = name.lower().removesuffix(".gz").removesuffix(".zip")
    dot = lower.rfind(".")
    return TABULAR.get(lower[dot:]) if dot >= 0 else None
