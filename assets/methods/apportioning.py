"""Spreading what belongs to one set of areas over another: by the share of each that lies there.

Geometries are WKB in degrees (WGS 84); areas are compared on a local plane, true at the middle
latitude, which for a city is exact to a tenth of a thousandth.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

_METRES_A_DEGREE = 111_320.0


def on_plane(wkb: pl.Series, *, latitude_deg: float) -> NDArray[np.object_]:
    """The geometries in metres on a plane that is true at this latitude."""
    import shapely

    scale = np.array([np.cos(np.radians(latitude_deg)), 1.0]) * _METRES_A_DEGREE
    shapes = shapely.from_wkb(wkb.to_numpy())
    flat: NDArray[np.object_] = shapely.transform(shapes, lambda points: points * scale)
    return flat


def shares(parts: pl.DataFrame, areas: pl.DataFrame, *, latitude_deg: float) -> pl.DataFrame:
    """Which share of each part lies in each area: `part_id`, `area_id`, `share_ratio` above 0.

    Both frames have an id and `geom`. Of a polygon it is the share of its surface; a point or a
    line lies wholly in the first area (by id) that holds its middle. What lies in no area has no
    row, so that shares of a part add up to 1 at most.
    """
    import shapely

    if parts.is_empty() or areas.is_empty():
        return pl.DataFrame(
            schema={"part_id": pl.String, "area_id": pl.String, "share_ratio": pl.Float64}
        )
    areas = areas.sort("area_id")
    of_parts = shapely.make_valid(on_plane(parts["geom"], latitude_deg=latitude_deg))
    of_areas = shapely.make_valid(on_plane(areas["geom"], latitude_deg=latitude_deg))
    surface = shapely.area(of_parts)
    flat = np.where(surface > 0, of_parts, shapely.centroid(of_parts))
    at, inside = shapely.STRtree(of_areas).query(flat, predicate="intersects")
    both = shapely.area(shapely.intersection(flat[at], of_areas[inside]))
    share = np.where(surface[at] > 0, both / np.where(surface[at] > 0, surface[at], 1.0), 1.0)
    found = pl.DataFrame(
        {
            "part_id": parts["part_id"].gather(at),
            "area_id": areas["area_id"].gather(inside),
            "share_ratio": share,
            "is_point": surface[at] <= 0,
        }
    ).filter(pl.col("share_ratio") > 0)
    first = pl.col("area_id") == pl.col("area_id").min().over("part_id")
    return found.filter(~pl.col("is_point") | first).drop("is_point").sort("part_id", "area_id")
