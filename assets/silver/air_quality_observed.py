"""What the air held, hour by hour: one row a station, pollutant and hour, the last word of each."""

import polars as pl

from assets.declaration import Declaration, given


def air_quality_observed(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each hour's concentration at each station as the publisher last stated it.

    A correction delivered later replaces what an earlier delivery said of the same hour. Hours that
    were measured but not valid stay, without a value.
    """
    return (
        measurements.sort("window_on", "sensor_id", "measured_at")
        .unique(["station_id", "pollutant_code", "measured_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:")
            + pl.col("station_id"),
            station_id="station_id",
            station_name="station_name",
            pollutant_code="pollutant_code",
            observed_at="measured_at",
            value_ugm3=pl.when(pl.col("validity_code") == "VA").then("value_ugm3"),
        )
        .sort("station_id", "pollutant_code", "observed_at")
    )


declaration = Declaration(
    function=air_quality_observed,
    key="silver/air/air_quality_observed",
    reads={"measurements": "bronze/arpa_lombardia/air_quality"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "measurements.station_id"),
        "station_id": given("ARPA's id of the station.", "measurements.station_id"),
        "station_name": given("Name of the station.", "measurements.station_name"),
        "pollutant_code": given("PM10, PM2.5, NO2, O3 or SO2.", "measurements.pollutant_code"),
        "observed_at": given("Start of the hour, UTC.", "measurements.measured_at"),
        "value_ugm3": given(
            "Mean concentration of the hour; null where it is not valid.",
            "measurements.value_ugm3",
            "measurements.validity_code",
        ),
    },
    key_columns=("station_id", "pollutant_code", "observed_at"),
    window_by="observed_at",
    title="Air quality observed",
    method_version="1",
    literature="Smart Data Models, dataModel.Environment, AirQualityObserved.",
)
