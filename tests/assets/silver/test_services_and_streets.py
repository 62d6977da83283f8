from datetime import UTC, datetime

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assets.silver.point_of_interest import point_of_interest
from assets.silver.population_by_section import population_by_section
from assets.silver.road_node import road_node
from assets.silver.road_segment import road_segment

AGES = dict.fromkeys(
    (f"age_{band}_count" for band in ("0_14", "15_24", "25_44", "45_64", "65_79", "80")), 20
)
SINCE = datetime(2025, 3, 1, tzinfo=UTC)


def held(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that have held since the first of March."""
    return rows.with_columns(
        valid_from=pl.lit(SINCE, pl.Datetime("us", "UTC")),
        valid_to=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def service(opens: str | None, closes: str | None) -> pl.DataFrame:
    one = pl.DataFrame(
        {
            "service_id": ["S1"],
            "category_code": "farmacia",
            "capacity_count": 40,
            "opens_code": pl.Series([opens], dtype=pl.String),
            "closes_code": pl.Series([closes], dtype=pl.String),
            "weekdays_code": "1111110",
            "lat_deg": 45.5,
            "lng_deg": 10.2,
        }
    )
    return held(one)


@pytest.mark.parametrize(
    ("opens", "closes", "span"),
    [
        ("08:30", "20:00", (8.5, 20.0)),
        ("00:00", "24:00", (0.0, 24.0)),
        ("20:00", "08:00", (20.0, 32.0)),
        ("00:00", "00:00", (0.0, 24.0)),
    ],
)
def test_opening_hours_are_seconds_of_the_day_and_of_the_night_after(opens, closes, span):
    found = point_of_interest(service(opens, closes))

    hours = found.select(pl.col("opens_s", "closes_s") / 3600)
    assert hours.rows() == [span]
    assert found["entity_id"].to_list() == ["urn:ngsi-ld:PointOfInterest:brescia:comune_brescia:S1"]


@pytest.mark.parametrize("opens", [None, "mattina", "8:30"])
def test_a_service_whose_hours_are_not_known_is_kept_without_them(opens):
    found = point_of_interest(service(opens, "20:00"))

    assert found["opens_s"].to_list() == [None]
    assert found["closes_s"].to_list() == [20 * 3600]


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_no_service_shuts_before_it_opens(hour, minute, shut_hour, shut_minute):
    found = point_of_interest(service(f"{hour:02}:{minute:02}", f"{shut_hour:02}:{shut_minute:02}"))

    open_s = found["closes_s"][0] - found["opens_s"][0]
    assert 0 < open_s <= 86_400


def test_a_slope_of_four_per_cent_is_a_ratio_of_four_hundredths():
    edge = {
        "edge_id": "E1", "from_node_id": "n1", "to_node_id": "n2", "street_name": "Via Prova",
        "class_code": "local", "length_m": 120.0, "slope_pct": 4.0, "lanes_count": 1,
        "limit_kmh": 30.0, "capacity_count": 500, "traffic_count": 900, "cycle_code": "none",
        "cycle_width_m": 0.0, "line_geom": b"",
    }  # fmt: skip

    found = road_segment(held(pl.DataFrame([edge])))

    assert found.select("entity_id", "slope_ratio").rows() == [
        ("urn:ngsi-ld:RoadSegment:brescia:comune_brescia:E1", 0.04)
    ]


def test_a_crossing_is_an_entity_with_its_height():
    node = {"node_id": "n1", "lat_deg": 45.5, "lng_deg": 10.2, "elevation_m": 149.0}

    found = road_node(held(pl.DataFrame([node])))

    assert found.select("entity_id", "elevation_m").rows() == [
        ("urn:ngsi-ld:RoadNode:brescia:comune_brescia:n1", 149.0)
    ]


def test_the_place_of_a_section_lies_within_its_border():
    # A horseshoe: its centroid lies outside of it.
    border = shapely.from_wkt("POLYGON((0 0,9 0,9 9,8 9,8 1,1 1,1 9,0 9,0 0))")
    section = pl.DataFrame(
        {
            "section_id": ["0170290000001"],
            "quarter_id": "Q01",
            "residents_count": 120,
            "income_level": 5,
            "border_geom": [shapely.to_wkb(border)],
        }
    )

    (row,) = population_by_section(held(section).with_columns(**AGES)).iter_rows(named=True)

    assert not border.contains(border.centroid)
    assert border.contains(shapely.Point(row["lng_deg"], row["lat_deg"]))


def test_a_section_without_a_border_is_kept_without_a_place():
    section = pl.DataFrame(
        {
            "section_id": ["0170290000001"],
            "quarter_id": "Q01",
            "residents_count": 120,
            "income_level": 5,
            "border_geom": pl.Series([None], dtype=pl.Binary),
        }
    )

    assert population_by_section(held(section).with_columns(**AGES)).select(
        "lat_deg", "lng_deg"
    ).rows() == [(None, None)]
