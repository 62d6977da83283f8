"""H3 cells of the city as places: what of counted areas lies in them, and what is near."""

import math
from collections.abc import Iterable
from itertools import product
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.maps import cell_shapes
from assets.methods.areal import in_metres, share_near, shared_ground
from assets.methods.terrain_grid import h3_cells
from assets.placing import ORIGIN

Array = NDArray[np.float64]
# Side of the squares by which points near cells are found, and by how much their edges may bend.
_SQUARE_DEG: Final = 0.002
_BENT_DEG: Final = 1e-6
# No cell reaches so far from its middle, at any latitude where people live in cities.
_CELL_DEG: Final = 0.01
# So many squares at most lie beside each other around the globe.
_ROW: Final = 1_000_000


def cells_of(lat_deg: pl.Series, lng_deg: pl.Series) -> pl.Series:
    """The name of the H3 cell (resolution 9) of each of many points, which often stand together."""
    import h3

    places = pl.DataFrame({"lat": lat_deg, "lng": lng_deg})
    known = places.unique()
    names = [h3.int_to_str(number) for number in h3_cells(known["lat"], known["lng"]).tolist()]
    cells = pl.Series("cell_id", names, dtype=pl.String)
    return places.join(
        known.with_columns(cells), on=["lat", "lng"], how="left", maintain_order="left"
    )["cell_id"]


def near_cells(cells: Iterable[str]) -> pl.Expr:
    """Which points (`lat_deg`, `lng_deg`) may lie in one of these cells, by squares of the globe.

    All that do are among them, and some beside. Points of unknown place are not.
    """
    import h3

    names = sorted(cells)
    corners = [np.array(h3.cell_to_boundary(name)) for name in names]
    if not corners:
        return pl.lit(value=False)
    low = np.array([one.min(axis=0) for one in corners]) - _BENT_DEG
    high = np.array([one.max(axis=0) for one in corners]) + _BENT_DEG
    squares = {
        row * _ROW + column
        for (south, west), (north, east) in zip(low, high, strict=True)
        for row, column in product(_squares(south, north), _squares(west, east))
    }
    lat, lng = pl.col("lat_deg"), pl.col("lng_deg")
    # The frame of all of them first: files say between which numbers theirs are.
    is_framed = lat.is_between(*_ends(low[:, 0], high[:, 0])) & lng.is_between(
        *_ends(low[:, 1], high[:, 1])
    )
    own = (lat / _SQUARE_DEG).floor() * _ROW + (lng / _SQUARE_DEG).floor()
    return (is_framed & own.cast(pl.Int64).is_in(sorted(squares))).fill_null(value=False)


def _ends(low: Array, high: Array) -> tuple[float, float]:
    return float(low.min()), float(high.max())


def _squares(low: float, high: float) -> range:
    return range(math.floor(low / _SQUARE_DEG), math.floor(high / _SQUARE_DEG) + 1)


def spread_over(cells: pl.Series, areas: pl.DataFrame, *counts: str) -> list[Array]:
    """How much of each count of areas (`border_geom`) lies in each cell, spread evenly over them.

    Areas without a border or without one of the counts are left out; areas come in one order, so
    that sums are the same each time.
    """
    known = areas.drop_nulls(["border_geom", *counts])
    part, cell, share = shares_of_areas(cells, known)
    numbers = (known[name].cast(pl.Float64).to_numpy() for name in counts)
    return [
        np.bincount(cell, one[part] * share, minlength=len(cells)).astype(float) for one in numbers
    ]


def shares_of_areas(
    cells: pl.Series, areas: pl.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Which share of each area's ground (`border_geom`) lies in which cell: see `shared_ground`."""
    return shared_ground(
        in_metres(areas["border_geom"], **ORIGIN),
        in_metres(cell_shapes(cells), **ORIGIN),
    )


def cells_touched(cells: pl.Series, areas: pl.DataFrame) -> pl.Series:
    """Those of many cells (resolution 9) in which ground of the areas (`border_geom`) lies."""
    import h3
    import shapely

    known = areas.drop_nulls("border_geom")
    if known.is_empty():
        return cells.clear()
    centres = np.array([h3.cell_to_latlng(one) for one in cells]).reshape(-1, 2)
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(known["border_geom"]))
    low, high = np.array([south, west]) - _CELL_DEG, np.array([north, east]) + _CELL_DEG
    around = cells.filter(pl.Series(((centres >= low) & (centres <= high)).all(axis=1)))
    _, cell, _ = shares_of_areas(around, known)
    return around.gather(np.unique(cell))


def ground_near(cells: pl.Series, places: pl.Series, *, within_m: float) -> Array:
    """Which share of each cell's ground lies within so many metres of any place (WKB, WGS 84)."""
    return share_near(
        in_metres(cell_shapes(cells), **ORIGIN),
        in_metres(places, **ORIGIN),
        within_m,
    )
