"""Ways on foot over a network of streets: how fast uphill, from which crossing, and how long.

Nodes are numbered from 0; streets are arrays (streets,), points (points,), times in seconds.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
# Mean radius of the earth, IUGG.
_EARTH_M: Final = 6_371_008.8
_MS_OF_KMH: Final = 3.6
# Places whose ways to all crossings are in memory at once.
_AT_ONCE: Final = 256


def tobler_kmh(
    slope_ratio: ArrayLike,
    *,
    fastest_kmh: float = 6.0,
    steepness: float = 3.5,
    best_slope_ratio: float = -0.05,
) -> Array:
    """Walking speed in km/h on a slope (rise over run, uphill above nought): the hiking function.

    Tobler (1993), Three presentations on geographical analysis and modeling, NCGIA Technical
    Report 93-1: 6 exp(-3.5 |s + 0.05|), about 5 km/h on the level, fastest gently downhill.
    """
    slopes = np.asarray(slope_ratio, dtype=float)
    return np.asarray(fastest_kmh * np.exp(-steepness * np.abs(slopes - best_slope_ratio)))


def walking_seconds(length_m: ArrayLike, slope_ratio: ArrayLike, *, level_kmh: float) -> Array:
    """Seconds along streets (streets,) of a length and a slope in the direction walked.

    Whoever walks `level_kmh` on the level is slowed and sped up by slopes as Tobler (1993) has it.
    Raises ValueError for a speed or a length that is not above nought.
    """
    lengths = np.asarray(length_m, dtype=float)
    if level_kmh <= 0 or not (lengths > 0).all():
        raise ValueError("a way has a length, and a walker a speed, above nought")
    speed_ms = level_kmh / _MS_OF_KMH * tobler_kmh(slope_ratio) / tobler_kmh(0.0)
    return np.asarray(lengths / speed_ms)


def network(
    from_node: ArrayLike,
    to_node: ArrayLike,
    there_s: ArrayLike,
    back_s: ArrayLike,
    *,
    nodes_count: int,
) -> "csr_matrix":
    """Streets walked both ways, as a sparse matrix (nodes, nodes) of seconds.

    Of several streets between two crossings the quickest counts. Raises ValueError for times that
    are not above nought.
    """
    from scipy.sparse import csr_matrix

    start, end = (np.asarray(one, dtype=np.int64) for one in (from_node, to_node))
    rows, columns = np.concatenate([start, end]), np.concatenate([end, start])
    seconds = np.concatenate([np.asarray(one, dtype=float) for one in (there_s, back_s)])
    if not (seconds > 0).all():
        raise ValueError("a street takes a time above nought")
    # A sparse matrix adds up what stands twice in one place.
    order = np.lexsort((seconds, columns, rows))
    pair = rows[order] * nodes_count + columns[order]
    first = order[np.unique(pair, return_index=True)[1]]
    shape = (nodes_count, nodes_count)
    return csr_matrix((seconds[first], (rows[first], columns[first])), shape=shape)


def metres_of(lat_deg: ArrayLike, lng_deg: ArrayLike, *, middle_lat_deg: float) -> Array:
    """Metres north and east (points, 2) on a plane true at a latitude, for a city's extent."""
    lat, lng = np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lng_deg, float))
    squeeze = np.cos(np.radians(middle_lat_deg))
    return np.column_stack([lat * _EARTH_M, lng * _EARTH_M * squeeze])


@dataclass(frozen=True)
class Snapped:
    """The node nearest to each point (points,) and the metres to it; -1 where none is near."""

    node: Integers
    metres: Array


def snap(points_m: ArrayLike, nodes_m: ArrayLike, *, farthest_m: float) -> Snapped:
    """The node nearest to each point, as the crow flies; both are (n, 2) in metres.

    A point without a node within `farthest_m`, or without a place, stands on no street.
    """
    from scipy.spatial import cKDTree

    points = np.asarray(points_m, dtype=float).reshape(-1, 2)
    nodes = np.asarray(nodes_m, dtype=float).reshape(-1, 2)
    known = np.isfinite(points).all(axis=1)
    node = np.full(len(points), -1, dtype=np.int64)
    metres = np.full(len(points), np.inf)
    if len(nodes) and known.any():
        away, nearest = cKDTree(nodes).query(points[known], distance_upper_bound=farthest_m)
        node[known] = np.where(np.isfinite(away), nearest, -1)
        metres[known] = away
    return Snapped(node, metres)


@dataclass(frozen=True)
class Streets:
    """A network with the seconds a metre off it takes, for points that lie beside it."""

    seconds: Any  # csr_matrix, of a library without types
    metre_s: float

    def walks(self, origins: Snapped, targets: Snapped, *, limit_s: float = np.inf) -> Array:
        """Seconds from each origin to each target (origins, targets); inf beyond the limit.

        Shortest paths by Dijkstra (1959), bounded, and always from the targets back: the way of one
        origin is added up alike whoever else is asked for. The way between a point and its node is
        straight; two points by the same node are reached through it.
        """
        from scipy.sparse.csgraph import dijkstra

        found = np.full((len(origins.node), len(targets.node)), np.inf)
        there, here = origins.node >= 0, targets.node >= 0
        if not there.any() or not here.any():
            return found
        starts, start_at = np.unique(origins.node[there], return_inverse=True)
        ends, end_at = np.unique(targets.node[here], return_inverse=True)
        back = self.seconds.T.tocsr()
        blocks = range(0, len(ends), _AT_ONCE)
        between = np.concatenate(
            [
                dijkstra(back, indices=ends[block : block + _AT_ONCE], limit=limit_s)[:, starts]
                for block in blocks
            ]
        ).T
        whole = (
            between[np.ix_(start_at, end_at)]
            + origins.metres[there][:, None] * self.metre_s
            + targets.metres[here][None, :] * self.metre_s
        )
        whole[whole > limit_s] = np.inf
        found[np.ix_(there, here)] = whole
        return found


def fastest_ms(seconds: Any, nodes_m: Array) -> float:
    """Metres a second as the crow flies on the fastest street; 0 without any.

    `seconds` is a matrix (nodes, nodes), such as of `network`, `nodes_m` (nodes, 2) in metres.
    """
    streets = seconds.tocoo()
    crow_m = np.hypot(*(nodes_m[streets.row] - nodes_m[streets.col]).T)
    return float((crow_m / streets.data).max(initial=0.0))


def metres_to_nearest(streets_m: Any, gates: ArrayLike, beyond_m: ArrayLike) -> Array:
    """Metres from each node (nodes,) to the nearest of some places; inf where none is reached.

    `streets_m` is a matrix (nodes, nodes) of metres, such as of `network`; a place is entered from
    the node `gates` (gates,) and lies `beyond_m` metres off it.
    """
    # From the places outwards, so streets are walked backwards.
    return from_nearest(streets_m.T, gates, beyond_m)


def from_nearest(
    streets: Any, gates: ArrayLike, beyond: ArrayLike, *, limit: float = np.inf
) -> Array:
    """How far each node (nodes,) is from the nearest of some places; inf beyond the limit.

    `streets` is a sparse matrix (nodes, nodes) of lengths; a place lies `beyond` the node `gates`
    (gates,), infinitely far where nobody comes from there. One search, by Dijkstra (1959), from a
    node that stands for all places.
    """
    from scipy.sparse import block_array, csr_matrix
    from scipy.sparse.csgraph import dijkstra

    nodes, off = np.asarray(gates, dtype=np.int64), np.asarray(beyond, dtype=float)
    count = streets.shape[0]
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, nodes, off)
    entered = np.flatnonzero(np.isfinite(nearest))
    if not len(entered):
        return nearest
    doors = csr_matrix((nearest[entered], (np.zeros_like(entered), entered)), shape=(1, count))
    outwards = block_array([[streets, None], [doors, csr_matrix((1, 1))]], format="csr")
    return np.asarray(dijkstra(outwards, indices=count, limit=limit)[:count])


def least_sum(first_s: ArrayLike, second_s: ArrayLike) -> Array:
    """The quickest way in two legs (origins, targets): over whichever place between is best.

    `first_s` is (origins, between), `second_s` (between, targets), inf where there is no way.
    """
    first, second = np.asarray(first_s, dtype=float), np.asarray(second_s, dtype=float)
    best = np.full((first.shape[0], second.shape[1]), np.inf)
    for leg, onward in zip(first.T, second, strict=True):
        np.minimum(best, leg[:, None] + onward[None, :], out=best)
    return best
