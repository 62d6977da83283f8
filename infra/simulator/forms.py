"""The forms in which publishers write: CSV, JSON, GeoJSON, workbooks, Parquet, packed files."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, Form
from infra.simulator.spoil import Sheet, Spoiled, spoiled_parts
from infra.simulator.workbook import workbook

# Packed files would else tell when they were packed.
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Csv:
    """A table of text; `above` are lines that stand over its header."""

    sheet: Sheet
    above: Sequence[str] = ()

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        for line in self.above:
            yield (line + self.sheet.line_end).encode(self.sheet.encoding)
        yield from spoiled_parts(self.sheet, batch.rows, batch.spoiled, header=True)


@dataclass(frozen=True)
class JsonLines:
    """One record a line; a line that was cut off is no JSON."""

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        for line in batch.lines(with_cut=True):
            yield (line + "\n").encode()


@dataclass(frozen=True)
class JsonList:
    """A list of records within a document, such as `{"data":[` and `]}`.

    In place of a record that was cut off stands a remark of the publisher's own server.
    """

    before: str = "["
    after: str = "]"

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        yield self.before.encode()
        lost = sum(bad.cut > 0 for bad in batch.spoiled)
        remarks = ['"record non disponibile"'] * lost
        for place, line in enumerate([*remarks, *batch.lines()]):
            yield ((",\n" if place else "\n") + line).encode()
        yield f"\n{self.after}\n".encode()


@dataclass(frozen=True)
class GeoJson:
    """A collection of features: the column `geometry` holds GeoJSON, the others are properties."""

    name: str

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        name = json.dumps(self.name, ensure_ascii=False)
        yield f'{{"type":"FeatureCollection","name":{name},"features":['.encode()
        for place, line in enumerate(batch.lines()):
            record = json.loads(line)
            geometry = record.pop("geometry")
            feature = {
                "type": "Feature",
                "properties": record,
                "geometry": json.loads(geometry) if geometry else None,
            }
            text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
            yield ((",\n" if place else "\n") + text).encode()
        yield b"\n]}\n"


@dataclass(frozen=True)
class Workbook:
    """One sheet of a workbook; `above` are lines that stand over its header."""

    sheet: str
    above: Sequence[str] = ()

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        rows = [list(record.values()) for record in batch.records()]
        yield workbook(self.sheet, [*([line] for line in self.above), batch.rows.columns, *rows])


@dataclass(frozen=True)
class Parquet:
    """A Parquet file; its bad cells are of the column's own type."""

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        content = io.BytesIO()
        _with_spoiled(batch.rows, batch.spoiled).write_parquet(content, compression="zstd")
        yield content.getvalue()


@dataclass(frozen=True)
class Gzip:
    """Another form, packed by gzip as it is written."""

    inner: Form

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
            for part in self.inner.parts(batch):
                file.write(part)
                if packed.tell():
                    yield packed.getvalue()
                    packed.seek(0)
                    packed.truncate()
        yield packed.getvalue()


@dataclass(frozen=True)
class Zipped:
    """Another form as the one member of a zip."""

    inner: Form
    member: str

    def parts(self, batch: Batch) -> Iterator[bytes]:
        """The bytes of the file."""
        yield zipped({self.member: b"".join(self.inner.parts(batch))})


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip with these members, the same bytes whenever it is made."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            entry = zipfile.ZipInfo(name, date_time=_LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member)
    return content.getvalue()


def _with_spoiled(rows: pl.DataFrame, spoiled: Sequence[Spoiled]) -> pl.DataFrame:
    pieces, done = [], 0
    for bad in sorted(spoiled, key=lambda bad: bad.at):
        pieces.append(rows[done : bad.at + 1 if bad.is_extra else bad.at])
        done = bad.at + 1
        cells = [
            pl.Series(name, [cell]).cast(rows.schema[name]) for name, cell in bad.cells.items()
        ]
        pieces.append(rows[bad.at].with_columns(cells))
    return pl.concat([*pieces, rows[done:]])
