"""The lie of the land from a grid of elevations: slope, where water flows, gathers and stands.

Grids are (rows, columns), the first row in the north, elevations in m, `nan` outside; `cell_m` is
the side of a square cell. Flow directions are indices of the cell that each cell drains to, counted
row by row, and -1 where water leaves the grid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float64]
Directions = NDArray[np.int64]


def slope_ratio(elevation_m: Grid, cell_m: float) -> Grid:
    """Rise over run of each cell, by Horn (1981); the edge repeats its own elevation.

    Cells outside, and their neighbours' missing sides, are taken as level with the cell itself.
    """
    around = np.pad(elevation_m, 1, mode="edge")

    def side(row: int, column: int) -> Grid:
        rows, columns = elevation_m.shape
        part = around[1 + row : 1 + row + rows, 1 + column : 1 + column + columns]
        return np.where(np.isnan(part), elevation_m, part)

    east = side(-1, 1) + 2 * side(0, 1) + side(1, 1)
    west = side(-1, -1) + 2 * side(0, -1) + side(1, -1)
    south = side(1, -1) + 2 * side(1, 0) + side(1, 1)
    north = side(-1, -1) + 2 * side(-1, 0) + side(-1, 1)
    return np.hypot((east - west) / (8 * cell_m), (south - north) / (8 * cell_m))


@dataclass(frozen=True)
class Drainage:
    """Where the water of a grid goes: filled elevations, directions, and cells from high to low.

    `order` lists the cells upstream first: each stands before the one it drains to.
    """

    filled_m: Grid
    to: Directions
    order: Directions


def drain(elevation_m: Grid) -> Drainage:
    """Fill the pits and lead every cell to the edge (Priority-Flood: Barnes et al. 2014, alg. 3).

    Each cell drains to its steepest lower neighbour of eight on the original ground (O'Callaghan &
    Mark 1984), and in pits and on flats the way the flood came in. Fill never lowers a cell, and
    filling twice changes nothing.
    """
    from assets.methods.terrain_compiled import flood

    filled, to, order = flood(np.ascontiguousarray(elevation_m, dtype=np.float64))
    return Drainage(filled, to, order)


def accumulate(drainage: Drainage, weight: Grid) -> Grid:
    """What each cell passes on: its own weight and that of all cells upstream.

    Nothing is lost: the sum over the cells that drain out of the grid is the grid's sum.
    """
    from assets.methods.terrain_compiled import gather

    total: Grid = gather(
        drainage.to, drainage.order, np.ascontiguousarray(weight, dtype=np.float64)
    )
    return total


def wetness_index(
    upslope_m2: Grid, slope: Grid, cell_m: float, *, least_slope: float = 1e-3
) -> Grid:
    """The topographic wetness index ln(a / tan β) (Beven & Kirkby 1979).

    `a` is the upslope area over the width of a cell (m); flat cells take `least_slope`.
    """
    return np.asarray(np.log(upslope_m2 / cell_m / np.maximum(slope, least_slope)))


def height_above_drainage_m(drainage: Drainage, is_stream: NDArray[np.bool_]) -> Grid:
    """How high each cell lies above the stream it drains to (HAND: Rennó et al. 2008).

    Measured on filled elevations, so that it is never below nought; cells that leave the grid
    without meeting a stream are measured from where they leave it.
    """
    from assets.methods.terrain_compiled import down_to

    height: Grid = down_to(drainage.filled_m, drainage.to, drainage.order, is_stream)
    return height


def sink_depth_m(elevation_m: Grid, drainage: Drainage) -> Grid:
    """How deep water can stand before it runs over."""
    return np.asarray(drainage.filled_m - elevation_m)


def percentile_rank(values: Grid, baseline: Grid | None = None) -> Grid:
    """The share of the baseline's cells that lie below each value, half of equal ones counted.

    Between 0 and 1; `nan` stays. A frozen baseline keeps values from moving when others change.
    """
    known = np.sort((values if baseline is None else baseline).ravel())
    known = known[~np.isnan(known)]
    below = np.searchsorted(known, values, side="left")
    up_to = np.searchsorted(known, values, side="right")
    rank = (below + up_to) / (2 * max(len(known), 1))
    return np.where(np.isnan(values), np.nan, rank)
