"""The stations that measure the air: how they are called and where they stand."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import VALIDITY, one_at_a_time

_SAID: Final = ("station_name", "lat_deg", "lng_deg")


def air_quality_station(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each station's name and place, which come with its measurements, and since which hour.

    A station that was moved or renamed has a row for each of its forms. Measurements that do not
    say where they were taken say nothing here.
    """
    hours = (
        measurements.drop_nulls(["lat_deg", "lng_deg"])
        .sort("station_id", "measured_at", "window_on", "sensor_id")
        .unique(["station_id", "measured_at"], keep="last", maintain_order=True)
    )
    # The first hour of a station has none before it and is one that differs.
    differs = [pl.col(name).ne_missing(pl.col(name).shift(1).over("station_id")) for name in _SAID]
    begun = hours.filter(pl.any_horizontal(differs)).with_columns(
        valid_from="measured_at", valid_to=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    return one_at_a_time(begun, "station_id").select(
        entity_id=pl.lit("urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:")
        + pl.col("station_id"),
        station_id="station_id",
        **{name: pl.col(name) for name in (*_SAID, *VALIDITY)},
    )


_PLACE: Final = tuple(f"measurements.{name}" for name in _SAID)
_WHEN: Final = (*_PLACE, "measurements.measured_at")

declaration = Declaration(
    function=air_quality_station,
    key="silver/air/air_quality_station",
    reads={"measurements": "bronze/arpa_lombardia/air_quality"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "measurements.station_id"),
        "station_id": given("ARPA's id of the station.", "measurements.station_id"),
        "station_name": given("Name of the station.", *_WHEN),
        "lat_deg": given("Latitude, WGS84.", *_WHEN),
        "lng_deg": given("Longitude, WGS84.", *_WHEN),
        "valid_from": given("First hour that was measured there, UTC.", *_WHEN),
        "valid_to": given("First hour that was measured elsewhere, UTC.", *_WHEN),
    },
    key_columns=("station_id", "valid_from"),
    window_by=None,
    title="Stations that measure the air",
    method_version="1",
    literature="Smart Data Models, dataModel.Environment, AirQualityObserved.",
)
