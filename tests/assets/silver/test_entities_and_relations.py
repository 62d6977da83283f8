import re
from datetime import UTC, date, datetime

import h3
import polars as pl
import pytest
import shapely

from assets.silver import entity as entities
from assets.silver import relation as relations
from tests.assets.silver.state_frames import Row, inputs_of, on, place, square

URN = re.compile(r"urn:ngsi-ld:[A-Z][A-Za-z]+:brescia:[a-z_]+:\S+")
PARK = "urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:P1"
AREA = "urn:ngsi-ld:AdministrativeArea:brescia:comune:Q1"


def section(number: int) -> str:
    return f"urn:ngsi-ld:CensusSection:brescia:istat:{number}"


def node(number: int) -> str:
    return f"urn:ngsi-ld:RoadNode:brescia:comune_brescia:N{number}"


def entity(**rows: list[Row]) -> pl.DataFrame:
    return entities.entity(**inputs_of(entities.declaration, **rows))


def relation(known: pl.DataFrame, **rows: list[Row]) -> pl.DataFrame:
    frames = inputs_of(relations.declaration, **rows)
    return relations.relation(**{**frames, "entities": known})


def car_park(name: str = "Stazione", **more: object) -> Row:
    return {"entity_id": PARK, "car_park_name": name, **place(0.5, 0.5), **more}


def test_an_entity_has_the_type_and_the_source_of_its_id_and_the_cell_of_its_place():
    (row,) = entity(car_parks=[car_park()]).iter_rows(named=True)

    assert (row["type_code"], row["source_name"]) == ("OffStreetParking", "brescia_mobilita")
    assert row["entity_name"] == "Stazione"
    assert shapely.from_wkb(row["place_geom"]).distance(shapely.Point(10.2205, 45.5405)) < 1e-9
    assert row["cell_id"] == h3.latlng_to_cell(45.5405, 10.2205, 9)


def test_the_place_of_an_area_is_its_border_and_its_cell_that_of_its_middle():
    area = {"entity_id": AREA, "quarter_name": "Centro", "border_geom": square(0, 0, side=40)}

    (row,) = entity(quarters=[area]).iter_rows(named=True)

    assert row["place_geom"] == area["border_geom"]
    assert row["cell_id"] == h3.latlng_to_cell(45.56, 10.24, 9)


@pytest.mark.parametrize("shape", [None, shapely.to_wkb(shapely.Polygon())])
def test_an_entity_whose_place_is_not_known_is_kept_without_a_cell(shape: bytes | None):
    building = {
        "entity_id": "urn:ngsi-ld:Building:brescia:comune_brescia:B1",
        "shape_geom": shape,
    }

    assert entity(buildings=[building])["cell_id"].to_list() == [None]


def test_an_entity_that_changes_its_name_has_two_rows_that_abut():
    before = car_park("Stazione", valid_to=on(3))
    after = car_park("Stazione FS", valid_from=on(3))

    found = entity(car_parks=[after, before])

    assert found.select("entity_name", "valid_from", "valid_to").rows() == [
        ("Stazione", on(0), on(3)),
        ("Stazione FS", on(3), None),
    ]


def test_a_change_of_something_else_makes_no_new_row():
    before = car_park(capacity_count=300, valid_to=on(3))
    after = car_park(capacity_count=320, valid_from=on(3))

    found = entity(car_parks=[before, after])

    assert found.select("valid_from", "valid_to").rows() == [(on(0), None)]


def test_a_station_known_by_its_observations_alone_is_an_entity_without_a_place():
    station = "urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:130"
    seen = [
        {"entity_id": station, "day_on": date(2025, 3, day), "observed_at": on(day)}
        for day in (8, 7)
    ]
    of_park = {"entity_id": PARK, "day_on": date(2025, 3, 1), "observed_at": on(1)}

    found = entity(observed=[*seen, of_park], car_parks=[car_park()])

    rows = found.select("entity_id", "entity_name", "place_geom", "valid_from").rows()
    # A day of solar time begins at 23:00 UTC.
    began = datetime(2025, 3, 6, 23, tzinfo=UTC)
    assert (station, None, None, began) in rows
    assert [row[1] for row in rows] == ["Stazione", None]


def test_a_table_that_keeps_no_history_is_one_line_more_and_holds_since_ever(
    monkeypatch: pytest.MonkeyPatch,
):
    told = entities._Told("silver/tourism/fair", "fair_name", keeps_history=False)
    # Looked up before the line is there: the columns of all tables are found by calling them.
    others = inputs_of(entities.declaration)
    monkeypatch.setitem(entities._TABLES, "fairs", told)
    fair = {"entity_id": "urn:ngsi-ld:Event:brescia:comune:F1", "fair_name": "Fiera"}
    fairs = pl.DataFrame([fair, fair])

    found = entities.entity(**others, fairs=fairs)

    assert found.select("type_code", "entity_name", "valid_from", "valid_to").rows() == [
        ("Event", "Fiera", datetime(1970, 1, 1, tzinfo=UTC), None)
    ]


def test_events_have_a_name_and_no_place_and_stations_of_bicycles_and_bins_have_one():
    event = {"entity_id": "urn:ngsi-ld:Event:brescia:comune:EV1", "event_name": "Fiera"}
    station = "urn:ngsi-ld:BikeHireDockingStation:brescia:brescia_mobilita:B1"
    bikes = {"entity_id": station, "station_name": "Duomo", **place(0.5, 0.5)}
    point = shapely.to_wkb(shapely.Point(10.2215, 45.5405))
    a_bin = {"entity_id": "urn:ngsi-ld:WasteContainer:brescia:a2a:C1", "place_geom": point}
    charger = {
        "entity_id": "urn:ngsi-ld:EVChargingStation:brescia:a2a:EV01",
        "street_name": "Via Milano",
        "place_geom": point,
    }

    known = entity(events=[event], bike_stations=[bikes], bins=[a_bin], chargers=[charger])

    named = known.select("entity_id", "entity_name", pl.col("cell_id").is_not_null()).rows()
    assert named == [
        (station, "Duomo", True),
        (charger["entity_id"], "Via Milano", True),
        (event["entity_id"], "Fiera", False),
        (a_bin["entity_id"], None, True),
    ]


def test_a_gauge_stands_where_its_levels_say_and_is_one_entity_in_its_section():
    gauge = "urn:ngsi-ld:WaterObserved:brescia:arpa_lombardia:8141"
    levels = [
        {"entity_id": gauge, "river_name": "Mella", "level_m": float(day), **place(0.5, 0.5)}
        for day in (1, 2, 3)
    ]

    known = entity(gauges=levels, sections=sections())

    assert known.filter(pl.col("entity_id") == gauge)["entity_name"].to_list() == ["Mella"]
    found = in_section(relation(known, sections=sections()))
    assert found == [(gauge, section(1), on(0), None)]


def test_probes_of_one_station_have_one_station():
    probes = [
        {
            "entity_id": f"urn:ngsi-ld:GreenspaceRecord:brescia:arpa_lombardia:{sensor}",
            "station_entity_id": "urn:ngsi-ld:Device:brescia:arpa_lombardia:1900",
            "station_name": "Suolo 1",
            **place(0.5, 0.5),
        }
        for sensor in (80000, 80001)
    ]

    known = entity(probes=probes, soil_stations=probes)
    found = relation(known, probes=[{"valid_to": None, **probe} for probe in probes])

    assert known["type_code"].to_list() == ["Device", "GreenspaceRecord", "GreenspaceRecord"]
    assert found["predicate_code"].to_list() == ["at_station"] * 2


def sections() -> list[Row]:
    """Two neighbours of a thousandth of a degree each, from west to east."""
    return [
        {"entity_id": section(number), "quarter_id": "Q1", "border_geom": square(number - 1, 0)}
        for number in (1, 2)
    ]


def in_section(found: pl.DataFrame) -> list[tuple[object, ...]]:
    rows = found.filter(pl.col("predicate_code") == "in_section")
    return rows.select("subject_id", "object_id", "valid_from", "valid_to").rows()


@pytest.mark.parametrize(
    ("east", "expected"), [(0.5, [section(1)]), (1.5, [section(2)]), (1.0, [section(1)]), (9, [])]
)
def test_a_place_is_in_the_section_around_it_and_on_a_border_in_the_first(
    east: float, expected: list[str]
):
    known = entity(car_parks=[car_park() | place(east, 0.5)], sections=sections())

    found = relation(known, sections=sections())

    assert in_section(found) == [(PARK, one, on(0), None) for one in expected]


def test_a_car_park_that_moves_is_in_each_section_while_it_is_there():
    there = [car_park(valid_to=on(3)), car_park(valid_from=on(3)) | place(1.5, 0.5)]
    known = entity(car_parks=there, sections=sections())

    found = relation(known, sections=sections())

    assert in_section(found) == [
        (PARK, section(1), on(0), on(3)),
        (PARK, section(2), on(3), None),
    ]


def test_a_section_that_gets_another_border_holds_a_place_since_then():
    before, _ = sections()
    wider = before | {"border_geom": square(0, 0, side=2), "valid_from": on(5)}
    borders = [before | {"valid_to": on(5)}, wider]
    known = entity(car_parks=[car_park() | place(1.5, 0.5)], sections=borders)

    found = relation(known, sections=borders)

    assert in_section(found) == [(PARK, section(1), on(5), None)]


def test_a_stretch_begins_and_ends_at_its_crossings_and_a_missing_one_is_no_relation():
    stretch = {
        "entity_id": "urn:ngsi-ld:RoadSegment:brescia:comune_brescia:E1",
        "from_node_id": "N1",
        "to_node_id": "N2",
    }
    nodes = [{"entity_id": node(number), **place(number, 0)} for number in (1, 3)]
    known = entity(segments=[stretch], nodes=nodes)

    found = relation(known, segments=[stretch])

    assert found.select("predicate_code", "object_id").rows() == [("starts_at", node(1))]


def test_a_stop_is_served_by_the_lines_of_its_trips_for_as_long_as_they_are_in_the_timetable():
    stop = {"entity_id": "urn:ngsi-ld:GtfsStop:brescia:brescia_mobilita:S1", "stop_name": "Duomo"}
    routes = [
        {"entity_id": f"urn:ngsi-ld:GtfsRoute:brescia:brescia_mobilita:L{number}"}
        for number in (1, 2)
    ]
    trips = [
        {"trip_id": "a", "route_id": "L1", "valid_to": on(4)},
        {"trip_id": "b", "route_id": "L1", "valid_from": on(4)},
        {"trip_id": "c", "route_id": "L2", "valid_from": on(6), "valid_to": on(7)},
    ]
    stop_times = [{"trip_id": trip, "stop_id": "S1"} for trip in "abc"]
    known = entity(stops=[stop], routes=routes)

    found = relation(known, trips=trips, stop_times=stop_times)

    assert found.select("object_id", "valid_from", "valid_to").rows() == [
        (routes[0]["entity_id"], on(0), None),
        (routes[1]["entity_id"], on(6), on(7)),
    ]


def test_ids_are_urns_and_unique_at_any_time_and_relations_speak_of_known_entities():
    quarter = {"entity_id": AREA, "quarter_name": "Centro", "border_geom": square(0, 0, side=2)}
    known = entity(
        car_parks=[car_park(valid_to=on(3)), car_park("Stazione FS", valid_from=on(3))],
        sections=sections(),
        quarters=[quarter],
    )

    found = relation(known, sections=sections())

    assert all(URN.fullmatch(one) for one in known["entity_id"])
    assert known.select("entity_id", "valid_from").is_unique().all()
    assert set(found["predicate_code"]) == {"in_quarter", "in_section"} <= set(relations.PREDICATES)
    assert set(found["subject_id"]) | set(found["object_id"]) <= set(known["entity_id"])
