import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.terrain import (
    accumulate,
    drain,
    height_above_drainage_m,
    percentile_rank,
    sink_depth_m,
    slope_ratio,
    wetness_index,
)


@st.composite
def lands(draw: st.DrawFn) -> np.ndarray:
    rows, columns = draw(st.integers(3, 12)), draw(st.integers(3, 12))
    seed = draw(st.integers(0, 2**31))
    steps = draw(st.sampled_from([3, 20, 1000]))
    return np.random.default_rng(seed).integers(0, steps, (rows, columns)).astype(float)


def lowest_way_out(land: np.ndarray) -> np.ndarray:
    # An oracle: the least highest point on any way to the edge (minimax, by Dijkstra).
    rows, columns = land.shape
    level = np.full(land.shape, np.inf)
    heap = []
    for r in range(rows):
        for c in range(columns):
            if r in (0, rows - 1) or c in (0, columns - 1):
                level[r, c] = land[r, c]
                heap.append((land[r, c], r, c))
    heapq.heapify(heap)
    while heap:
        high, r, c = heapq.heappop(heap)
        if high > level[r, c]:
            continue
        for y in range(max(r - 1, 0), min(r + 2, rows)):
            for x in range(max(c - 1, 0), min(c + 2, columns)):
                if max(high, land[y, x]) < level[y, x]:
                    level[y, x] = max(high, land[y, x])
                    heapq.heappush(heap, (level[y, x], y, x))
    return level


def test_slope_is_that_of_the_worked_example_of_esri():
    # ArcGIS, How Slope works: a cell of 5 m, slope 75.25762 degrees by a rounded constant.
    land = np.array([[50, 45, 50], [30, 30, 30], [8, 10, 10]], dtype=float)

    assert np.degrees(np.arctan(slope_ratio(land, 5.0)[1, 1])) == pytest.approx(75.2577, abs=1e-4)


def test_a_plane_that_rises_three_and_four_in_a_hundred_rises_five():
    y, x = np.mgrid[0:6, 0:6]

    assert slope_ratio(0.03 * x + 0.04 * y, 1.0)[2:4, 2:4] == pytest.approx(np.full((2, 2), 0.05))


@given(lands())
def test_every_pit_is_filled_to_the_lowest_way_out(land):
    drainage = drain(land)

    assert (drainage.filled_m == lowest_way_out(land)).all()
    assert (sink_depth_m(land, drainage) >= 0).all()
    assert (drain(drainage.filled_m).filled_m == drainage.filled_m).all()


@given(lands())
def test_all_rain_leaves_the_land_and_none_twice(land):
    drainage = drain(land)
    rain = np.arange(land.size, dtype=float).reshape(land.shape)

    passed = accumulate(drainage, rain)

    leaves = drainage.to.reshape(land.shape) < 0
    assert passed[leaves].sum() == pytest.approx(rain.sum(), rel=1e-12)
    assert (passed >= rain).all()
    assert sorted(drainage.order) == list(range(land.size))


@given(lands())
def test_water_never_flows_up(land):
    drainage = drain(land)
    filled = drainage.filled_m.ravel()

    inside = drainage.to >= 0
    assert (filled[drainage.to[inside]] <= filled[inside]).all()


@given(lands(), st.integers(0, 2**31))
@settings(max_examples=30)
def test_no_cell_lies_below_its_stream(land, seed):
    streams = np.random.default_rng(seed).random(land.shape) < 0.3
    height = height_above_drainage_m(drain(land), streams)

    assert (height >= 0).all()
    assert (height[streams] == 0).all()


def test_a_valley_gathers_its_slopes_and_lies_at_its_streams_height():
    valley = np.abs(np.arange(7) - 3.0)[None, :] + 10 - np.arange(9.0)[:, None] * 0.1

    drainage = drain(valley)
    area = accumulate(drainage, np.full(valley.shape, 100.0))
    streams = area > 1000
    height = height_above_drainage_m(drainage, streams)

    assert area[8, 3] == area.max()
    assert streams[4:, 3].all()
    assert height[5, 4] == pytest.approx(1.1, abs=0.11)
    assert wetness_index(area, slope_ratio(valley, 10.0), 10.0)[7, 3] > 4


def test_land_outside_of_the_city_is_left_alone():
    land = np.full((5, 5), np.nan)
    land[1:4, 1:4] = [[5, 5, 5], [5, 1, 5], [5, 4, 5]]

    drainage = drain(land)

    assert drainage.filled_m[2, 2] == 4
    assert np.isnan(drainage.filled_m[0, 0])
    assert len(drainage.order) == 9


def test_a_rank_is_the_share_of_cells_below():
    ranks = percentile_rank(np.array([[1.0, 2.0, 2.0, 9.0, np.nan]]))

    assert ranks[0, :4].tolist() == [0.125, 0.5, 0.5, 0.875]
    assert np.isnan(ranks[0, 4])
    assert percentile_rank(np.array([[9.0]]), baseline=np.array([[1.0, 2.0]])).tolist() == [[1.0]]
