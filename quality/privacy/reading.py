"""Cells as delivered → cells of the declared type, and which of them could not be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

import polars as pl

from infra.errors import ContractError
from quality.contract.model import H3, Bands, Column
from quality.contract.types import SERVICE_TIME
from quality.privacy import geometry, instants, native, numbers, service_time
from quality.privacy.canonical import DEFAULT_ENTITY, canonical
from quality.privacy.cells import Repeats, empty, repeats, unread
from quality.privacy.numbers import Dialect, NumberType
from quality.units import unit_of

# A column is read value by value if there are few; a pseudonym is dear enough to do so for many.
_FEW: Final = 0.02
_MANY: Final = 0.5
_TRUE: Final = ("true", "1", "si", "sì", "vero", "yes")
_FALSE: Final = ("false", "0", "no", "falso")
_NUMBERS: Final[dict[str, NumberType]] = {
    "integer": "integer",
    "float": "float",
    "decimal": "decimal",
}
# The rule and the words for a cell that is not what its column holds.
_NOT: Final = {
    "integer": ("not_a_number", "not a whole number"),
    "float": ("not_a_number", "not a number"),
    "decimal": ("not_a_number", "not a number"),
    "boolean": ("not_a_boolean", "neither yes nor no"),
    "date": ("not_a_date", "not a date"),
    "timestamp": ("not_an_instant", "not an instant"),
    "geometry": ("not_a_geometry", "not a geometry in GeoJSON or WKT"),
    "string": ("not_a_text", "not a text"),
    SERVICE_TIME: ("not_a_time", "not a time of a service day, such as 25:10:00"),
}
_PART_IS_EMPTY: Final = ", for one of the columns it is made of is empty"


@dataclass(frozen=True, repr=False)
class Problem:
    """Which rows have a cell that could not be read, and what is said of them."""

    where: pl.Series
    rule: str
    reason: str


@dataclass(frozen=True, repr=False)
class Reading:
    """A column as read: a value for each row, and what is wrong with some of them."""

    cells: Repeats
    problems: tuple[Problem, ...] = ()

    @property
    def rows(self) -> pl.Series:
        """The values, row by row."""
        return self.cells.rows


def check_column(name: str, column: Column) -> None:
    """Raise ContractError for a column that no delivery could fill."""
    try:
        if column.sent_as.format != SERVICE_TIME:
            instants.check_format(column.sent_as.format)
        if column.type in _NUMBERS:
            numbers.unit_factor(column.sent_as.unit, unit_of(name), _NUMBERS[column.type])
    except ContractError as error:
        raise ContractError(f"columns.{name}: {error}") from None


def reads_by_column(column: Column, dialect: Dialect) -> bool:
    """Whether what a cell of this column means is judged by all its cells.

    So it is where the contract does not say how numbers, dates or instants are written.
    """
    if column.sent_as.format is not None:
        return False
    is_number = column.type in _NUMBERS or isinstance(column.treatment, H3 | Bands)
    return (is_number and not dialect.is_certain) or column.type in ("date", "timestamp")


def read_cells(
    delivered: Sequence[pl.Series], name: str, column: Column, dialect: Dialect
) -> Reading:
    """The cells of one of our columns, from the one or several columns it comes from."""
    if column.type in _NUMBERS:
        return read_number(delivered[0], name, column, dialect, type_=_NUMBERS[column.type])
    own = native.times(delivered[0], column) if len(delivered) == 1 else None
    if own is not None:
        return Reading(Repeats(own), _problems(unread(delivered[0], own), name, column.type))
    texts, problems = _joined(delivered, name, column)
    match column.type:
        case "boolean":
            reading = _read(texts, name, column, lambda values: _booleans(values, column))
        case "geometry":
            reading = _read(texts, name, column, _geometries)
        case "timestamp" | "date":
            is_prefix = len(delivered) > 1
            reading = _read(texts, name, column, lambda v: _times(v, column, is_prefix=is_prefix))
        case _:
            reading = _read(texts, name, column, lambda values: values)
    return Reading(reading.cells, (*problems, *reading.problems))


def read_number(
    cells: pl.Series, name: str, column: Column, dialect: Dialect, *, type_: NumberType
) -> Reading:
    """The numbers of one delivered column, in the unit of our column's name.

    Of times of a service day: the seconds since its noon less twelve hours.
    """
    sent_as = column.sent_as
    if sent_as.format == SERVICE_TIME:
        texts, problems = _joined([cells], name, column)
        reading = _read(texts, name, column, service_time.read_service_times)
        return Reading(reading.cells, (*problems, *reading.problems))
    by = numbers.unit_factor(sent_as.unit, unit_of(name), type_)

    def finish(values: pl.Series) -> pl.Series:
        return numbers.convert(values, type_, by)

    if cells.dtype.is_numeric():
        there, values = native.numbers(cells, type_)
        there = empty(there, where=numbers.is_one_of(there, sent_as.nulls))
        values = finish(empty(values, where=there.is_null()))
        return Reading(Repeats(values), _problems(unread(there, values), name, type_))
    texts, problems = _joined([cells], name, column)
    if type_ == "float" and not sent_as.nulls:
        plain = _plain_floats(texts, dialect)
        if plain is not None:
            found = _problems(plain.is_bad, name, type_) if plain.is_bad is not None else ()
            return Reading(Repeats(finish(plain.values)), (*problems, *found))
    distinct = repeats(texts, up_to=_FEW)
    clean = _clean(distinct.values, sent_as.nulls)
    values = numbers.read_numbers(clean, type_, dialect)
    if sent_as.nulls:
        clean = empty(clean, where=numbers.is_one_of(values, sent_as.nulls))
        values = empty(values, where=clean.is_null())
    values = finish(values)
    found = _problems(unread(clean, values), name, type_, of=distinct)
    return Reading(distinct.with_values(values), (*problems, *found))


class _Floats(NamedTuple):
    """The numbers of some texts, and which texts are none; None where all are or say nothing."""

    values: pl.Series
    is_bad: pl.Series | None


def _plain_floats(texts: pl.Series, dialect: Dialect) -> _Floats | None:
    """The numbers of texts that are written plainly, as they stand: there are few others.

    None where there are many, or a dot may be a thousands mark, or a comma the decimal one.
    """
    if not dialect.is_plain and dialect.is_declared:
        return None
    values = numbers.read_numbers(texts, "float", Dialect("."))
    rest = unread(texts, values).arg_true()
    if rest.is_empty():
        return _Floats(values, None)
    if not dialect.is_plain or len(rest) > _FEW * len(texts):
        return None
    clean = _clean(texts.gather(rest), ())
    again = numbers.read_numbers(clean, "float", dialect)
    is_bad = pl.repeat(False, len(texts), eager=True).scatter(
        rest.filter(unread(clean, again)), True
    )
    return _Floats(values.scatter(rest, again), is_bad)


def read_identifiers(delivered: Sequence[pl.Series], name: str, column: Column) -> Reading:
    """The canonical forms of a column of identifiers; placeholders and invalid ones are null."""
    entity = column.entity or DEFAULT_ENTITY
    texts, problems = _joined(delivered, name, column)
    distinct = repeats(texts, up_to=_MANY)
    forms, is_invalid = canonical(_clean(distinct.values, column.sent_as.nulls), entity)
    if is_invalid.any():
        where = distinct.spread(is_invalid).fill_null(False)
        reason = f"{name}: not a valid {entity}"
        problems = (*problems, Problem(where, f"invalid_{entity.lower()}", reason))
    return Reading(distinct.with_values(forms), problems)


def _read(
    texts: pl.Series, name: str, column: Column, read: Callable[[pl.Series], pl.Series]
) -> Reading:
    distinct = repeats(texts, up_to=_FEW)
    clean = _clean(distinct.values, column.sent_as.nulls)
    values = read(clean)
    is_clock = column.sent_as.format == SERVICE_TIME
    what = SERVICE_TIME if is_clock else column.type
    found = _problems(unread(clean, values), name, what, of=distinct)
    return Reading(distinct.with_values(values), found)


def _problems(
    where: pl.Series, name: str, type_: str, *, why: str = "", of: Repeats | None = None
) -> tuple[Problem, ...]:
    """What is wrong with these rows, or with the rows that have these values `of` a column."""
    if not where.any():
        return ()
    rule, words = _NOT[type_]
    rows = where if of is None else of.spread(where)
    return (Problem(rows.fill_null(False), rule, f"{name}: {words}{why}"),)


def _clean(texts: pl.Series, nulls: tuple[str, ...]) -> pl.Series:
    """Texts without outer white space; null where nothing is left, or what means nothing."""
    clean = texts.str.strip_chars()
    return empty(clean, where=clean.is_in(["", *nulls]))


def _joined(
    delivered: Sequence[pl.Series], name: str, column: Column
) -> tuple[pl.Series, tuple[Problem, ...]]:
    """One text a row, from one or several columns; several are joined by a space.

    Part of a date is no date: where one of several is missing, the row has no instant or date.
    """
    delivered = [native.without_nan(cells) for cells in delivered]
    texts = [native.texts(cells) for cells in delivered]
    lost = [unread(cells, text) for cells, text in zip(delivered, texts, strict=True)]
    problems = _problems(reduce(or_, lost), name, column.type)
    if len(texts) == 1:
        return texts[0], problems
    parts: list[pl.Series] = []
    for text in texts:
        distinct = repeats(text, up_to=_FEW)
        clean = _clean(distinct.values, column.sent_as.nulls)
        parts.append(distinct.spread(clean).alias(str(len(parts))))
    frame = pl.DataFrame(parts)
    if column.type == "string":
        joined = frame.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()
        return joined, problems
    joined = frame.select(pl.concat_str(pl.all(), separator=" ")).to_series()
    is_part = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series() & joined.is_null()
    return joined, (*problems, *_problems(is_part, name, column.type, why=_PART_IS_EMPTY))


def _times(texts: pl.Series, column: Column, *, is_prefix: bool) -> pl.Series:
    read = instants.read_dates if column.type == "date" else instants.read_instants
    sent_as = column.sent_as
    return read(texts, format_=sent_as.format, zone=sent_as.timezone, is_prefix=is_prefix)


def _booleans(texts: pl.Series, column: Column) -> pl.Series:
    """Yes and no in the publisher's words if the contract gives them, and in the usual ones."""
    lower = texts.str.to_lowercase()
    said_yes = [word.lower() for word in column.sent_as.true]
    said_no = [word.lower() for word in column.sent_as.false]
    is_yes = lower.is_in([*said_yes, *(word for word in _TRUE if word not in said_no)])
    is_no = lower.is_in([*said_no, *(word for word in _FALSE if word not in said_yes)])
    return empty(is_yes, where=~(is_yes | is_no))


def _geometries(texts: pl.Series) -> pl.Series:
    shapes = [None if text is None else geometry.to_wkb(text) for text in texts.to_list()]
    return pl.Series(shapes, dtype=pl.Binary)
