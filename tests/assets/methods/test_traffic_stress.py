import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.traffic_stress import (
    lane_stress,
    level_of_traffic_stress,
    mixed_stress,
    street_code,
)

TABLE = pl.read_csv("assets/definitions/level_of_traffic_stress.csv", try_parse_dates=True)


def streets(*rows: tuple[str, str, int | None, float, float]) -> pl.DataFrame:
    names = ["cycle_code", "street_code", "traffic_count", "speed_kmh", "cycle_width_m"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize(
    # Furth (2022), LTS v2.2, as read in BostonCyclistsUnion/StressMap, config/tables.yml.
    ("code", "traffic", "speeds"),
    [
        ("no_centreline", 3001, {30: 2, 50: 3, 70: 4}),
        ("no_centreline", 750, {30: 1, 50: 2, 90: 3}),
        ("no_centreline", 751, {50: 2, 60: 3}),
        ("centreline", 1501, {30: 2, 40: 3, 70: 4}),
        ("centreline", 1500, {30: 2, 50: 2}),
        ("narrow_one_way", 1500, {30: 2, 50: 3}),
        ("two_lanes", 8000, {30: 3, 60: 3, 70: 4}),
        ("two_lanes", 8001, {40: 3, 50: 4}),
        ("three_lanes", 500, {30: 3, 50: 4}),
    ],
)
def test_stress_among_cars_is_that_of_the_published_table(code, traffic, speeds):
    asked = streets(*(("none", code, traffic, float(speed), 0.0) for speed in speeds))

    assert mixed_stress(asked, TABLE).to_list() == list(speeds.values())


@pytest.mark.parametrize(
    ("code", "width", "speed", "level"),
    [
        ("centreline", 1.83, 45.0, 1), ("centreline", 1.83, 50.0, 1), ("centreline", 1.5, 50.0, 2),
        ("centreline", 1.5, 80.0, 4), ("two_lanes", 1.83, 65.0, 3), ("two_lanes", 1.2, 70.0, 4),
        ("three_lanes", 3.0, 50.0, 3), ("no_centreline", 1.83, 30.0, 1),
    ],
)  # fmt: skip
def test_stress_on_a_lane_is_that_of_the_published_table(code, width, speed, level):
    asked = streets(("lane", code, 5000, speed, width))

    assert lane_stress(asked, TABLE).to_list() == [level]


def test_a_track_is_for_children_and_a_lane_takes_the_lower_of_two_tables():
    asked = streets(
        ("track", "three_lanes", 30000, 90.0, 2.0),
        ("lane", "centreline", 800, 30.0, 1.0),  # 2 on the lane, 1 among cars
        ("shared", "centreline", 800, 30.0, 1.0),
        ("none", "centreline", None, 30.0, 0.0),
    )

    assert level_of_traffic_stress(asked, TABLE).to_list() == [1, 1, 1, None]


kinds = st.sampled_from(["no_centreline", "centreline", "narrow_one_way", "two_lanes"])


@given(
    kinds,
    st.lists(
        st.tuples(st.integers(0, 30000), st.floats(1, 130)), min_size=2, max_size=12, unique=True
    ),
    st.randoms(),
)
def test_more_cars_and_faster_ones_are_never_less_stress(kind, pairs, random):
    random.shuffle(pairs)

    stress = mixed_stress(streets(*(("none", kind, t, v, 0.0) for t, v in pairs)), TABLE)

    rated = [(pair, level) for pair, level in zip(pairs, stress, strict=True)]
    assert all(
        low <= high
        for (traffic, speed), low in rated
        for (more, faster), high in rated
        if more >= traffic and faster >= speed
    )


def test_lanes_and_the_line_between_them_make_the_kind_of_street():
    asked = pl.DataFrame({"lanes": [1, 1, 2, 4, None], "line": [True, False, False, True, True]})

    found = asked.select(street_code(pl.col("lanes"), pl.col("line"))).to_series()

    assert found.to_list()[:4] == ["centreline", "no_centreline", "two_lanes", "three_lanes"]
