import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.areal import in_metres, share_near, shared_ground


def squares(count: int, side: float) -> np.ndarray:
    """So many squares side by side, from the origin to the east."""
    return np.array([shapely.box(n * side, 0, (n + 1) * side, side) for n in range(count)])


def test_a_section_over_two_cells_is_shared_by_its_ground():
    section = np.array([shapely.box(75, 0, 175, 100)])

    part, cell, share = shared_ground(section, squares(2, 100))

    assert part.tolist() == [0, 0]
    assert cell.tolist() == [0, 1]
    assert share.tolist() == pytest.approx([0.25, 0.75])


@given(
    corners=st.lists(
        st.tuples(st.floats(0, 300), st.floats(0, 50), st.floats(1, 80), st.floats(1, 40)),
        min_size=1,
        max_size=6,
    )
)
def test_nobody_is_lost_or_counted_twice_where_the_cells_cover_the_ground(corners):
    parts = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in corners])

    part, _, share = shared_ground(parts, squares(5, 100))

    assert np.bincount(part, share) == pytest.approx(np.ones(len(parts)), abs=1e-9)


def test_ground_without_area_has_no_share():
    part, _, _ = shared_ground(np.array([shapely.Point(5, 5)]), squares(1, 10))

    assert part.tolist() == []


def test_half_of_a_cell_is_near_a_park_that_touches_its_border():
    park = np.array([shapely.box(-1000, 0, 0, 100)])

    near = share_near(squares(1, 100), park, 50)

    assert near.tolist() == pytest.approx([0.5])


def test_without_parks_nothing_is_near():
    assert share_near(squares(2, 10), np.array([], dtype=object), 300).tolist() == [0, 0]


def test_a_degree_is_as_long_as_on_the_ellipsoid():
    place = pl.Series([shapely.to_wkb(shapely.Point(10.21, 45.55))], dtype=pl.Binary)

    (moved,) = in_metres(place, origin_lat=45.54, origin_lng=10.2)

    # GRS 80 at 45.54 degrees: 111,142 m a degree of latitude, 78,100 m one of longitude.
    assert (moved.x, moved.y) == pytest.approx((781.0, 1111.4), rel=2e-3)
