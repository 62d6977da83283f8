from datetime import date

import polars as pl
import pytest
import shapely

from assets.indicators.public_green import public_green
from infra.simulator.city import City
from infra.simulator.datasets.green_areas import areas as planted_areas

STANDARDS = pl.read_csv("assets/definitions/green_standards.csv", try_parse_dates=True)


def box(*corners: float) -> bytes:
    return shapely.to_wkb(shapely.box(*corners))


QUARTERS = pl.DataFrame(
    {
        "quarter_id": ["E", "W"],
        "quarter_name": ["Est", "Ovest"],
        "border_geom": [box(10.1, 45.5, 10.2, 45.6), box(10.0, 45.5, 10.1, 45.6)],
    }
)
SECTIONS = pl.DataFrame({"quarter_id": ["E", "E", "W"], "residents_count": [60, 40, 5]})
AREAS = pl.DataFrame(
    {
        "area_id": ["park", "closed"],
        "is_public": [True, False],
        "area_m2": [1000.0, 9000.0],
        "border_geom": [box(10.095, 45.52, 10.115, 45.53), box(10.15, 45.52, 10.16, 45.53)],
    }
)
TREES = pl.DataFrame(
    {
        "tree_id": ["a", "b"],
        "crown_m2": [20.0, 30.0],
        "lat_deg": [45.55, None],
        "lng_deg": [10.15, 10.1],
    }
)


def test_the_norm_asks_for_nine_square_metres_a_resident():
    # D.M. 1444/1968, art. 3, lett. c.
    result = public_green(AREAS, TREES, SECTIONS, QUARTERS, STANDARDS)

    east = result.row(0, named=True)
    assert east["green_m2"] == 750.0
    assert east["green_per_resident_m2"] == 7.5
    assert east["is_below_standard"] is True
    assert STANDARDS["least_m2"].to_list() == [9]


def test_a_quarter_where_hardly_anybody_lives_has_green_and_none_a_head():
    west = public_green(AREAS, TREES, SECTIONS, QUARTERS, STANDARDS).row(1, named=True)

    assert (west["green_m2"], west["green_per_resident_m2"]) == (250.0, None)
    assert west["quality_code"] == "no_data"


def test_trees_without_a_place_are_in_no_quarter():
    result = public_green(AREAS, TREES, SECTIONS, QUARTERS, STANDARDS)

    assert result["trees_count"].to_list() == [1, 0]
    assert result["crown_m2"].sum() == 20.0


def test_the_public_green_of_the_simulated_city_is_all_in_its_quarters():
    city = City(profile="small", seed=7, start=date(2025, 3, 24), days=2)
    known = planted_areas(city)
    public = known.filter(pl.col("pubblica") == "SI")
    shapes = [
        shapely.to_wkb(shapely.box(10.12 + n / 1e4, 45.55, 10.1201 + n / 1e4, 45.551))
        for n in range(public.height)
    ]
    areas = pl.DataFrame(
        {
            "area_id": [f"{n}" for n in range(public.height)],
            "is_public": True,
            "area_m2": public["superficie_m2"].cast(pl.Float64),
            "border_geom": shapes,
        }
    )

    result = public_green(areas, TREES, SECTIONS, QUARTERS, STANDARDS)

    assert result["green_m2"].sum() == pytest.approx(float(public["superficie_m2"].sum()), rel=1e-6)
