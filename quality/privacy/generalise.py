"""Generalisation: instants, numbers and places made coarser before they are stored."""

from itertools import pairwise

import polars as pl

from quality.contract.model import Bands, RoundTo, Truncate
from quality.privacy.numbers import DTYPES, NumberType


def truncate(cells: pl.Series, treatment: Truncate) -> pl.Series:
    """Instants or dates cut down to the start of their quarter hour, hour, day, week, month, year.

    All in UTC, whatever the length: the day of an instant is its UTC day, as window_on is. Weeks
    start on Monday. A date has no hours: cutting it to hours or minutes leaves it.
    """
    is_of_day = treatment.truncate.lstrip("0123456789") in ("h", "m")
    if cells.dtype == pl.Date and is_of_day:
        return cells
    return cells.dt.truncate(treatment.truncate)


def round_to(numbers: pl.Series, treatment: RoundTo, type_: NumberType) -> pl.Series:
    """Numbers rounded to the nearest multiple, halves away from zero."""
    step = treatment.round_to
    multiples = (numbers.cast(pl.Float64) / step).round(mode="half_away_from_zero") * step
    # 3 x 0.1 is 0.30000000000000004: what lies below a millionth of the step is noise.
    tidy = multiples.round(_decimals(step) + 6)
    if type_ == "integer":
        tidy = tidy.round(mode="half_away_from_zero")
    return tidy.cast(DTYPES[type_], strict=False)


def band(numbers: pl.Series, treatment: Bands) -> pl.Series:
    """The band each number lies in: from its lower edge up to, and without, the next edge."""
    labels = pl.Series(band_labels(treatment.bands), dtype=pl.String)
    edges = pl.Series(treatment.bands, dtype=pl.Float64)
    position = edges.search_sorted(numbers.fill_null(0.0), side="right")
    nobody = pl.Series([None], dtype=position.dtype)
    return labels.gather(position.zip_with(numbers.is_not_null(), nobody))


def band_labels(edges: tuple[float, ...]) -> list[str]:
    """The names of the bands between these lower edges, the two outer ones included.

    Between integer edges a band ends with its last integer (`0-17`, `18-64`; `5` if that is all),
    between others with the next edge (`0-0.5`). The outer bands are `<0` and `65+`.
    """
    are_integers = all(edge == int(edge) for edge in edges)
    inner = [
        _integers(int(low), int(high) - 1) if are_integers else f"{_text(low)}-{_text(high)}"
        for low, high in pairwise(edges)
    ]
    return [f"<{_text(edges[0])}", *inner, f"{_text(edges[-1])}+"]


def cell(latitudes: pl.Series, longitudes: pl.Series, resolution: int) -> pl.Series:
    """The H3 cell (15 hex digits) that holds each place, in degrees WGS 84; null off the globe."""
    import h3

    places = pl.DataFrame({"latitude": latitudes, "longitude": longitudes})
    is_there = pl.col("latitude").is_between(-90, 90) & pl.col("longitude").is_between(-180, 180)
    distinct = places.filter(is_there).unique()
    names = [h3.latlng_to_cell(*place, resolution) for place in distinct.iter_rows()]
    cells = distinct.with_columns(pl.Series("cell", names, dtype=pl.String))
    keys = ["latitude", "longitude"]
    return places.join(cells, on=keys, how="left", maintain_order="left")["cell"]


def _integers(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}-{high}"


def _text(edge: float) -> str:
    return str(int(edge)) if edge == int(edge) else f"{edge:g}"


def _decimals(step: float) -> int:
    return len(f"{step:.12f}".rstrip("0").partition(".")[2])
