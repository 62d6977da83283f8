"""Reading CSV in which every line is one record: at once, and only if that is certain."""

import re
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from infra.adapters.dialect import Dialect
from infra.adapters.grammar import Grammar
from infra.adapters.raw import LINE
from infra.counting import counted

_BLOCK: Final = 1024**2
BLANKS: Final = b" \t\r\n"


def schema_of(dialect: Dialect) -> pl.Schema:
    """The columns of a frame while it is read: their places, as text."""
    return pl.Schema({str(i): pl.String() for i in range(dialect.layout.width)})


class Rows(NamedTuple):
    """The rows of some lines, the lines refused among them, and how many lines there are."""

    frame: pl.DataFrame
    refused: list[tuple[int, str]]
    lines_count: int


def rows_at_once(content: bytes, dialect: Dialect, *, first: int) -> Rows | None:
    """The rows of some lines, numbered from `first`; None unless each line surely is one record.

    Without quotation marks each is: then those with too few or too many fields are refused.
    """
    quote = dialect.grammar.quote.encode()
    if quote != b"" and quote in content:
        frame = _quoted_rows(content, dialect)
        return None if frame is None else Rows(_numbered(frame, first), [], frame.height)
    return _plain_rows(content, dialect, first)


def _quoted_rows(content: bytes, dialect: Dialect) -> pl.DataFrame | None:
    width, grammar = dialect.layout.width, dialect.grammar
    if _count(content, grammar.quote.encode()) % 2:
        return None
    frame = _parsed(content, dialect, quote=grammar.quote)
    if frame is None or not _has_only_whole_quotes(frame, content, grammar):
        return None
    # polars refuses a line with too many fields but fills one with too few, and a blank one, with
    # nulls: then the separators tell.
    if frame[str(width - 1)].null_count():
        separators = _count(content, grammar.separator.encode())
        separators -= _count_in_cells(frame, grammar.separator)
        if width == 1 or separators != (width - 1) * frame.height:
            return None
    return with_nulls(frame)


def _plain_rows(content: bytes, dialect: Dialect, first: int) -> Rows | None:
    width, separator = dialect.layout.width, dialect.grammar.separator.encode()
    frame = _parsed(content, dialect, quote=None)
    if frame is not None:
        has_short = frame[str(width - 1)].null_count() > 0
        if not has_short or _count(content, separator) == (width - 1) * frame.height:
            return Rows(_numbered(frame, first), [], frame.height) if width > 1 else None
    else:
        frame = _parsed(content, dialect, quote=None, is_cut=True)
    if frame is None or width == 1:
        return None
    starts, fields = _fields_of_lines(content, separator)
    if len(fields) != frame.height:
        return None
    refused: list[tuple[int, str]] = []
    for at in np.flatnonzero(fields != width).tolist():
        if fields[at] > 1 or content[starts[at] : starts[at + 1]].strip(BLANKS):
            refused.append((first + at, other_width(int(fields[at]), width)))
    rows = _numbered(frame, first).filter(pl.Series(fields == width))
    return Rows(rows, refused, frame.height)


def _fields_of_lines(
    content: bytes, separator: bytes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each line begins, and where the last one ends; and how many fields each has."""
    if not content.endswith(b"\n"):
        content += b"\n"
    codes = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero((codes == separator[0]) | (codes == ord("\n")))
    # Among separators and line ends, each line end is as far from the last as there are fields.
    ends = np.flatnonzero(codes[marks] == ord("\n"))
    return np.concatenate([[0], marks[ends] + 1]), np.diff(ends, prepend=-1)


def other_width(fields: int, width: int) -> str:
    """What is said of a line with too few or too many fields."""
    return f"the line has {counted(fields, 'field')}, the table has {width}"


def _parsed(
    content: bytes,
    dialect: Dialect,
    *,
    quote: str | None,
    is_cut: bool = False,
) -> pl.DataFrame | None:
    """What polars makes of some lines; if `is_cut`, fields past the width are left out."""
    try:
        return pl.read_csv(
            content,
            has_header=False,
            schema=schema_of(dialect),
            separator=dialect.grammar.separator,
            quote_char=quote,
            truncate_ragged_lines=is_cut,
        )
    except pl.exceptions.PolarsError:
        return None


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    return frame.hstack([numbers.alias(LINE)])


def _has_only_whole_quotes(frame: pl.DataFrame, content: bytes, grammar: Grammar) -> bool:
    """Whether each record stands on one line and each quotation mark wraps a whole field.

    Where no mark is left in a cell, polars took all of them for wrapping; it also does so where
    an empty quoted field runs on (`""a""`), which is none.
    """
    lines = _count(content, b"\n") + (not content.endswith(b"\n"))
    has_mark = pl.col(pl.String).str.contains(grammar.quote, literal=True).any()
    if frame.height != lines or any(frame.select(has_mark).row(0)):
        return False
    empty = grammar.quote.encode() * 2
    runs_on = re.escape(empty) + b"[^\r\n" + re.escape(grammar.separator.encode()) + b"]"
    return empty not in content or re.search(runs_on, content) is None


def _count_in_cells(frame: pl.DataFrame, separator: str) -> int:
    found = pl.col(pl.String).str.count_matches(separator, literal=True).sum()
    return sum(frame.select(found).row(0))


def with_nulls(frame: pl.DataFrame) -> pl.DataFrame:
    """Null in the place of a quoted nothing."""
    empty = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    is_there = frame.select((pl.col(empty) == "").any()).row(0, named=True)
    names = [name for name in empty if is_there[name]]
    cells = pl.col(names)
    return frame.with_columns(pl.when(cells != "").then(cells).name.keep()) if names else frame


def _count(content: bytes, byte: bytes) -> int:
    codes = np.frombuffer(content, np.uint8)
    blocks = range(0, len(codes), _BLOCK)
    return sum(int(np.count_nonzero(codes[at : at + _BLOCK] == byte[0])) for at in blocks)
