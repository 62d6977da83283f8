"""H3 cells of the city as places: what of counted areas lies in them, and what is near."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.maps import cell_shapes
from assets.methods.areal import in_metres, share_near, shared_ground
from assets.methods.terrain_grid import h3_cells

Array = NDArray[np.float64]


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
    lat, lng = _origin(cells)
    return shared_ground(
        in_metres(areas["border_geom"], origin_lat=lat, origin_lng=lng),
        in_metres(cell_shapes(cells), origin_lat=lat, origin_lng=lng),
    )


def ground_near(cells: pl.Series, places: pl.Series, *, within_m: float) -> Array:
    """Which share of each cell's ground lies within so many metres of any place (WKB, WGS 84)."""
    lat, lng = _origin(cells)
    return share_near(
        in_metres(cell_shapes(cells), origin_lat=lat, origin_lng=lng),
        in_metres(places, origin_lat=lat, origin_lng=lng),
        within_m,
    )


def _origin(cells: pl.Series) -> tuple[float, float]:
    import h3

    lat, lng = h3.cell_to_latlng(cells[0])
    return lat, lng
