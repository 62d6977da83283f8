"""The stops and stations of public transport, as the newest timetable has them."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def transit_stops(stops: pl.DataFrame) -> pl.DataFrame:
    """Give each place of the timetable: stops, and the stations, entrances and nodes around them.

    Vehicles stop at stops only; a place of which the publisher says nothing is one.
    """
    kind = pl.col("location_type_code").fill_null("0")
    return stops.select(
        entity_id=pl.lit("urn:ngsi-ld:GtfsStop:brescia:brescia_mobilita:") + pl.col("stop_id"),
        stop_id="stop_id",
        stop_name="stop_name",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        location_type_code=kind,
        is_stop=kind == "0",
        parent_stop_id="parent_stop_id",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("stop_id", "valid_from")


declaration = Declaration(
    function=transit_stops,
    key="silver/mobility/transit_stops",
    reads={"stops": "bronze/brescia_mobilita/transit_stops"},
    gives={
        "entity_id": given("The stop as an NGSI-LD entity.", "stops.stop_id"),
        "stop_id": given("The publisher's code of the stop.", "stops.stop_id"),
        "stop_name": given("Name of the stop.", "stops.stop_name"),
        "lat_deg": given("Latitude, WGS84.", "stops.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "stops.lng_deg"),
        "location_type_code": given(
            "0 stop, 1 station, 2 entrance, 3 node, 4 boarding area.", "stops.location_type_code"
        ),
        "is_stop": given("Whether vehicles stop here.", "stops.location_type_code"),
        "parent_stop_id": given("The station it is a part of.", "stops.parent_stop_id"),
        **validity("stops"),
    },
    key_columns=("stop_id", "valid_from"),
    window_by=None,
    with_history=("stops",),
    title="Stops of public transport",
    method_version="1",
    literature="GTFS Schedule reference, stops.txt; Smart Data Models, dataModel.UrbanMobility, "
    "GtfsStop.",
)
