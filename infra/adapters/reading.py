"""From the files of a delivery to its rows: unpack, recognise the format, read, put together."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.adapters.csv_rows import read_csv
from infra.adapters.encoding import as_utf8, is_ascii_like
from infra.adapters.json_rows import read_geojson, read_json, read_jsonl
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
_BINARY: Final = {"parquet": b"PAR1", "xlsx": b"PK\x03\x04"}


def read_payloads(adapter: "FileForm", payloads: Sequence[Payload]) -> RawRows:
    """All rows of a delivery, in the order of its files.

    Raises ContractError, naming the place of the file in the delivery, if a file cannot be read.
    """
    frames: list[pl.DataFrame] = []
    refused: list[pl.DataFrame] = []
    brought: list[frozenset[str] | None] = []
    for position, payload in enumerate(payloads):
        try:
            tables = _read_payload(adapter, payload)
        except ContractError as error:
            raise ContractError(
                f"file {position + 1} of {len(payloads)} in the delivery: {error}"
            ) from None
        table = _together(tables)
        brought.append(_names_of_all(tables))
        frames.append(_placed(table.frame, position))
        refused.append(_placed(table.refused, position).select(PAYLOAD, LINE, "reason"))
    if not frames:
        frames = [_placed(pl.DataFrame(schema={LINE: pl.Int64()}), 0)]
        refused = [_placed(refusals(()), 0).select(PAYLOAD, LINE, "reason")]
    frame = _stacked(frames)
    names = [name for name in frame.columns if name not in (PAYLOAD, LINE)]
    return RawRows(
        # Taken column by column: `select` would first copy all blocks of the files into one.
        frame=pl.DataFrame([frame[name] for name in (*names, PAYLOAD, LINE)]),
        refused=pl.concat(refused),
        decimal=adapter.decimal,
        thousands=adapter.thousands,
        names=tuple(brought),
    )


def _placed(rows: pl.DataFrame, position: int) -> pl.DataFrame:
    place = pl.repeat(position, rows.height, dtype=pl.Int32, eager=True).alias(PAYLOAD)
    return rows.hstack([place])


def _read_payload(adapter: "FileForm", payload: Payload) -> list[Table]:
    """The files of one payload; the lines of a zip's files count on from one file to the next."""
    if payload.stands_for is not None:
        return [unpacked(payload.content)]
    tables: list[Table] = []
    before = 0
    for member in unpack(payload.name, payload.content, format=adapter.format):
        table = _read_member(adapter, member)
        if adapter.melt is not None:
            table = Table(melted(table.frame, adapter.melt), table.refused)
        if before:
            moved = pl.col(LINE) + before
            table = Table(table.frame.with_columns(moved), table.refused.with_columns(moved))
        tables.append(table)
        last = [tables[-1].frame[LINE].max(), tables[-1].refused[LINE].max()]
        before = max([before, *(line for line in last if isinstance(line, int))])
    return tables


def _together(tables: Sequence[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    return Table(
        _stacked([table.frame for table in tables]), pl.concat([table.refused for table in tables])
    )


def _names_of_all(tables: Sequence[Table]) -> frozenset[str] | None:
    """The columns that each of these files has; one without any, an empty list, says nothing."""
    each = [frozenset(table.frame.columns) - {LINE} for table in tables]
    known = [names for names in each if names]
    return frozenset.intersection(*known) if known else None


def _read_member(adapter: "FileForm", member: Member) -> Table:
    content = member.content
    form = adapter.format or format_of_name(member.name) or _recognise(content)
    if not content or (len(content) < HEAD_BYTES and not content.strip(b"\xef\xbb\xbf \t\r\n\0")):
        raise ContractError("the file is empty; ask the publisher to send it again")
    if is_web_page(content):
        raise ContractError(
            f"a web page came in place of {form}: the address has moved or asks for a login"
        )
    _check_kind(content, form, encoding=adapter.encoding)
    match form:
        case "xlsx":
            return read_xlsx(content, adapter)
        case "parquet":
            return read_parquet(content)
    text = as_utf8(content, adapter.encoding)
    match form:
        case "json":
            return read_json(text, adapter)
        case "jsonl":
            return read_jsonl(text)
        case "geojson":
            return read_geojson(text)
    return read_csv(text, adapter)


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
