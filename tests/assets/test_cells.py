import h3
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cells import cells_of, near_cells

PLACES = st.tuples(st.floats(45.4, 45.6), st.floats(10.1, 10.4))


@settings(max_examples=50)
@given(places=st.lists(PLACES, min_size=1, max_size=20), data=st.data())
def test_every_point_of_some_cells_is_near_them(places, data):
    points = pl.DataFrame(places, schema=["lat_deg", "lng_deg"], orient="row")
    cells = cells_of(points["lat_deg"], points["lng_deg"])
    chosen = data.draw(st.lists(st.sampled_from(sorted(set(cells))), min_size=1, unique=True))

    near = points.select(is_near=near_cells(chosen))["is_near"]

    assert near.filter(cells.is_in(chosen)).all()


def test_what_is_far_or_nowhere_is_not_near_a_cell():
    points = pl.DataFrame({"lat_deg": [45.54, 45.55, None], "lng_deg": [10.22, 10.22, 10.22]})

    near = points.select(is_near=near_cells([h3.latlng_to_cell(45.54, 10.22, 9)]))

    assert near["is_near"].to_list() == [True, False, False]
