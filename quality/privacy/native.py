"""Cells that a publisher delivered typed (Parquet) rather than as text."""

from typing import Final

import polars as pl

from quality.contract.model import Column
from quality.privacy import instants
from quality.privacy.cells import empty
from quality.privacy.numbers import DTYPES, NumberType

_WITHOUT_TEXT: Final = (pl.Binary, pl.Duration, pl.Null, pl.Object)


def numbers(cells: pl.Series, type_: NumberType) -> tuple[pl.Series, pl.Series]:
    """The cells that hold something, and the numbers they are."""
    cells = without_nan(cells)
    if cells.dtype.is_float():
        fits = cells.is_finite()
        if type_ == "integer":
            fits = fits & (cells == cells.round())
        return cells, empty(cells, where=~fits).cast(DTYPES[type_], strict=False)
    if cells.dtype.is_decimal() and type_ == "integer":
        is_whole = cells.cast(pl.Float64) == cells.cast(pl.Float64).round()
        return cells, empty(cells, where=~is_whole).cast(pl.Int64, strict=False)
    return cells, cells.cast(DTYPES[type_], strict=False)


def without_nan(cells: pl.Series) -> pl.Series:
    """The same cells, null where they are NaN: that is how pandas writes nothing."""
    if not cells.dtype.is_float():
        return cells
    cells = cells.cast(pl.Float64)
    return empty(cells, where=cells.is_nan())


def times(cells: pl.Series, column: Column) -> pl.Series | None:
    """The instants or dates of cells that are dates or instants already; None if they are not."""
    if column.type not in ("timestamp", "date"):
        return None
    zone = column.sent_as.timezone
    if cells.dtype == pl.Date:
        if column.type == "date":
            return cells
        return instants.localise(cells.cast(pl.Datetime("us")), zone)
    if not isinstance(cells.dtype, pl.Datetime):
        return None
    times = cells.dt.cast_time_unit("us")
    if cells.dtype.time_zone is None:
        return times.dt.date() if column.type == "date" else instants.localise(times, zone)
    times = times.dt.convert_time_zone("UTC")
    return instants.local_dates(times, zone) if column.type == "date" else times


def texts(cells: pl.Series) -> pl.Series:
    """The cells as text; null where a cell is something that has none: a list, a duration."""
    if cells.dtype == pl.String:
        return cells
    if cells.dtype.is_float():
        return _float_texts(cells)
    if cells.dtype.is_nested() or cells.dtype in _WITHOUT_TEXT:
        return pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    return cells.cast(pl.String, strict=False)


def _float_texts(cells: pl.Series) -> pl.Series:
    """Numbers as text; 17029.0 is what pandas makes of 17029 in a column with an empty cell."""
    whole = cells.cast(pl.Int64, strict=False)
    is_whole = (cells == whole.cast(pl.Float64)).fill_null(False)
    return whole.cast(pl.String).zip_with(is_whole, cells.cast(pl.String))
