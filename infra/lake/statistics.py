"""What a Delta log says of a file's columns, so that readers may skip the file."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import polars as pl

# Delta's own limit: a longer text would have to be cut, and a cut maximum is no maximum.
_LONGEST_TEXT: Final = 32

Statistics = dict[str, "int | dict[str, int] | dict[str, int | float | str]"]


def statistics_of(rows: pl.DataFrame, names: Iterable[str]) -> Statistics:
    """The number of rows, and of the named columns the nulls and the least and greatest value.

    A column whose values have no exact form in the log (decimals, NaN, long texts, lists) is left
    out of what it cannot say.
    """
    least: dict[str, int | float | str] = {}
    greatest: dict[str, int | float | str] = {}
    nulls: dict[str, int] = {}
    for name in names:
        if name not in rows.columns or rows[name].dtype.is_nested():
            continue
        nulls[name] = rows[name].null_count()
        low, high = _bounds(rows[name])
        if low is not None and high is not None:
            least[name], greatest[name] = low, high
    if not nulls:
        return {"numRecords": rows.height}
    return {
        "numRecords": rows.height,
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }


def _bounds(values: pl.Series) -> tuple[int | float | str | None, int | float | str | None]:
    if values.dtype.is_float() and not values.is_finite().all():
        return None, None
    return _form(values.min()), _form(values.max())


def _form(value: object) -> int | float | str | None:
    """The value as it stands in a Delta log; None if it cannot stand there exactly."""
    match value:
        case bool():
            return None
        case int() | float():
            return value
        case str():
            return value if len(value) <= _LONGEST_TEXT else None
        case datetime():
            naive = value.replace(tzinfo=None).isoformat(timespec="microseconds")
            return f"{naive}Z" if value.tzinfo else naive
        case date():
            return value.isoformat()
    return None
