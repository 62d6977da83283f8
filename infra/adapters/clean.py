"""Reading CSV in which every line is one full record: at once, and only if that is certain."""

from typing import Final

import numpy as np
import polars as pl

from infra.adapters.dialect import Dialect
from infra.adapters.grammar import Grammar
from infra.adapters.raw import LINE

_BLOCK: Final = 1024**2


def schema_of(dialect: Dialect) -> pl.Schema:
    """The columns of a frame while it is read: their places, as text."""
    return pl.Schema({str(i): pl.String() for i in range(dialect.layout.width)})


def full_rows(content: bytes, dialect: Dialect, *, first: int) -> pl.DataFrame | None:
    """All rows of some lines, numbered from `first`; None unless each line surely is one."""
    width, grammar = dialect.layout.width, dialect.grammar
    quote = grammar.quote.encode()
    is_quoted = quote != b"" and quote in content
    if is_quoted and _count(content, quote) % 2:
        return None
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            schema=schema_of(dialect),
            separator=grammar.separator,
            quote_char=grammar.quote if is_quoted else None,
        )
    except pl.exceptions.PolarsError:
        return None
    if is_quoted and not _has_only_whole_quotes(frame, content, grammar):
        return None
    # polars refuses a line with too many fields but fills one with too few, and a blank one, with
    # nulls: then the separators tell.
    if frame[str(width - 1)].null_count():
        separators = _count(content, grammar.separator.encode())
        if is_quoted:
            separators -= _count_in_cells(frame, grammar.separator)
        if width == 1 or separators != (width - 1) * frame.height:
            return None
    if is_quoted:
        frame = with_nulls(frame)
    numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True)
    return frame.with_columns(numbers.alias(LINE))


def _has_only_whole_quotes(frame: pl.DataFrame, content: bytes, grammar: Grammar) -> bool:
    """Whether each record stands on one line and each quotation mark wraps a whole field.

    Where no mark is left in a cell, polars took all of them for wrapping.
    """
    lines = _count(content, b"\n") + (not content.endswith(b"\n"))
    has_mark = pl.col(pl.String).str.contains(grammar.quote, literal=True).any()
    return frame.height == lines and not any(frame.select(has_mark).row(0))


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
