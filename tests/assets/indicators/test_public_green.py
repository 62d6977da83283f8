from datetime import date

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.public_green import public_green
from infra.simulator.city import City
from infra.simulator.datasets.green_areas import areas as planted_areas

STANDARDS = pl.read_csv("assets/definitions/green_standards.csv", try_parse_dates=True)
KINDS = pl.read_csv("assets/definitions/green_kinds.csv", try_parse_dates=True)


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
        "kind_code": ["parco", "parco"],
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


def measured(**changed: pl.DataFrame) -> pl.DataFrame:
    world = {"areas": AREAS, "trees": TREES, "sections": SECTIONS, "quarters": QUARTERS}
    return public_green(**world | {"kinds": KINDS, "standards": STANDARDS} | changed)


@pytest.mark.shows(
    "published",
    "gold/green/public_green_by_quarter",
    source="D.M. 1444/1968, art. 3: nine square metres a resident",
)
def test_the_norm_asks_for_nine_square_metres_a_resident():
    # D.M. 1444/1968, art. 3, lett. c (Gazzetta Ufficiale n. 97 of 16 April 1968).
    east = measured().row(0, named=True)

    assert east["green_m2"] == 750.0
    assert east["green_per_resident_m2"] == 7.5
    assert east["is_below_standard"] is True
    assert STANDARDS.filter(standard_code="green_per_resident")["least_m2"].to_list() == [9]


def test_the_strip_along_a_road_is_green_and_none_for_the_norm():
    # The same letter: "con esclusione di fasce verdi lungo le strade".
    strip = AREAS.with_columns(
        kind_code=pl.lit("verde stradale"), area_m2=pl.lit(2000.0), area_id="s" + pl.col("area_id")
    )

    both = measured(areas=pl.concat([AREAS, strip])).row(0, named=True)

    assert (both["green_m2"], both["fitted_out_m2"]) == (750.0 + 1500.0, 750.0)
    assert (both["green_per_resident_m2"], both["fitted_out_per_resident_m2"]) == (22.5, 7.5)
    assert both["is_below_standard"] is True


def test_a_quarter_where_hardly_anybody_lives_has_green_and_none_a_head():
    west = measured().row(1, named=True)

    assert (west["green_m2"], west["green_per_resident_m2"]) == (250.0, None)
    assert west["quality_code"] == "no_data"


def test_trees_without_a_place_are_in_no_quarter():
    result = measured()

    assert result["trees_count"].to_list() == [1, 0]
    assert result["crown_m2"].sum() == 20.0


@pytest.mark.shows("property", "gold/green/public_green_by_quarter")
@settings(max_examples=20)
@given(st.floats(1, 1e5), st.sampled_from(KINDS["kind_code"].to_list()), st.booleans())
def test_an_area_more_never_leaves_anybody_with_less(area_m2, kind, is_public):
    new = AREAS.head(1).with_columns(
        area_id=pl.lit("new"), kind_code=pl.lit(kind), area_m2=area_m2, is_public=is_public
    )

    before, after = measured(), measured(areas=pl.concat([AREAS, new]))

    for name in ("green_m2", "fitted_out_m2"):
        assert (after[name] >= before[name]).all()
    assert (after["is_below_standard"] <= before["is_below_standard"]).all()


@pytest.mark.shows("planted", "gold/green/public_green_by_quarter")
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
            "kind_code": "parco",
            "area_m2": public["superficie_m2"].cast(pl.Float64),
            "border_geom": shapes,
        }
    )

    result = measured(areas=areas)

    assert result["green_m2"].sum() == pytest.approx(float(public["superficie_m2"].sum()), rel=1e-6)
