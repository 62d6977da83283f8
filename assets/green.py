"""What lies near homes: green to walk to, trees in sight, and how much of the ground has leaves."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.editions import newest
from assets.maps import point_shapes
from assets.methods.areal import in_metres, shares
from assets.methods.terrain_grid import layout
from assets.methods.walking import metres_to_nearest, network, snap
from assets.placing import ORIGIN

Array = NDArray[np.float64]
_WOOD: Final = "bosco"


@dataclass(frozen=True)
class Way:
    """How far each home (homes,) is from the nearest green, in metres; inf where none is there.

    `walked_m` is along streets, inf for a home or a green off them; `crow_m` is the straight line.
    """

    walked_m: Array
    crow_m: Array


def ways_to_green(
    homes: pl.Series,
    green: pl.Series,
    *,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    entrance_m: float,
    farthest_m: float,
) -> Way:
    """Metres from homes to the nearest of some areas (both WKB, WGS 84).

    A home's way begins at its middle and the crossing nearest to it. An area is entered from every
    crossing within `entrance_m` of it, and from the one nearest to it; between a crossing and what
    stands beside it, at most `farthest_m` away, the way is straight. Slopes make it no longer.
    """
    import shapely

    areas = shapely.make_valid(in_metres(green, **ORIGIN))
    middles = shapely.centroid(in_metres(homes, **ORIGIN))
    known = nodes.drop_nulls(["lat_deg", "lng_deg"]).sort("node_id")
    crossings = in_metres(point_shapes(known["lat_deg"], known["lng_deg"]), **ORIGIN)
    home = snap(
        shapely.get_coordinates(middles), shapely.get_coordinates(crossings), farthest_m=farthest_m
    )
    gates, beyond = _gates(areas, crossings, entrance_m=entrance_m, farthest_m=farthest_m)
    from_nodes = metres_to_nearest(_streets(known, segments), gates, beyond)
    walked = np.full(len(middles), np.inf)
    on_street = home.node >= 0
    walked[on_street] = from_nodes[home.node[on_street]] + home.metres[on_street]
    return Way(walked, _nearest_m(middles, areas))


def _gates(
    areas: NDArray[np.object_],
    crossings: NDArray[np.object_],
    *,
    entrance_m: float,
    farthest_m: float,
) -> tuple[NDArray[np.int64], Array]:
    """The crossings from which areas are entered, and how far from them they lie."""
    import shapely

    if not len(areas) or not len(crossings):
        return np.empty(0, np.int64), np.empty(0)
    tree = shapely.STRtree(crossings)
    area, beside = tree.query(areas, predicate="dwithin", distance=entrance_m)
    by, nearest = tree.query_nearest(areas, max_distance=farthest_m, all_matches=False)
    area, gate = np.concatenate([area, by]), np.concatenate([beside, nearest])
    return gate.astype(np.int64), shapely.distance(crossings[gate], areas[area])


def _streets(nodes: pl.DataFrame, segments: pl.DataFrame) -> object:
    """The lengths of streets as a matrix; a stretch without known ends or length is none."""
    numbers = nodes.select("node_id").with_row_index("number")
    ends = (
        segments.select("from_node_id", "to_node_id", "length_m")
        .join(numbers.rename({"number": "start"}), left_on="from_node_id", right_on="node_id")
        .join(numbers.rename({"number": "end"}), left_on="to_node_id", right_on="node_id")
        .filter(pl.col("length_m") > 0)
    )
    start, end, length = (ends[name].to_numpy() for name in ("start", "end", "length_m"))
    return network(start, end, length, length, nodes_count=nodes.height)


def _nearest_m(points: NDArray[np.object_], areas: NDArray[np.object_]) -> Array:
    import shapely

    if not len(areas):
        return np.full(len(points), np.inf)
    return np.asarray(shapely.distance(points, areas[shapely.STRtree(areas).nearest(points)]))


def trees_near(homes: pl.Series, trees: pl.DataFrame, *, within_m: float) -> NDArray[np.int64]:
    """How many trees (`lat_deg`, `lng_deg`) stand within so many metres of each home (WKB)."""
    import shapely

    shapes = shapely.make_valid(in_metres(homes, **ORIGIN))
    trunks = in_metres(point_shapes(trees["lat_deg"], trees["lng_deg"]), **ORIGIN)
    by, _ = shapely.STRtree(trunks).query(shapes, predicate="dwithin", distance=within_m)
    return np.bincount(by, minlength=len(shapes)).astype(np.int64)


def canopy_by_quarter(
    quarters: pl.DataFrame, trees: pl.DataFrame, terrain: pl.DataFrame
) -> pl.DataFrame:
    """The share of each quarter's ground under leaves: `quarter_id`, `canopy_ratio`.

    Leaves are the cells of the terrain that are wood, and beyond them the crowns of the register
    of trees; private gardens are in neither. Without a terrain nothing is known of woods.
    """
    import shapely

    places = quarters.select(area_id="quarter_id", geom="border_geom").sort("area_id")
    ground = shapely.area(shapely.make_valid(in_metres(places["geom"], **ORIGIN)))
    known = terrain.drop_nulls(["grid_row_index", "grid_column_index", "lat_deg", "lng_deg"])
    if known["grid_row_index"].n_unique() < 2:
        return places.select(quarter_id="area_id", canopy_ratio=pl.lit(None, pl.Float64))
    cell_m = layout(known["grid_row_index"], known["grid_column_index"], known["lat_deg"]).cell_m
    place = ["grid_row_index", "grid_column_index"]
    cells = known.sort(*place, "cover_code").unique(place, keep="last", maintain_order=True)
    woods = cells.filter(pl.col("cover_code") == _WOOD)
    leaves = pl.concat(
        [
            woods.select("lat_deg", "lng_deg", leaves_m2=pl.lit(cell_m**2)),
            _outside(trees, woods, cell_m).select("lat_deg", "lng_deg", leaves_m2="crown_m2"),
        ]
    ).with_row_index("part_id")
    points = leaves.select("part_id", geom=point_shapes(leaves["lat_deg"], leaves["lng_deg"]))
    found = (
        shares(points, places, **ORIGIN)
        .join(leaves.select("part_id", "leaves_m2"), on="part_id")
        .group_by("area_id")
        .agg(pl.col("leaves_m2").sort().sum())
    )
    share = pl.col("leaves_m2").fill_null(0.0) / pl.col("ground_m2")
    return (
        places.select("area_id", ground_m2=pl.Series(ground, dtype=pl.Float64))
        .join(found, on="area_id", how="left")
        .select(quarter_id="area_id", canopy_ratio=share.clip(upper_bound=1.0).round(9))
        .sort("quarter_id")
    )


def _outside(trees: pl.DataFrame, woods: pl.DataFrame, cell_m: float) -> pl.DataFrame:
    """The trees that stand in no cell of wood."""
    import shapely
    from scipy.spatial import cKDTree

    if not trees.height or not woods.height:
        return trees
    trunks, cells = (
        shapely.get_coordinates(in_metres(point_shapes(one["lat_deg"], one["lng_deg"]), **ORIGIN))
        for one in (trees, woods)
    )
    away, _ = cKDTree(cells).query(trunks, p=np.inf)
    return trees.filter(pl.Series(away > cell_m / 2))


def green_to_stay_in(areas: pl.DataFrame, kinds: pl.DataFrame, *, least_m2: float) -> pl.DataFrame:
    """The public areas with a border that are large enough and of a kind to stay in, by id."""
    chosen = newest(kinds, "kind_code").filter("is_to_stay")["kind_code"].to_list()
    return areas.filter(
        pl.col("is_public")
        & pl.col("kind_code").is_in(chosen)
        & (pl.col("area_m2") >= pl.lit(least_m2, pl.Float64))
        & pl.col("border_geom").is_not_null()
    ).sort("area_id")
