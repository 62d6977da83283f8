"""From the files of a delivery to its rows: unpack, recognise the format, read, put together."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from infra.adapters.csv_rows import csv_in_pieces
from infra.adapters.encoding import as_utf8, is_ascii_like
from infra.adapters.json_lines import read_jsonl
from infra.adapters.json_rows import read_geojson, read_json
from infra.adapters.packed import Member, format_of_name, unpack
from infra.adapters.parquet import read_parquet
from infra.adapters.raw import LINE, PAYLOAD, RawRows, Table, refusals
from infra.adapters.remains import unpacked
from infra.adapters.spreadsheet import read_xlsx
from infra.adapters.web_page import HEAD_BYTES, is_web_page
from infra.arrivals import Payload
from infra.errors import ContractError

if TYPE_CHECKING:
    from infra.adapters.form import FileForm, Melt

_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
# Of a frame of texts, which is about twice as large as its file.
_PIECE_BYTES: Final = 64 * 1024**2
_BINARY: Final = {"parquet": b"PAR1", "xlsx": b"PK\x03\x04"}


def read_payloads(adapter: "FileForm", payloads: Sequence[Payload]) -> RawRows:
    """All rows of a delivery, in the order of its files.

    Raises ContractError, naming the place of the file in the delivery, if a file cannot be read.
    """
    return _together(adapter, list(_read(adapter, payloads)))


def read_in_pieces(adapter: "FileForm", payloads: Sequence[Payload]) -> Iterator[RawRows]:
    """Yield the same rows, in the same order, in pieces: a large delivery never is read whole.

    A piece has some rows of a large CSV, or all of some smaller files.
    """
    piece: list[_Placed] = []
    size = 0
    for placed in _read(adapter, payloads):
        piece.append(placed)
        size += int(placed.table.frame.estimated_size())
        if size >= _PIECE_BYTES:
            yield _together(adapter, piece)
            piece, size = [], 0
        del placed  # so that one piece is gone before the next one is read
    if piece or not payloads:
        yield _together(adapter, piece)


class _Placed(NamedTuple):
    """A table, or a piece of one, and the place of its file in the delivery."""

    table: Table
    position: int


def _read(adapter: "FileForm", payloads: Sequence[Payload]) -> Iterator[_Placed]:
    for position, payload in enumerate(payloads):
        try:
            for table in _read_payload(adapter, payload):
                yield _Placed(table, position)
                del table
        except ContractError as error:
            raise ContractError(
                f"file {position + 1} of {len(payloads)} in the delivery: {error}"
            ) from None


def _together(adapter: "FileForm", placed: Sequence[_Placed]) -> RawRows:
    frames = [_with_place(table.frame, position) for table, position in placed]
    refused = [_with_place(table.refused, position) for table, position in placed]
    nothing = _with_place(refusals(()), 0)
    frame = _stacked(frames or [nothing.select(PAYLOAD, LINE)])
    names = [name for name in frame.columns if name not in (PAYLOAD, LINE)]
    return RawRows(
        # Taken column by column: `select` would first copy all blocks of the files into one.
        frame=pl.DataFrame([frame[name] for name in (*names, PAYLOAD, LINE)]),
        refused=pl.concat(rows.select(PAYLOAD, LINE, "reason") for rows in [*refused, nothing]),
        decimal=adapter.decimal,
        thousands=adapter.thousands,
        names=tuple(
            _names_of_all([table for table, _ in group])
            for _, group in groupby(placed, key=lambda one: one.position)
        ),
    )


def _with_place(rows: pl.DataFrame, position: int) -> pl.DataFrame:
    place = pl.repeat(position, rows.height, dtype=pl.Int32, eager=True).alias(PAYLOAD)
    return rows.hstack([place])


def _read_payload(adapter: "FileForm", payload: Payload) -> Iterator[Table]:
    """The files of one payload; the lines of a zip's files count on from one file to the next."""
    if payload.stands_for is not None:
        yield unpacked(payload.content)
        return
    before = 0
    for member in unpack(payload.name, payload.content, format=adapter.format):
        lines = [before]
        for table in map(partial(_finished, adapter, before), _read_member(adapter, member)):
            last = [table.frame[LINE].max(), table.refused[LINE].max()]
            lines += [line for line in last if isinstance(line, int)]
            yield table
            del table
        before = max(lines)


def _finished(adapter: "FileForm", before: int, table: Table) -> Table:
    """A table as it is asked for, below so many lines of other files."""
    frame = table.frame if adapter.melt is None else melted(table.frame, adapter.melt)
    moved = pl.col(LINE) + before
    return Table(
        frame.with_columns(moved) if before else frame,
        table.refused.with_columns(moved) if before else table.refused,
    )


def _names_of_all(tables: Sequence[Table]) -> frozenset[str] | None:
    """The columns that each of these files has; one without any, an empty list, says nothing."""
    each = [frozenset(table.frame.columns) - {LINE} for table in tables]
    known = [names for names in each if names]
    return frozenset.intersection(*known) if known else None


def _read_member(adapter: "FileForm", member: Member) -> Iterator[Table]:
    content = member.content
    form = adapter.format or format_of_name(member.name) or _recognise(content)
    if not content or (len(content) < HEAD_BYTES and not content.strip(b"\xef\xbb\xbf \t\r\n\0")):
        raise ContractError("the file is empty; ask the publisher to send it again")
    if is_web_page(content):
        raise ContractError(
            f"a web page came in place of {form}: the address has moved or asks for a login"
        )
    _check_kind(content, form, encoding=adapter.encoding)
    if form == "csv":
        yield from csv_in_pieces(as_utf8(content, adapter.encoding), adapter)
    else:
        yield _read_whole(content, form, adapter)


def _read_whole(content: bytes, form: str, adapter: "FileForm") -> Table:
    match form:
        case "xlsx":
            return read_xlsx(content, adapter)
        case "parquet":
            return read_parquet(content)
    text = as_utf8(content, adapter.encoding)
    match form:
        case "jsonl":
            return read_jsonl(text)
        case "geojson":
            return read_geojson(text)
    return read_json(text, adapter)


def _recognise(content: bytes) -> str:
    """The format of a file whose name does not say it."""
    for form, magic in _BINARY.items():
        if content.startswith(magic):
            return form
    head = content[:HEAD_BYTES].removeprefix(_MARKS[2]).lstrip()
    if head.startswith(b"["):
        return "json"
    if not head.startswith(b"{"):
        return "csv"
    if re.match(rb'\{\s*"type"\s*:\s*"Feature', head):
        return "geojson"
    first, newline, rest = content.strip().partition(b"\n")
    is_lines = first.rstrip().endswith(b"}") and newline and rest.lstrip().startswith(b"{")
    return "jsonl" if is_lines else "json"


def _check_kind(content: bytes, form: str, *, encoding: str | None) -> None:
    """Refuse a file that plainly is of another kind than it should be."""
    for kind, magic in _BINARY.items():
        if (form == kind) != content.startswith(magic):
            raise ContractError(
                f"the file is not {kind}" if form == kind else f"the file is {kind}, not {form}"
            )
    head = content[:HEAD_BYTES]
    if encoding is not None and not is_ascii_like(encoding):
        return
    if form not in _BINARY and not head.startswith(_MARKS[:2]) and head.count(0) > len(head) / 20:
        raise ContractError(
            f"the file is not text, as {form} is: declare its encoding or its format"
        )


def _stacked(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """All frames one below the other; a column that one of them lacks is null there."""
    if len(frames) == 1:
        return frames[0]
    if all(frame.schema == frames[0].schema for frame in frames):
        return pl.concat(frames, rechunk=False)  # half as dear as where columns differ
    try:
        return pl.concat(frames, how="diagonal_relaxed", rechunk=False)
    except pl.exceptions.PolarsError:
        raise ContractError(
            "the files of the delivery give one column types that do not fit together"
        ) from None


def melted(frame: pl.DataFrame, melt: "Melt") -> pl.DataFrame:
    """Wide to long: one row for each matching column, nulls included, in the order of the lines."""
    wide = [name for name in frame.columns if name != LINE and re.search(melt.columns, name)]
    others = [name for name in frame.columns if name not in wide]
    if {melt.name, melt.value} & set(others):
        raise ContractError(
            "source.melt: the names for the new columns stand in the file already; choose others"
        )
    if not wide:
        return frame
    long = frame.unpivot(wide, index=others, variable_name=melt.name, value_name=melt.value)
    return long.sort(LINE, maintain_order=True)
