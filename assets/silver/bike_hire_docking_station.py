"""The stations of the public bicycles: where they are and how many docks they have."""

import polars as pl

from assets.declaration import Declaration, given


def bike_hire_docking_station(stations: pl.DataFrame) -> pl.DataFrame:
    """Give each station that is open now, with its docks and place."""
    return stations.select(
        entity_id=pl.lit("urn:ngsi-ld:BikeHireDockingStation:brescia:brescia_mobilita:")
        + pl.col("station_id"),
        station_id="station_id",
        station_name="station_name",
        docks_count="docks_count",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
    ).sort("station_id")


declaration = Declaration(
    function=bike_hire_docking_station,
    key="silver/mobility/bike_hire_docking_station",
    reads={"stations": "bronze/brescia_mobilita/bike_share_stations"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "stations.station_id"),
        "station_id": given("The publisher's number of the station.", "stations.station_id"),
        "station_name": given("Name of the station.", "stations.station_name"),
        "docks_count": given("Docks it has.", "stations.docks_count"),
        "lat_deg": given("Latitude, WGS84.", "stations.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "stations.lng_deg"),
    },
    key_columns=("station_id",),
    window_by=None,
    title="Stations of public bicycles",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, BikeHireDockingStation.",
)
