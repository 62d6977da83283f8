"""How wet and how warm the ground was, hour by hour and probe by probe: the last word of each."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_PER_CENT: Final = 100


def soil_moisture_observed(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each hour's water and temperature at each probe as the publisher last stated it.

    Water is volume over volume. Hours that were measured but not valid stay, without values.
    """
    is_valid = pl.col("validity_code") == "VA"
    return (
        measurements.sort("window_on")
        .unique(["sensor_id", "measured_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:GreenspaceRecord:brescia:arpa_lombardia:")
            + pl.col("sensor_id"),
            sensor_id="sensor_id",
            observed_at="measured_at",
            water_ratio=pl.when(is_valid).then(pl.col("water_pct") / _PER_CENT),
            temperature_c=pl.when(is_valid).then("temperature_c"),
        )
        .sort("sensor_id", "observed_at")
    )


declaration = Declaration(
    function=soil_moisture_observed,
    key="silver/soil/soil_moisture_observed",
    reads={"measurements": "bronze/arpa_lombardia/soil_moisture"},
    gives={
        "entity_id": given("The probe as an NGSI-LD entity.", "measurements.sensor_id"),
        "sensor_id": given("ARPA's id of the probe.", "measurements.sensor_id"),
        "observed_at": given("Start of the hour, UTC.", "measurements.measured_at"),
        "water_ratio": given(
            "Water by volume; null where it is not valid.",
            "measurements.water_pct",
            "measurements.validity_code",
        ),
        "temperature_c": given(
            "Temperature of the ground; null where it is not valid.",
            "measurements.temperature_c",
            "measurements.validity_code",
        ),
    },
    key_columns=("sensor_id", "observed_at"),
    window_by="observed_at",
    title="Soil moisture observed",
    method_version="1",
    literature="Smart Data Models, dataModel.ParksAndGardens, GreenspaceRecord.",
)
