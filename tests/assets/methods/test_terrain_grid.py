import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.terrain_grid import drained, h3_cells, layout, mixed_runoff_mm, without_holes


# TR-55 (1986), table 2-1, in inches: 2 inches on CN 80 give 0.56, on CN 90 1.09, on CN 98 1.77.
def test_half_of_a_cell_sealed_gives_the_mean_of_the_published_runoffs():
    runoff = mixed_runoff_mm(2 * 25.4, [80.0, 90.0], [0.5, 0.5], sealed_number=98.0)

    assert runoff / 25.4 == pytest.approx([(0.56 + 1.77) / 2, (1.09 + 1.77) / 2], abs=0.006)


@given(
    rain=st.floats(0, 200),
    number=st.floats(30, 100),
    roofs=st.floats(0, 100),
    sealed=st.lists(st.floats(0, 1), min_size=2, max_size=2),
)
def test_more_sealing_never_gives_less_runoff_and_no_more_than_it_rained(
    rain, number, roofs, sealed
):
    less, more = mixed_runoff_mm(rain, number, sorted(sealed), sealed_number=roofs)

    assert 0 <= less <= more + 1e-9
    assert more <= rain + 1e-9


def test_points_become_a_grid_with_the_side_their_latitudes_tell():
    grid = layout([3, 3, 4], [7, 8, 7], [45.001, 45.001, 45.0])

    made = grid.grid([1.0, 2.0, 3.0])

    assert grid.cell_m == pytest.approx(111.13, abs=0.01)
    assert np.array_equal(made, [[1, 2], [3, np.nan]], equal_nan=True)
    assert grid.points(made).tolist() == [1, 2, 3]


def test_a_single_row_makes_no_grid():
    with pytest.raises(ValueError, match="two rows"):
        layout([1, 1], [1, 2], [45, 45])


def test_a_hole_takes_the_mean_of_its_neighbours_and_the_border_stays():
    ground = np.full((4, 4), 10.0)
    ground[1, 1] = np.nan
    ground[:, 3] = np.nan

    filled = without_holes(ground)

    assert filled[1, 1] == 10.0
    assert np.isnan(filled[:, 3]).all()


def test_a_hollow_holds_water_as_deep_as_its_lowest_rim():
    ground = np.full((5, 5), 10.0)
    ground[2, 2] = 7.0

    water = drained(ground, 10.0)

    assert water.sink_m[2, 2] == 3.0
    assert water.sink_m.sum() == 3.0


def test_nothing_lies_below_the_stream_it_drains_to():
    ground = np.random.default_rng(3).normal(100, 5, (30, 30))

    water = drained(ground, 25.0, stream_m2=20_000)

    assert (water.height_m >= 0).all()


# The example of H3's own documentation.
def test_a_point_lies_in_the_cell_that_h3_says():
    (cell,) = h3_cells([37.3615593], [-122.0553238], resolution=7)

    assert f"{cell:x}" == "87283472bffffff"
