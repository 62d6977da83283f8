"""The probes in the ground: at which station, how deep, and what they measure."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def soil_probe(probes: pl.DataFrame) -> pl.DataFrame:
    """Give each probe with its depth and place, as it is and as it was before each change.

    Its station is the device that it is a part of.
    """
    return probes.select(
        entity_id=pl.lit("urn:ngsi-ld:GreenspaceRecord:brescia:arpa_lombardia:")
        + pl.col("sensor_id"),
        station_entity_id=pl.lit("urn:ngsi-ld:Device:brescia:arpa_lombardia:")
        + pl.col("station_id"),
        sensor_id="sensor_id",
        station_id="station_id",
        station_name="station_name",
        depth_cm=pl.col("depth_code").cast(pl.Float64, strict=False),
        elevation_m="elevation_m",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("sensor_id", "valid_from")


declaration = Declaration(
    function=soil_probe,
    key="silver/soil/soil_probe",
    reads={"probes": "bronze/arpa_lombardia/soil_sensors"},
    gives={
        "entity_id": given("The probe as an NGSI-LD entity.", "probes.sensor_id"),
        "station_entity_id": given("Its station as an NGSI-LD entity.", "probes.station_id"),
        "sensor_id": given("ARPA's id of the probe.", "probes.sensor_id"),
        "station_id": given("ARPA's id of its station.", "probes.station_id"),
        "station_name": given("Name of the station.", "probes.station_name"),
        "depth_cm": given("Depth below the ground.", "probes.depth_code"),
        "elevation_m": given("Height of the ground above the sea.", "probes.elevation_m"),
        "lat_deg": given("Latitude, WGS84.", "probes.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "probes.lng_deg"),
        **validity("probes"),
    },
    key_columns=("sensor_id", "valid_from"),
    window_by=None,
    with_history=("probes",),
    title="Probes in the ground",
    method_version="1",
    literature="Smart Data Models, dataModel.ParksAndGardens, GreenspaceRecord; Device.",
)
