"""Points of a terrain as a grid, its runoff and drainage, and what each H3 cell makes of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.methods import runoff, terrain

Grid = NDArray[np.float64]
_M_A_DEGREE: Final = 111_132.0


@dataclass(frozen=True)
class Layout:
    """Where each point stands in a grid of square cells, the first row in the north."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    cell_m: float

    def grid(self, values: ArrayLike) -> Grid:
        """Values of points as a grid, `nan` where there is no point."""
        shape = (int(self.rows.max()) + 1, int(self.columns.max()) + 1)
        made = np.full(shape, np.nan)
        made[self.rows, self.columns] = np.asarray(values, dtype=float)
        return made

    def points(self, grid: Grid) -> Grid:
        """What a grid says at each point."""
        return np.asarray(grid[self.rows, self.columns])


def layout(row: ArrayLike, column: ArrayLike, lat_deg: ArrayLike) -> Layout:
    """The grid of points that know their row and column; its side from the latitudes of rows.

    Raises ValueError for fewer than two rows.
    """
    rows, columns = np.asarray(row, dtype=np.int64), np.asarray(column, dtype=np.int64)
    lat = np.asarray(lat_deg, dtype=float)
    if not len(rows) or rows.min() == rows.max():
        raise ValueError("a grid has at least two rows")
    north, south = lat[rows == rows.min()].mean(), lat[rows == rows.max()].mean()
    cell_m = float(abs(north - south) * _M_A_DEGREE / (rows.max() - rows.min()))
    return Layout(rows - rows.min(), columns - columns.min(), cell_m)


def without_holes(elevation_m: Grid, *, least_neighbours: int = 5) -> Grid:
    """The same ground with single missing cells as the mean of their neighbours.

    A hole would swallow all water that comes by. Cells with fewer known neighbours of eight stay
    missing: there the terrain ends.
    """
    rows, columns = elevation_m.shape
    padded = np.pad(elevation_m, 1, constant_values=np.nan)
    around = np.stack(
        [
            padded[1 + r : 1 + r + rows, 1 + c : 1 + c + columns]
            for r in (-1, 0, 1)
            for c in (-1, 0, 1)
            if (r, c) != (0, 0)
        ]
    )
    known = (~np.isnan(around)).sum(axis=0)
    mean = np.nansum(around, axis=0) / np.maximum(known, 1)
    return np.where(np.isnan(elevation_m) & (known >= least_neighbours), mean, elevation_m)


@dataclass(frozen=True)
class Drained:
    """Grids: slope (rise over run), wetness index, height above drainage and sink depth (m)."""

    slope: Grid
    wetness: Grid
    height_m: Grid
    sink_m: Grid


def drained(elevation_m: Grid, cell_m: float, *, stream_m2: float = 500_000.0) -> Drained:
    """How water lies and runs on a ground without holes.

    A stream begins where so much ground drains together. On flat ground the single cell's way of
    water is not to be trusted: average over larger cells.
    """
    drainage = terrain.drain(elevation_m)
    slope = terrain.slope_ratio(elevation_m, cell_m)
    own = np.where(np.isnan(elevation_m), 0.0, cell_m**2)
    upslope_m2 = terrain.accumulate(drainage, own)
    wetness = terrain.wetness_index(np.maximum(upslope_m2, cell_m**2), slope, cell_m)
    return Drained(
        slope,
        wetness,
        terrain.height_above_drainage_m(drainage, upslope_m2 >= stream_m2),
        terrain.sink_depth_m(elevation_m, drainage),
    )


def mixed_runoff_mm(
    rain_mm: float,
    pervious_number: ArrayLike,
    sealed_ratio: ArrayLike,
    *,
    sealed_number: ArrayLike,
) -> NDArray[np.float64]:
    """Runoff (mm) of ground of which a share is sealed and drains apart from the rest.

    Curve numbers are from 0 to 100; that of the sealed part is no less than that of the rest. The
    runoff of both parts is averaged, not their curve numbers: runoff is convex in them (NEH-630,
    ch. 10). More sealing never gives less.
    """
    sealed = np.asarray(sealed_ratio, dtype=float)
    from_ground = runoff.runoff_mm(rain_mm, pervious_number)
    from_roofs = runoff.runoff_mm(rain_mm, np.maximum(sealed_number, pervious_number))
    return np.asarray(sealed * from_roofs + (1 - sealed) * from_ground)


def h3_cells(lat_deg: ArrayLike, lng_deg: ArrayLike, resolution: int = 9) -> NDArray[np.uint64]:
    """The H3 cell of each point."""
    from h3.api.basic_int import latlng_to_cell

    lat, lng = np.asarray(lat_deg, dtype=float).tolist(), np.asarray(lng_deg, dtype=float).tolist()
    numbers = (latlng_to_cell(y, x, resolution) for y, x in zip(lat, lng, strict=True))
    return np.fromiter(numbers, dtype=np.uint64, count=len(lat))
