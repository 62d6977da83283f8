"""What lies within what: areas handed on to cells or other areas by the ground they share."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

# Metres of a degree of latitude, and of longitude at the equator, on the WGS 84 ellipsoid at
# middle latitudes; a city is small enough for its plane.
_M_A_DEGREE = 111_132.0
_M_A_DEGREE_AT_EQUATOR = 111_320.0


def in_metres(wkb: pl.Series, *, origin_lat: float, origin_lng: float) -> NDArray[np.object_]:
    """Shapes (WKB, WGS 84) in metres east and north of an origin: true within a city to 0.2 %."""
    import shapely

    scale = np.array([_M_A_DEGREE_AT_EQUATOR * np.cos(np.radians(origin_lat)), _M_A_DEGREE])
    shapes = shapely.from_wkb(wkb.to_numpy())
    moved: NDArray[np.object_] = shapely.transform(
        shapes, lambda points: (points - (origin_lng, origin_lat)) * scale
    )
    return moved


def shared_ground(
    parts: NDArray[np.object_], cells: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Which share of each part's ground lies in which cell (areal weighting: Goodchild & Lam 1980).

    Places of parts, places of cells, and the share of the part, 0 to 1, in the order of parts and
    cells. The shares of a part that the cells cover whole add up to one. Parts without area have
    none.
    """
    import shapely

    if not len(parts) or not len(cells):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    valid = shapely.make_valid(parts)
    part, cell = shapely.STRtree(cells).query(valid, predicate="intersects")
    area = shapely.area(shapely.intersection(valid[part], cells[cell]))
    whole = shapely.area(valid)[part]
    order = np.lexsort((cell, part))
    order = order[(area > 0)[order]]
    return part[order].astype(np.int64), cell[order].astype(np.int64), area[order] / whole[order]


def shares(
    parts: pl.DataFrame, areas: pl.DataFrame, *, origin_lat: float, origin_lng: float
) -> pl.DataFrame:
    """Which share of each part lies in each area: `part_id`, `area_id`, `share_ratio` above 0.

    Both frames have an id and `geom` (WKB, WGS 84). Of a polygon it is the share of its ground; a
    point or a line lies wholly in the first area (by id) that holds its middle. What lies in no
    area has no row, so that shares of a part add up to 1 at most.
    """
    import shapely

    areas = areas.sort("area_id")
    grounds = shapely.make_valid(
        in_metres(areas["geom"], origin_lat=origin_lat, origin_lng=origin_lng)
    )
    shapes = in_metres(parts["geom"], origin_lat=origin_lat, origin_lng=origin_lng)
    part, area, share = shared_ground(shapes, grounds)
    without = np.flatnonzero(shapely.area(shapes) == 0)
    point, around = shapely.STRtree(grounds).query(
        shapely.centroid(shapes[without]), predicate="intersects"
    )
    order = np.lexsort((around, point))
    point, around = point[order], around[order]
    is_first = np.diff(point, prepend=-1) != 0
    found = {
        "part_id": pl.concat(
            [parts["part_id"].gather(part), parts["part_id"].gather(without[point[is_first]])]
        ),
        "area_id": pl.concat(
            [areas["area_id"].gather(area), areas["area_id"].gather(around[is_first])]
        ),
        "share_ratio": np.concatenate([share, np.ones(int(is_first.sum()))]),
    }
    return pl.DataFrame(found).sort("part_id", "area_id")


def share_near(
    cells: NDArray[np.object_], places: NDArray[np.object_], within_m: float
) -> NDArray[np.float64]:
    """Which share of each cell's ground lies within so many metres of any of the places."""
    import shapely

    if not len(places):
        return np.zeros(len(cells))
    around = shapely.union_all(shapely.buffer(shapely.make_valid(places), within_m))
    shapely.prepare(around)
    near = shapely.area(shapely.intersection(cells, around))
    return np.asarray(np.clip(near / shapely.area(cells), 0, 1))
