import base64
from dataclasses import replace
from xml.etree import ElementTree as ET

import dagster as dg
import numpy as np
import polars as pl
import pytest
import shapely

from assets.derived_assets import as_it_was, looked_at
from assets.maps import shape_map
from assets.pictures import series_of
from assets.plots import MAX_BYTES, as_markdown, heat_table, line_chart
from assets.twin import Twin
from tests.assets.atlas.small_city import DECLARATIONS, FRAMES, small_city

COLOURS = ((0.0, "#ffffff"), (1.0, "#888888"), (2.0, "#000000"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_city(tmp_path_factory.mktemp("city"))


def size(svg: str) -> int:
    ET.fromstring(svg)  # noqa: S314 # our own picture
    return len(base64.b64encode(svg.encode()))


def heat(rows: int, columns: int) -> str:
    random = np.random.default_rng(1)
    names, times = [f"Stazione {n}" for n in range(rows)], [f"{n} h" for n in range(columns)]
    numbers = random.random((rows, columns)) * 3
    values = {
        (a, b): float(numbers[i, j]) for i, a in enumerate(names) for j, b in enumerate(times)
    }
    return heat_table(
        "T", rows=names, columns=times, values=values, colours=COLOURS, legend="l", label_every=24
    )


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (40, 168), (300, 700), (2, 5000)])
def test_a_heat_table_of_any_size_fits_into_dagsters_page(rows, columns):
    assert size(heat(rows, columns)) <= MAX_BYTES


def test_columns_drawn_as_one_take_the_greatest_value_and_say_so():
    svg = heat(40, 2000)

    assert "first" not in svg
    assert "greatest of" in svg
    assert svg.count("M150 ") == 40


def test_a_heat_table_that_fits_has_every_cell_in_its_colour():
    svg = heat_table(
        "T", rows=["a", "b"], columns=["1", "2"],
        values={("a", "1"): 0.5, ("a", "2"): 1.0, ("b", "1"): 9.0}, colours=COLOURS, legend="l",
    )  # fmt: skip

    shapes = {
        path.get("fill"): path.get("d", "").count("M")
        for path in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")  # noqa: S314 # ours
    }
    assert {fill: count for fill, count in shapes.items() if fill} == {
        "#ffffff": 1, "#888888": 1, "#000000": 1, "url(#none)": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("lines", "length"), [(0, 0), (1, 1), (6, 200), (80, 5000)])
def test_a_line_chart_of_any_size_fits_into_dagsters_page(lines, length):
    series = {f"l{n}": [float((n * i) % 97) for i in range(length)] for n in range(lines)}

    assert size(line_chart("T", x=[str(i) for i in range(length)], series=series, unit="u")) <= (
        MAX_BYTES
    )


def test_numbers_below_zero_stand_within_the_chart():
    svg = line_chart("T", x=["1", "2"], series={"a": [-3.0, 2.0]}, unit="u")

    (line,) = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}polyline")  # noqa: S314 # ours
    heights = [float(pair.split(",")[1]) for pair in line.get("points", "").split()]
    assert heights == [34 + 190, 34]


def test_a_map_of_any_number_of_streets_fits_into_dagsters_page():
    random = np.random.default_rng(2)
    starts = random.random((30_000, 2)) * 0.2
    ways = shapely.linestrings(np.stack([starts, starts + 0.001], axis=1))

    svg = shape_map(
        "T", pl.Series(list(shapely.to_wkb(ways)), dtype=pl.Binary),
        pl.Series(random.random(30_000)), legend="l", is_high_bad=True,
    )  # fmt: skip

    assert size(svg) <= MAX_BYTES


def test_a_picture_that_is_too_large_is_told_and_not_shown():
    shown = as_markdown("x" * MAX_BYTES, title="T")

    assert shown.startswith("The picture 'T' has 80000 bytes")
    assert "base64" not in shown


@pytest.mark.parametrize("key", FRAMES)
def test_a_table_with_neither_map_nor_picture_gets_a_chart(key):
    svg = series_of(DECLARATIONS[key], FRAMES[key]())

    assert svg is not None
    assert size(svg) <= MAX_BYTES


def test_the_chart_of_a_chosen_code_goes_back_in_time_and_begins_where_there_are_values():
    one = DECLARATIONS["gold/air/hourly_dust_by_station"]
    frame = FRAMES[one.key]().with_columns(kind_code=pl.lit("k1"))
    empty = frame.filter(pl.col("hour_at") == frame["hour_at"].max()).with_columns(
        hour_at=pl.col("hour_at").dt.offset_by("1h"), dust_ugm3=pl.lit(None, pl.Float64)
    )
    measured = replace(one.measured, by=("kind_code",), drawn={"kind_code": "k1"})

    svg = series_of(replace(one, measured=measured), pl.concat([frame, empty]))

    lines = list(ET.fromstring(svg or "").iter("{http://www.w3.org/2000/svg}polyline"))  # noqa: S314 # ours
    assert [len(line.get("points", "").split()) for line in lines] == [29, 29]


def test_of_a_table_without_values_there_is_no_chart():
    key = "gold/green/green_by_quarter"

    assert series_of(DECLARATIONS[key], FRAMES[key]().clear()) is None


@pytest.mark.parametrize("key", FRAMES)
def test_dagster_shows_of_every_indicator_a_picture_the_worst_and_the_city(key, city):
    one = DECLARATIONS[key]

    seen = looked_at(one, FRAMES[key](), city)

    picture = seen.get("map") or seen.get("picture")
    assert isinstance(picture, dg.MarkdownMetadataValue)
    assert picture.md_str.startswith("![")
    assert f"| {one.measured.entity} |" in seen["worst ten"].md_str
    numbers = {name for name, value in seen.items() if isinstance(value, float)}
    assert numbers == {
        "city: completeness_ratio",
        *(f"city: {name}" for name in one.measured.values),
    }


def test_what_has_a_picture_of_its_own_gets_no_other(city):
    one = DECLARATIONS["gold/economy/yearly_equality"]
    frame = FRAMES[one.key]()

    seen = looked_at(replace(one, plot=lambda _: "<svg>mine</svg>"), frame, city)

    assert seen["picture"].md_str == as_markdown("<svg>mine</svg>", title=one.title)


TOLD = {
    "Delta version": 3,
    "method": "1",
    "rows computed": 10,
    "dagster/row_count": 10,
    "news": "computed anew",
    "map": dg.MetadataValue.md("a map"),
    "city: dust_ugm3": 1.5,
    "mean dust_ugm3": 1.4,
}


@pytest.mark.parametrize(
    ("before", "is_told"),
    [
        ({}, True),
        ({"Delta version": 2}, False),
        ({"method": "0"}, False),
        ({"version of the map's places": 1}, False),
        ({"rows computed": 4}, False),
        ({"rows computed": 0, "news": "inputs unchanged: left as it was"}, True),
    ],
)
def test_what_did_not_change_is_not_drawn_again_where_all_of_it_was_drawn(before, is_told):
    event = dg.AssetMaterialization("t", metadata=TOLD | before).metadata

    seen = as_it_was(event, TOLD)

    assert seen == ({name: event[name] for name in ("map", "city: dust_ugm3")} if is_told else None)


def test_an_event_that_shows_nothing_is_no_picture():
    assert as_it_was({}, TOLD) is None
    assert as_it_was({}, {}) is None
