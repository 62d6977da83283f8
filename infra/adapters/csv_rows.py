"""Reading CSV row by row: a line that cannot be read costs itself, never its neighbours.

Blocks in which every line is one record go straight through polars. In the others polars
parses the lines that surely are one record each, and only the odd ones are looked at one by one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from infra.adapters.clean import Rows, rows_at_once, schema_of
from infra.adapters.dialect import Dialect, sniff
from infra.adapters.encoding import Text
from infra.adapters.grammar import Grammar
from infra.adapters.layout import column_names, without_unnamed
from infra.adapters.lines import Lines, OddLines
from infra.adapters.raw import LINE, Table, refusals

if TYPE_CHECKING:
    from infra.adapters.form import FileForm

MAX_LINE_BYTES: Final = 1024**2
# A record of several lines is no longer than a line may be: it never reaches over a whole block.
# polars parses a block of this size on all cores, one of a quarter of it on one.
_BLOCK_BYTES: Final = 16 * MAX_LINE_BYTES
_PIECE_BYTES: Final = 4 * _BLOCK_BYTES
# What is copied at once stays below 32 MB: from there on the C library asks the system for new
# memory each time, and a copy costs four times as much as one into memory that was used before.
_COPIED_BYTES: Final = 31 * MAX_LINE_BYTES
_FEW: Final = 3


class _Block(NamedTuple):
    """Some whole lines: where they are, the number of the first, and their rows if read at once."""

    start: int
    end: int
    first: int
    rows: Rows | None


def read_csv(text: Text, adapter: "FileForm") -> Table:
    """Read a CSV file as declared, and as sniffed where nothing is declared."""
    tables = list(csv_in_pieces(text, adapter))
    if len(tables) == 1:
        return tables[0]
    return Table(
        pl.concat([table.frame for table in tables], how="diagonal", rechunk=False),
        pl.concat([table.refused for table in tables]),
    )


def csv_in_pieces(text: Text, adapter: "FileForm") -> Iterator[Table]:
    """Yield the same rows piece by piece where the file is large and no record can span lines."""
    dialect = sniff(text.content, adapter)
    quote = dialect.grammar.quote.encode()
    start = _offset_of(text.content, dialect.layout.first_line)
    is_small = len(text.content) - start <= _PIECE_BYTES
    if is_small or (quote and text.content.find(quote, start) != -1):
        yield _table(*_read(text, dialect, adapter), dialect)
        return
    for block in _blocks(text, dialect, adapter.comment, size=_COPIED_BYTES):
        if block.rows is not None:
            yield _table(block.rows.frame, block.rows.refused, dialect)
        else:
            frame, odd = _read_lines(text, block, dialect, adapter.comment)
            yield _table(frame, odd.refused, dialect)
            del frame
        del block  # so that one piece is gone before the next one is read


def _table(frame: pl.DataFrame, refused: list[tuple[int, str]], dialect: Dialect) -> Table:
    """Rows under the names of their columns."""
    names = dialect.layout.names
    frame = without_unnamed(frame, names)
    kept = [int(column) for column in frame.columns if column != LINE]
    all_names = column_names(names)
    return Table(frame.rename({str(i): all_names[i] for i in kept}), refusals(refused))


def _offset_of(content: bytes, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = content.find(b"\n", offset) + 1
        if offset == 0:
            return len(content)
    return offset


def _may_be_clean(text: Text, block: _Block, comment: str | None) -> bool:
    """Whether no line of the block must be treated on its own, as far as its bytes tell at once."""
    content, start, end = text.content, block.start, block.end
    if content.endswith(b"\r", start, end):
        return False
    if text.undecodable:
        place = bisect_left(text.undecodable, block.first)
        lines = content.count(b"\n", start, end)
        if text.undecodable[place : place + 1] and text.undecodable[place] <= block.first + lines:
            return False
    if comment and content.find(comment.encode(), start, end) >= 0:
        return False
    while start + MAX_LINE_BYTES < end:
        start = content.rfind(b"\n", start, start + MAX_LINE_BYTES) + 1
        if start == 0:
            return False
    return True


def _read(
    text: Text, dialect: Dialect, adapter: "FileForm"
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    frames = [pl.DataFrame(schema={**schema_of(dialect), LINE: pl.Int64()})]
    refused: list[tuple[int, str]] = []
    joined = doubtful = 0
    for block in _merged(_blocks(text, dialect, adapter.comment, size=_BLOCK_BYTES)):
        if block.rows is not None:
            frames.append(block.rows.frame)
            refused += block.rows.refused
            continue
        frame, odd = _read_lines(text, block, dialect, adapter.comment)
        frames.append(frame)
        refused += odd.refused
        joined += odd.joined_count
        doubtful += odd.doubtful_count
    if (
        dialect.grammar.quote
        and adapter.quote is None
        and joined == doubtful > _FEW
        and dialect.layout.width > 1
    ):
        plain = Dialect(Grammar(dialect.grammar.separator, ""), dialect.layout)
        return _read(text, plain, adapter)
    return pl.concat(frames, rechunk=False), refused


def _read_lines(
    text: Text, block: _Block, dialect: Dialect, comment: str | None
) -> tuple[pl.DataFrame, OddLines]:
    """The rows of a block that could not be read at once, and what its odd lines hold."""
    part = Text(text.content[block.start : block.end], text.encoding, text.undecodable)
    lines = Lines.of(part, dialect, first=block.first, comment=comment, longest=MAX_LINE_BYTES)
    odd = lines.read_odd()
    return lines.rows(schema_of(dialect), odd), odd


def _blocks(text: Text, dialect: Dialect, comment: str | None, *, size: int) -> Iterator[_Block]:
    """Yield the body in blocks of about so many bytes, read where they are clean."""
    content, first = text.content, dialect.layout.first_line
    start = _offset_of(content, first)
    while start < len(content):
        end = content.find(b"\n", min(start + size, len(content))) + 1 or len(content)
        block = _Block(start, end, first, None)
        rows = None
        if _may_be_clean(text, block, comment):
            rows = rows_at_once(content[start:end], dialect, first=first)
        yield block._replace(rows=rows)
        first += content.count(b"\n", start, end) if rows is None else rows.lines_count
        start = end


def _merged(blocks: Iterable[_Block]) -> list[_Block]:
    """Put neighbours that are not clean together: a record may reach from one to the next.

    It cannot end in a clean block, where quotation marks pair up on every line.
    """
    out: list[_Block] = []
    for block in blocks:
        if out and out[-1].rows is None and block.rows is None:
            out[-1] = out[-1]._replace(end=block.end)
        else:
            out.append(block)
    return out
