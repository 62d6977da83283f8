"""The loops over cells of `terrain`, compiled; import this inside functions only."""

import heapq

import numpy as np
from numba import njit
from numpy.typing import NDArray

Grid = NDArray[np.float64]
Directions = NDArray[np.int64]

_ROW = np.array([-1, -1, -1, 0, 0, 1, 1, 1])
_COLUMN = np.array([-1, 0, 1, -1, 1, -1, 0, 1])
_FAR = np.array([2**0.5, 1.0, 2**0.5, 1.0, 1.0, 2**0.5, 1.0, 2**0.5])


@njit(cache=True)
def flood(elevation: Grid) -> tuple[Grid, Directions, Directions]:
    """Filled elevations, the cell each drains to (-1: out), and cells upstream first."""
    rows, columns = elevation.shape
    filled = elevation.copy()
    to = np.full(rows * columns, -1, dtype=np.int64)
    came = np.full(rows * columns, -2, dtype=np.int64)
    visited = np.zeros(rows * columns, dtype=np.bool_)
    heap = [(0.0, np.int64(0), np.int64(0))]
    heap.pop()
    count = np.int64(0)
    for row in range(rows):
        for column in range(columns):
            if np.isnan(elevation[row, column]):
                continue
            on_edge = row in (0, rows - 1) or column in (0, columns - 1)
            for n in range(8):
                r, c = row + _ROW[n], column + _COLUMN[n]
                if 0 <= r < rows and 0 <= c < columns and np.isnan(elevation[r, c]):
                    on_edge = True
            if on_edge:
                cell = np.int64(row * columns + column)
                visited[cell] = True
                came[cell] = -1
                heapq.heappush(heap, (elevation[row, column], count, cell))
                count += 1
    popped = np.empty(rows * columns, dtype=np.int64)
    number = 0
    while heap:
        level, _, cell = heapq.heappop(heap)
        popped[number] = cell
        number += 1
        row, column = cell // columns, cell % columns
        for n in range(8):
            r, c = row + _ROW[n], column + _COLUMN[n]
            if not (0 <= r < rows and 0 <= c < columns) or np.isnan(elevation[r, c]):
                continue
            other = np.int64(r * columns + c)
            if visited[other]:
                continue
            visited[other] = True
            came[other] = cell
            filled[r, c] = max(elevation[r, c], level)
            heapq.heappush(heap, (filled[r, c], count, other))
            count += 1
    for at in range(number):
        cell = popped[at]
        to[cell] = came[cell]
        row, column = cell // columns, cell % columns
        steepest = 0.0
        for n in range(8):
            r, c = row + _ROW[n], column + _COLUMN[n]
            if not (0 <= r < rows and 0 <= c < columns) or np.isnan(elevation[r, c]):
                continue
            fall = (filled[row, column] - filled[r, c]) / _FAR[n]
            if fall > steepest:
                steepest = fall
                to[cell] = r * columns + c
    # A cell is popped after the lower ones it drains to: the other way round is upstream first.
    return filled, to, popped[:number][::-1].copy()


@njit(cache=True)
def gather(to: Directions, order: Directions, weight: Grid) -> Grid:
    """Each cell's weight with all that is upstream of it."""
    total = weight.copy().ravel()
    for cell in order:
        if to[cell] >= 0:
            total[to[cell]] += total[cell]
    return total.reshape(weight.shape)


@njit(cache=True)
def down_to(filled: Grid, to: Directions, order: Directions, is_stream: NDArray[np.bool_]) -> Grid:
    """The height of each cell above the first stream cell downstream, or above the way out."""
    flat, stream = filled.ravel(), is_stream.ravel()
    base = np.full(flat.shape, np.nan)
    for at in range(len(order) - 1, -1, -1):
        cell = order[at]
        if stream[cell] or to[cell] < 0:
            base[cell] = flat[cell]
        else:
            base[cell] = base[to[cell]]
    height: Grid = (flat - base).reshape(filled.shape)
    return height
