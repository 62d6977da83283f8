from datetime import date
from types import ModuleType

import h3
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.silver import air_quality_station as stations
from assets.silver import building, garden, soil_probe, transit_routes, tree
from assets.silver import soil_moisture_observed as soil
from assets.silver import terrain_by_cell as terrain
from assets.silver.off_street_parking_observed import off_street_parking_observed
from tests.assets.silver.state_frames import Row, inputs_of, on

COVERS = [name for name, _ in terrain._COVERS.values()]


def ground(*points: Row) -> pl.DataFrame:
    return terrain.terrain_by_cell(**inputs_of(terrain.declaration, terrain=list(points)))


def point(row: int, column: int, **more: object) -> Row:
    return {
        "grid_row_index": row,
        "grid_column_index": column,
        "lat_deg": 45.54 - row * 0.0002,
        "lng_deg": 10.22 + column * 0.0003,
        "elevation_m": 150.0,
        "sealed_ratio": 0.5,
        "cover_code": "prato",
        "soil_group_code": "B",
        **more,
    }


def test_a_cell_has_the_mean_of_its_points_and_the_shares_of_what_covers_them():
    (row,) = ground(
        point(0, 0, elevation_m=149.0, sealed_ratio=0.1, cover_code="bosco"),
        point(0, 1, elevation_m=151.0, sealed_ratio=0.2, cover_code="prato"),
        point(1, 0, elevation_m=153.0, sealed_ratio=0.9, cover_code="prato", soil_group_code="D"),
        point(1, 1, elevation_m=None, sealed_ratio=None, cover_code=None, soil_group_code="D"),
    ).iter_rows(named=True)

    assert row["cell_id"] == h3.latlng_to_cell(45.54, 10.22, 9)
    assert (row["lowest_m"], row["elevation_m"], row["highest_m"]) == (149.0, 151.0, 153.0)
    assert row["sealed_ratio"] == 0.4
    assert row["wood_ratio"] == pytest.approx(1 / 3, abs=1e-6)
    assert row["grass_ratio"] == pytest.approx(2 / 3, abs=1e-6)
    assert row["dense_built_ratio"] == 0.0
    # B and D are equally common: that which soaks up less.
    assert row["soil_group_code"] == "D"
    assert row["points_count"] == 4


def test_a_point_that_is_delivered_twice_counts_once():
    found = ground(point(0, 0), point(0, 0), point(0, 1))

    assert found["points_count"].to_list() == [2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*terrain._COVERS, None]), min_size=1, max_size=40))
def test_no_point_is_lost_and_shares_of_a_cell_add_up_to_one(covers: list[str | None]):
    points = [
        point(number % 7 * 5, number // 7 * 5, cover_code=cover)
        for number, cover in enumerate(covers)
    ]

    found = ground(*points)

    assert found["points_count"].sum() == len(points)
    sums = found.select(pl.sum_horizontal(COVERS)).to_series()
    is_known = found["wood_ratio"].is_not_null()
    assert np.allclose(sums.filter(is_known), 1, atol=1e-5)
    assert (~is_known).sum() <= covers.count(None)
    assert found.equals(ground(*reversed(points)))


def measurement(hour: int, *, sensor: str = "1", **more: object) -> Row:
    return {
        "window_on": on(0).date(), "sensor_id": sensor, "station_id": "649",
        "station_name": "Broletto", "measured_at": on(0).replace(hour=hour), "lat_deg": 45.5397,
        "lng_deg": 10.2226, **more,
    }  # fmt: skip


def station(*rows: Row) -> list[tuple[object, ...]]:
    frames = inputs_of(stations.declaration, measurements=list(rows))
    found = stations.air_quality_station(**frames)
    return found.select("station_name", "lat_deg", "valid_from", "valid_to").rows()


def test_a_station_holds_from_its_first_hour():
    found = station(*(measurement(hour, sensor=sensor) for hour in (3, 4, 2) for sensor in "12"))

    assert found == [("Broletto", 45.5397, on(0).replace(hour=2), None)]


def test_a_station_that_was_moved_and_came_back_has_three_rows_that_abut():
    places = {1: 45.5397, 2: 45.5397, 3: 45.55, 5: 45.5397, 4: None}

    found = station(*(measurement(hour, lat_deg=lat) for hour, lat in places.items()))

    ends = [on(0).replace(hour=hour) for hour in (1, 3, 5)]
    assert [(lat, since, until) for _, lat, since, until in found] == [
        (45.5397, ends[0], ends[1]),
        (45.55, ends[1], ends[2]),
        (45.5397, ends[2], None),
    ]


def test_water_in_the_ground_is_a_share_and_the_last_word_of_an_hour_counts():
    said = [
        {"sensor_id": "80000", "measured_at": on(0), "window_on": date(2025, 3, day),
         "water_pct": water, "temperature_c": 9.0, "validity_code": validity}
        for day, water, validity in ((2, 31.0, "VA"), (1, 28.0, "VA"))
    ]  # fmt: skip
    later = said[0] | {"measured_at": on(1), "validity_code": "NA"}

    found = soil.soil_moisture_observed(**inputs_of(soil.declaration, measurements=[*said, later]))

    assert found.select("observed_at", "water_ratio", "temperature_c").rows() == [
        (on(0), 0.31, 9.0),
        (on(1), None, None),
    ]


def test_a_car_park_that_is_shut_says_so_with_its_places():
    counted = pl.DataFrame(
        {
            "window_on": [date(2025, 3, 1)] * 2,
            "car_park_id": ["P1", "P1"],
            "observed_at": [on(0), on(1)],
            "free_count": [7, 300],
            "capacity_count": [300, 300],
            "status_code": ["APERTO", "CHIUSO"],
        }
    )

    found = off_street_parking_observed(counted)

    assert found.select("free_count", "is_open").rows() == [(7, True), (300, False)]


@pytest.mark.parametrize(
    ("module", "key", "urn"),
    [
        (building, "building_id", "Building:brescia:comune_brescia"),
        (garden, "area_id", "Garden:brescia:comune_brescia"),
        (tree, "tree_id", "Tree:brescia:comune_brescia"),
        (soil_probe, "sensor_id", "GreenspaceRecord:brescia:arpa_lombardia"),
        (transit_routes, "route_id", "GtfsRoute:brescia:brescia_mobilita"),
    ],
)
def test_what_changed_is_told_as_it_was_before_and_as_it_is(module: ModuleType, key: str, urn: str):
    declaration = module.declaration
    (name,) = declaration.reads
    rows = [
        {key: "X1", "valid_from": on(3)},
        {key: "X1", "valid_from": on(0), "valid_to": on(3)},
    ]

    found = declaration.function(**inputs_of(declaration, **{name: rows}))

    assert found.select("entity_id", "valid_from", "valid_to").rows() == [
        (f"urn:ngsi-ld:{urn}:X1", on(0), on(3)),
        (f"urn:ngsi-ld:{urn}:X1", on(3), None),
    ]


def test_a_probe_of_ten_centimetres_has_its_depth_and_its_station():
    probe = {"sensor_id": "80000", "station_id": "1900", "depth_code": "10"}

    found = soil_probe.soil_probe(**inputs_of(soil_probe.declaration, probes=[probe]))

    assert found.select("depth_cm", "station_entity_id").rows() == [
        (10.0, "urn:ngsi-ld:Device:brescia:arpa_lombardia:1900")
    ]


def test_a_line_without_a_short_name_is_called_by_its_long_one():
    lines = [
        {"route_id": "1", "route_short_name": "1", "route_long_name": "Mompiano - Chiesanuova"},
        {"route_id": "M", "route_long_name": "Metro"},
    ]

    found = transit_routes.transit_routes(**inputs_of(transit_routes.declaration, routes=lines))

    assert found["route_name"].to_list() == ["1", "Metro"]
