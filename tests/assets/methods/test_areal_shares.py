import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.areal import shares

CITY = {"origin_lat": 45.54, "origin_lng": 10.22}


def boxes(**corners: tuple[float, float, float, float]) -> list[bytes]:
    return [shapely.to_wkb(shapely.box(*one)) for one in corners.values()]


def frame(kind: str, **corners: tuple[float, float, float, float]) -> pl.DataFrame:
    return pl.DataFrame({f"{kind}_id": list(corners), "geom": boxes(**corners)})


EAST_AND_WEST = frame("area", west=(10.0, 45.5, 10.1, 45.6), east=(10.1, 45.5, 10.2, 45.6))


def test_a_park_on_the_border_lies_in_both_quarters_by_its_parts():
    park = frame("part", park=(10.075, 45.52, 10.175, 45.54))

    assert shares(park, EAST_AND_WEST, **CITY).rows() == [
        ("park", "east", pytest.approx(0.75)),
        ("park", "west", pytest.approx(0.25)),
    ]


def test_a_tree_on_the_border_stands_in_one_quarter():
    tree = pl.DataFrame({"part_id": ["t"], "geom": [shapely.to_wkb(shapely.Point(10.1, 45.55))]})

    assert shares(tree, EAST_AND_WEST, **CITY).rows() == [("t", "east", 1.0)]


def test_what_lies_outside_is_in_no_quarter():
    away = frame("part", away=(11.0, 45.5, 11.1, 45.6))

    assert shares(away, EAST_AND_WEST, **CITY).is_empty()
    assert shares(away.clear(), EAST_AND_WEST, **CITY).is_empty()


@given(st.floats(10.01, 10.15), st.floats(45.51, 45.56), st.floats(0.001, 0.03))
@settings(max_examples=40)
def test_nothing_is_lost_or_counted_twice_between_quarters_that_cover_the_city(lng, lat, size):
    park = frame("part", park=(lng, lat, lng + size, lat + size))

    found = shares(park, EAST_AND_WEST, **CITY)

    assert found["share_ratio"].sum() == pytest.approx(1.0, abs=1e-9)
