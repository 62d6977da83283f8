"""Publishers' CSV with planted defects: clean rows are written as a table, bad ones as text."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl

# So that the text of a whole day of a full city is never in memory at once.
_ROWS_AT_ONCE: Final = 500_000


@dataclass(frozen=True)
class Sheet:
    """How a publisher writes its CSV."""

    separator: str
    encoding: str = "utf-8"
    line_end: str = "\n"
    decimal_comma: bool = False
    decimals: int | None = None

    def write(self, frame: pl.DataFrame, *, header: bool = False) -> bytes:
        """The rows as bytes."""
        content = io.BytesIO()
        frame.write_csv(
            content,
            include_header=header,
            separator=self.separator,
            line_terminator=self.line_end,
            decimal_comma=self.decimal_comma,
            float_precision=self.decimals,
        )
        if self.encoding == "utf-8":
            return content.getvalue()
        return content.getvalue().decode().encode(self.encoding)

    def cells(self, frame: pl.DataFrame, at: int) -> dict[str, str]:
        """One row as the texts that stand in the file."""
        text = self.write(frame[at]).decode(self.encoding)
        (row,) = csv.reader(io.StringIO(text), delimiter=self.separator)
        return dict(zip(frame.columns, row, strict=True))

    def line(self, cells: Sequence[str], encoding: str | None = None) -> bytes:
        """Cells as one line, as they are."""
        return (self.separator.join(cells) + self.line_end).encode(encoding or self.encoding)


@dataclass(frozen=True)
class Spoiled:
    """A bad row made from the clean row `at`: with other cells, or with some cut off at its end.

    It stands in place of the clean row, or after it where `is_extra`. With `encoding`, a table of
    text has it in another encoding than its other lines.
    """

    kind: str
    at: int = 0
    cells: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    is_extra: bool = False
    encoding: str | None = None


def strewn(rng: np.random.Generator, count: int, bad: Sequence[Spoiled]) -> list[Spoiled]:
    """The same bad rows, each at a place of its own among so many clean rows."""
    places = rng.choice(count, len(bad), replace=False)
    return [replace(one, at=int(at)) for one, at in zip(bad, places, strict=True)]


def spoiled_parts(
    sheet: Sheet, frame: pl.DataFrame, spoiled: Sequence[Spoiled], *, header: bool
) -> Iterator[bytes]:
    """The bytes of a table with its bad rows among the clean ones."""
    if header:
        yield sheet.write(frame.clear(), header=True)
    done = 0
    for bad in sorted(spoiled, key=lambda bad: bad.at):
        upto = bad.at + 1 if bad.is_extra else bad.at
        yield from _pieces(sheet, frame[done:upto])
        done = bad.at + 1
        cells = list((sheet.cells(frame, bad.at) | dict(bad.cells)).values())
        yield sheet.line(cells[: len(cells) - bad.cut], bad.encoding)
    yield from _pieces(sheet, frame[done:])


def _pieces(sheet: Sheet, frame: pl.DataFrame) -> Iterator[bytes]:
    for piece in frame.iter_slices(_ROWS_AT_ONCE):
        yield sheet.write(piece)


def clean_rows(frame: pl.DataFrame, spoiled: Sequence[Spoiled]) -> pl.DataFrame:
    """The rows that were written as they are."""
    gone = [bad.at for bad in spoiled if not bad.is_extra]
    return frame.with_row_index("__row").filter(~pl.col("__row").is_in(gone)).drop("__row")


def rows_count(frame: pl.DataFrame, spoiled: Sequence[Spoiled]) -> int:
    """How many rows the file has, header apart."""
    return frame.height + sum(bad.is_extra for bad in spoiled)
