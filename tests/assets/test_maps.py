from xml.etree import ElementTree as ET

import h3
import polars as pl
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assets.maps import cell_shapes, class_breaks, palette, point_shapes, shape_map
from assets.plots import MAX_BYTES, as_markdown

SVG = "{http://www.w3.org/2000/svg}"
CENTRE = h3.latlng_to_cell(45.5398, 10.2200, 9)


def cells(rings: int) -> pl.Series:
    return pl.Series(sorted(h3.grid_disk(CENTRE, rings)))


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 # our own picture, made a line above


def colours_of(svg: str) -> list[str]:
    return [path.get("fill", "") for path in read(svg).iter(f"{SVG}path")][1:]


def test_a_map_of_two_thousand_cells_fits_into_dagsters_page():
    places = cells(26)

    svg = shape_map(
        "Rain", cell_shapes(places), pl.Series(range(len(places))), legend="mm", is_high_bad=True
    )

    assert len(places) > 2000
    assert len(as_markdown(svg, title="Rain")) < MAX_BYTES + 100
    assert len(colours_of(svg)) == 5


def test_the_cell_with_the_greatest_value_has_the_darkest_colour():
    places = pl.Series([CENTRE, *sorted(h3.grid_ring(CENTRE, 1))])

    svg = shape_map(
        "Rain", cell_shapes(places), pl.Series([9.0] + [1.0] * 6), legend="mm", is_high_bad=True
    )

    darkest, palest = palette(is_high_bad=True)[-1], palette(is_high_bad=True)[0]
    paths = {path.get("fill"): path.get("d", "") for path in read(svg).iter(f"{SVG}path")}
    assert paths[darkest].count("z") == 1
    assert paths[palest].count("z") == 6


def test_a_large_cell_is_drawn_without_the_small_ones_that_stand_in_it():
    places = pl.Series([h3.cell_to_parent(CENTRE, 8), CENTRE])

    large, small = shapely.from_wkb(cell_shapes(places).to_numpy())

    assert large.intersection(small).area < small.area * 1e-9
    (alone,) = shapely.from_wkb(cell_shapes(places[:1]).to_numpy())
    assert alone.area > large.area


def test_where_few_are_bad_the_least_value_has_the_darkest_colour():
    assert palette(is_high_bad=False)[0] == palette(is_high_bad=True)[-1]


def test_a_place_without_a_value_is_hatched_and_one_without_a_place_is_left_out():
    points = point_shapes(pl.Series([45.5, 45.6, None]), pl.Series([10.2, 10.3, 10.4]))
    first_missing = point_shapes(pl.Series([None, 45.6]), pl.Series([10.2, 10.3]))
    areas = cell_shapes(pl.Series([CENTRE, "no cell"]))

    svg = shape_map("Air", areas, pl.Series([None, 3.0]), legend="level", is_high_bad=True)

    assert points.is_null().to_list() == [False, False, True]
    assert first_missing.is_null().to_list() == [True, False]
    assert colours_of(svg) == ["url(#none)"]


def test_nothing_to_draw_is_still_a_picture():
    svg = shape_map(
        "Air", cell_shapes(pl.Series([], dtype=pl.String)), pl.Series([], dtype=pl.Float64),
        legend="level", is_high_bad=None,
    )  # fmt: skip

    assert "Nothing to draw" in ET.tostring(read(svg), encoding="unicode")


def test_names_of_markup_stay_names():
    svg = shape_map(
        "<Air> & 'co'", cell_shapes(cells(1)), pl.Series([1.0] * 7), legend="a<b", is_high_bad=None
    )

    assert read(svg).find(f"{SVG}title").text == "<Air> & 'co'"


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False) | st.none(), max_size=60))
def test_class_limits_rise_and_leave_no_class_empty(values):
    series = pl.Series(values, dtype=pl.Float64)
    breaks = class_breaks(series)
    numbers = [value for value in values if value is not None]

    assert breaks == sorted(set(breaks))
    assert len(breaks) <= 4
    for low, high in zip([float("-inf"), *breaks], [*breaks, float("inf")], strict=True):
        assert not numbers or any(low <= number < high for number in numbers)
