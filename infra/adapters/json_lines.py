"""Reading JSON Lines: lines laid out alike are read together, all others one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from infra.adapters.encoding import Text
from infra.adapters.json_rows import MAX_LINE_BYTES, TOO_MANY_NAMES, Rows, objects_of, rows_of
from infra.adapters.json_shapes import Shape, learned
from infra.adapters.layout import MAX_COLUMNS, column_names
from infra.adapters.raw import LINE, Table, refusals
from infra.errors import ContractError

_Places = npt.NDArray[np.int64]

_BLOCK_BYTES: Final = 16 * 1024**2
# Of so few lines no shape is learned: to read them one by one is as fast.
_FEW_LINES: Final = 16
_LOOKED_AT: Final = 2_000
_TRIES: Final = 8
_LEAST_SHARE: Final = 0.05
_MOST_SHAPES: Final = 32


def read_jsonl(text: Text) -> Table:
    """Read one object a line; a line that is none is refused alone."""
    file = _File(text)
    for block in _blocks(text.content):
        file.read(block)
    return file.table()


@dataclass(frozen=True, repr=False)
class _Block:
    """Some lines of a file: their text, with line feeds, and the number of the first."""

    content: bytes
    first: int
    starts: _Places

    @property
    def lengths(self) -> _Places:
        """How many bytes each line has, its line feed included."""
        return np.diff(self.starts)

    def lines(self) -> pl.Series:
        """The lines; null for one that is not UTF-8."""
        buffers = [None, pa.py_buffer(self.starts), pa.py_buffer(self.content)]
        array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(self.starts) - 1, buffers)
        return pl.Series(array).cast(pl.String, strict=False)

    def numbered(self, places: _Places) -> Iterator[tuple[int, bytes]]:
        """The lines at these places without their line feeds, each with its number."""
        begins, ends = self.starts[places].tolist(), self.starts[places + 1].tolist()
        for place, begin, end in zip(places.tolist(), begins, ends, strict=True):
            yield self.first + place, self.content[begin:end].removesuffix(b"\n")


def _blocks(content: bytes) -> Iterator[_Block]:
    """The file in pieces of whole lines."""
    begin, first = 0, 1
    while begin < len(content):
        end = content.find(b"\n", begin + _BLOCK_BYTES) + 1 or len(content)
        piece = content[begin:end]
        ends = np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("\n")) + 1
        last = [] if piece.endswith(b"\n") else [len(piece)]
        starts = np.concatenate([[0], ends, last]).astype(np.int64)
        yield _Block(piece, first, starts)
        begin, first = end, first + len(starts) - 1


@dataclass(repr=False)
class _File:
    """What has been read of a file so far.

    `columns` says what frames call the column of a name; `firsts` on which line it came first, and
    at which place there: the order of the columns.
    """

    text: Text
    shapes: list[Shape] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    firsts: dict[str, tuple[int, int]] = field(default_factory=dict)
    frames: list[pl.DataFrame] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def read(self, block: _Block) -> None:
        """Read a block: by the known shapes, by those that it has besides, and with care."""
        lines = block.lines()
        barred = block.lengths > MAX_LINE_BYTES
        for number in self.text.undecodable:
            if 0 <= number - block.first < len(barred):
                barred[number - block.first] = True
        left = np.flatnonzero(~barred)
        parts: list[pl.DataFrame] = []
        untried = list(self.shapes)
        while len(left) >= _FEW_LINES:
            for shape in untried:
                cells = shape.cells(lines.gather(left))
                parts += self._part(shape, cells, block, left)
                left = np.delete(left, cells["place"].to_numpy())
            sample = lines.gather(left[:_LOOKED_AT])
            untried = []
            if len(left) >= _FEW_LINES and len(self.shapes) < _MOST_SHAPES:
                untried = learned(sample, tries=_TRIES, least_share=_LEAST_SHARE)
            if not untried:
                break
            self.shapes += untried
        odd = np.union1d(left, np.flatnonzero(barred))
        objects = objects_of(block.numbered(odd), self.text, self.refused)
        rows = rows_of(objects, self.refused)
        if rows.numbers:
            parts.append(self._careful(rows))
        if parts:
            frame = pl.concat(parts, how="diagonal")
            self.frames.append(frame if len(parts) == 1 else frame.sort(LINE))

    def _part(
        self,
        shape: Shape,
        cells: pl.DataFrame,
        block: _Block,
        left: _Places,
    ) -> list[pl.DataFrame]:
        if cells.is_empty():
            return []
        numbers = block.first + left[cells["place"].to_numpy()]
        columns = [
            cells[str(place)].alias(self._column(name, int(numbers[0]), place))
            for place, name in enumerate(shape.names)
        ]
        return [pl.DataFrame([*columns, pl.Series(LINE, numbers, dtype=pl.Int64)])]

    def _careful(self, rows: Rows) -> pl.DataFrame:
        columns = [
            pl.Series(self._column(name, *rows.firsts[name]), cells, dtype=pl.String)
            for name, cells in rows.columns.items()
        ]
        return pl.DataFrame([*columns, pl.Series(LINE, rows.numbers, dtype=pl.Int64)])

    def _column(self, name: str, line: int, place: int) -> str:
        self.columns.setdefault(name, str(len(self.columns)))
        self.firsts[name] = min(self.firsts.get(name, (line, place)), (line, place))
        if len(self.firsts) > MAX_COLUMNS:
            raise ContractError(TOO_MANY_NAMES)
        return self.columns[name]

    def table(self) -> Table:
        """All that was read."""
        given = sorted(self.firsts, key=self.firsts.__getitem__)
        none = pl.DataFrame(schema={LINE: pl.Int64})
        rows = pl.concat(self.frames, how="diagonal") if self.frames else none
        named = [
            rows[self.columns[name]].alias(tidy)
            for name, tidy in zip(given, column_names(given), strict=True)
        ]
        return Table(pl.DataFrame([*named, rows[LINE]]), refusals(self.refused))
