"""Reading JSON and GeoJSON: one record a row, nested objects flattened with dots.

Numbers keep the digits they were written with. `infra.adapters.json_lines` reads JSON Lines.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from infra.adapters.encoding import Text
from infra.adapters.layout import MAX_COLUMNS, column_names
from infra.adapters.raw import LINE, Table, refusals
from infra.errors import ContractError

if TYPE_CHECKING:
    from infra.adapters.form import FileForm

MAX_LINE_BYTES: Final = 1024**2
_NOT_AN_OBJECT: Final = "the record is not an object with named values"
_DEEPEST: Final = 100
TOO_MANY_NAMES: Final = f"the records have more than {MAX_COLUMNS:,} names"


class _Number(str):
    """A number as it was written, so that it can be told from text when written again."""

    __slots__ = ()


Json: TypeAlias = "dict[str, Json] | list[Json] | str | bool | None"
DECODER: Final = json.JSONDecoder(
    parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=False
)


def read_json(text: Text, adapter: "FileForm") -> Table:
    """Read a list of objects: the whole file, or what the dotted path `records` leads to.

    Raises ContractError if the file is not JSON or the records are not there.
    """
    value = _document(text)
    place = "the file"
    if adapter.records:
        place = f"source.records '{adapter.records}'"
        for key in adapter.records.split("."):
            if not isinstance(value, dict) or key not in value:
                raise ContractError(f"{place}: the file has no such path; correct it")
            value = value[key]
    if not isinstance(value, list):
        raise ContractError(
            f"{place} is not a list of records: write in source.records the path to the list, "
            "such as data.items"
        )
    return table_of(enumerate(value, 1), [])


def read_geojson(text: Text) -> Table:
    """Read features: their properties, `geometry` as GeoJSON text, and `id` if no property is."""
    value = _document(text)
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = {"features": [value]}
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list):
        raise ContractError("the file is not GeoJSON: it has no list of features")
    return table_of(((number, _feature(item)) for number, item in enumerate(features, 1)), [])


def objects_of(
    lines: Iterable[tuple[int, bytes]], text: Text, refused: list[tuple[int, str]]
) -> Iterator[tuple[int, Json]]:
    """What stands on each numbered line, blank ones apart; a line that is no JSON is refused."""
    undecodable = set(text.undecodable)
    for number, line in lines:
        if number in undecodable:
            refused.append((number, f"the line holds bytes that are not {text.encoding}"))
        elif len(line) > MAX_LINE_BYTES:
            refused.append((number, f"the line is longer than {MAX_LINE_BYTES // 1024**2} MiB"))
        elif line.strip():
            try:
                value = DECODER.decode(line.decode())
            except (json.JSONDecodeError, RecursionError):
                refused.append((number, "the line is not valid JSON"))
            else:
                yield number, value


def _document(text: Text) -> Json:
    if text.undecodable:
        raise ContractError(
            f"line {text.undecodable[0]} of the JSON file holds bytes that are not {text.encoding}"
        )
    try:
        value: Json = DECODER.decode(text.content.decode())
    except json.JSONDecodeError as error:
        raise ContractError(
            f"the file is not valid JSON from line {error.lineno} on; was it cut short?"
        ) from None
    except RecursionError:
        raise ContractError("the JSON file is nested too deeply to be a table") from None
    return value


def _feature(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    properties = item.get("properties")
    row: dict[str, Json] = dict(properties) if isinstance(properties, dict) else {}
    if "geometry" in row:
        row["properties.geometry"] = row["geometry"]
    if "id" not in row and item.get("id") is not None:
        row["id"] = item["id"]
    geometry = item.get("geometry")
    row["geometry"] = None if geometry is None else _compact(geometry)
    return row


@dataclass(frozen=True, repr=False)
class Rows:
    """Records as columns, by the names they were given, and the number of each record.

    `firsts` says of each name in which record it came first, and at which place there.
    """

    columns: dict[str, list[str | None]]
    numbers: list[int]
    firsts: dict[str, tuple[int, int]]


def rows_of(values: Iterable[tuple[int, Json]], refused: list[tuple[int, str]]) -> Rows:
    """Flatten numbered records; what is none, or would lose a value, is refused."""
    columns: dict[str, list[str | None]] = {}
    firsts: dict[str, tuple[int, int]] = {}
    lines: list[int] = []
    for number, value in values:
        if not isinstance(value, dict):
            refused.append((number, _NOT_AN_OBJECT))
            continue
        try:
            cells = _cells(value)
        except _AmbiguousError:
            refused.append((number, "the record names one value twice, or is nested too deeply"))
            continue
        except UnicodeEncodeError:
            refused.append((number, "the record holds half of a character"))
            continue
        for place, (name, cell) in enumerate(cells.items()):
            if name not in columns:
                columns[name] = [None] * len(lines)
                firsts[name] = (number, place)
                if len(columns) > MAX_COLUMNS:
                    raise ContractError(TOO_MANY_NAMES)
            columns[name].append(cell)
        lines.append(number)
        if len(cells) < len(columns):
            for column in columns.values():
                if len(column) < len(lines):
                    column.append(None)
    return Rows(columns, lines, firsts)


def table_of(values: Iterable[tuple[int, Json]], refused: list[tuple[int, str]]) -> Table:
    """Numbered records as a table, beside what was refused already."""
    rows = rows_of(values, refused)
    names = column_names(rows.columns)
    series = [
        pl.Series(name, column, dtype=pl.String)
        for name, column in zip(names, rows.columns.values(), strict=True)
    ]
    frame = pl.DataFrame([*series, pl.Series(LINE, rows.numbers, dtype=pl.Int64)])
    return Table(frame, refusals(refused))


def _cells(record: "dict[str, Json]") -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, cell in _flat(record, "", _DEEPEST):
        # A name that stands twice would lose a value; the later wins only over nothing.
        if cells.get(name) is None:
            cells[name] = cell
        elif cell is not None:
            raise _AmbiguousError
    # An escape such as \ud83d stands for nothing without its other half.
    "".join([*cells, *filter(None, cells.values())]).encode()
    return cells


class _AmbiguousError(Exception):
    """A record that cannot be flattened without losing something."""


def _flat(value: "dict[str, Json]", prefix: str, deepest: int) -> Iterator[tuple[str, str | None]]:
    for key, item in value.items():
        name = prefix + key.strip()
        if isinstance(item, dict):
            if not deepest:
                raise _AmbiguousError
            yield from _flat(item, f"{name}.", deepest - 1)
        else:
            yield name, _text(item)


def _text(value: Json) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return _compact(value)


def _compact(value: Json) -> str:
    """JSON text without blanks, its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        items = (f"{json.dumps(key, ensure_ascii=False)}:{_compact(v)}" for key, v in value.items())
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_compact(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
