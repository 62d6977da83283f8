"""Reading CSV row by row: a line that cannot be read costs itself, never its neighbours.

Clean files go straight through polars. Otherwise the lines are counted first: polars parses those
that are surely one record each, and only the odd ones are looked at one by one.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from infra.adapters.dialect import Dialect, sniff
from infra.adapters.encoding import Text
from infra.adapters.grammar import Grammar
from infra.adapters.layout import column_names, without_unnamed
from infra.adapters.lines import Lines
from infra.adapters.raw import LINE, Table, refusals

if TYPE_CHECKING:
    from infra.adapters.file import FileAdapter

MAX_LINE_BYTES: Final = 1024**2
_BLOCK: Final = 1024**2


def read_csv(text: Text, adapter: "FileAdapter") -> Table:
    """Read a CSV file as declared, and as sniffed where nothing is declared."""
    dialect = sniff(text.content, adapter)
    body = _offset_of(text.content, dialect.layout.first_line)
    refused = refusals(())
    frame = None
    if _may_be_clean(text, body, adapter.comment):
        frame = _read_clean(text.content, body, dialect)
    if frame is None:
        is_sniffed = adapter.quote is None
        frame, refused = _read_tolerant(
            text, body, dialect, comment=adapter.comment, is_quote_sniffed=is_sniffed
        )
    names = dialect.layout.names
    frame = without_unnamed(frame, names)
    kept = [int(column) for column in frame.columns if column != LINE]
    all_names = column_names(names)
    return Table(frame.rename({str(i): all_names[i] for i in kept}), refused)


def _offset_of(content: bytes, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = content.find(b"\n", offset) + 1
        if offset == 0:
            return len(content)
    return offset


def _schema(dialect: Dialect) -> pl.Schema:
    return pl.Schema({str(i): pl.String() for i in range(dialect.layout.width)})


def _may_be_clean(text: Text, body: int, comment: str | None) -> bool:
    content = text.content
    if text.undecodable or content.endswith(b"\r"):
        return False
    if comment and content.find(comment.encode(), body) >= 0:
        return False
    return not _has_long_line(content, body)


def _has_long_line(content: bytes, start: int) -> bool:
    while start + MAX_LINE_BYTES < len(content):
        end = content.rfind(b"\n", start, start + MAX_LINE_BYTES + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _read_clean(content: bytes, body: int, dialect: Dialect) -> pl.DataFrame | None:
    """The whole body at once; None unless every line surely is one full record."""
    width, first, grammar = dialect.layout.width, dialect.layout.first_line, dialect.grammar
    if body == len(content):
        return pl.DataFrame(schema={**_schema(dialect), LINE: pl.Int64()})
    marks = _count(content, grammar.quote.encode(), body) if grammar.quote else 0
    if marks % 2:
        return None
    is_quoted = marks > 0
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            schema=_schema(dialect),
            separator=grammar.separator,
            quote_char=grammar.quote if is_quoted else None,
            skip_lines=first - 1,
        )
    except pl.exceptions.PolarsError:
        return None
    if is_quoted and not _has_only_whole_quotes(frame, content, body, grammar):
        return None
    # polars refuses a line with too many fields but fills one with too few, and a blank one, with
    # nulls: then the separators tell.
    if frame[str(width - 1)].null_count():
        separators = _count(content, grammar.separator.encode(), body)
        if is_quoted:
            separators -= _count_in_cells(frame, grammar.separator)
        if width == 1 or separators != (width - 1) * frame.height:
            return None
    if is_quoted:
        frame = _with_nulls(frame)
    return frame.with_columns(_numbers(first, frame.height))


def _has_only_whole_quotes(
    frame: pl.DataFrame, content: bytes, body: int, grammar: Grammar
) -> bool:
    """Whether each record stands on one line and each quotation mark wraps a whole field.

    Where no mark is left in a cell, polars took all of them for wrapping.
    """
    lines = _count(content, b"\n", body) + (not content.endswith(b"\n"))
    has_mark = pl.col(pl.String).str.contains(grammar.quote, literal=True).any()
    return frame.height == lines and not any(frame.select(has_mark).row(0))


def _count_in_cells(frame: pl.DataFrame, separator: str) -> int:
    found = pl.col(pl.String).str.count_matches(separator, literal=True).sum()
    return sum(frame.select(found).row(0))


def _with_nulls(frame: pl.DataFrame) -> pl.DataFrame:
    """Null in the place of a quoted nothing."""
    empty = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    is_there = frame.select((pl.col(empty) == "").any()).row(0, named=True)
    names = [name for name in empty if is_there[name]]
    cells = pl.col(names)
    return frame.with_columns(pl.when(cells != "").then(cells).name.keep()) if names else frame


def _numbers(first: int, count: int) -> pl.Series:
    return pl.int_range(first, first + count, dtype=pl.Int64, eager=True).alias(LINE)


def _count(content: bytes, byte: bytes, start: int) -> int:
    codes = np.frombuffer(content, np.uint8, offset=start)
    blocks = range(0, len(codes), _BLOCK)
    return sum(int(np.count_nonzero(codes[at : at + _BLOCK] == byte[0])) for at in blocks)


def _read_tolerant(
    text: Text, body: int, dialect: Dialect, *, comment: str | None, is_quote_sniffed: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    lines = Lines.of(text, body, dialect, comment=comment, longest=MAX_LINE_BYTES)
    odd = lines.read_odd()
    if odd.has_marks_as_text and is_quote_sniffed:
        plain = Dialect(Grammar(dialect.grammar.separator, ""), dialect.layout)
        return _read_tolerant(text, body, plain, comment=comment, is_quote_sniffed=False)
    frame = lines.read_regular(_schema(dialect))
    if (lines.marked & lines.regular).any():
        frame = _with_nulls(frame)
    if odd.records:
        schema = {LINE: pl.Int64(), **_schema(dialect)}
        extra = pl.DataFrame(odd.records, schema=schema, orient="row").select(frame.columns)
        frame = pl.concat([frame, _with_nulls(extra)], rechunk=False).sort(LINE)
    return frame, refusals(odd.refused)
