"""Whether each probe in the ground can be believed, day by day: gaps, standstill, spikes, drift."""

import polars as pl

from assets.declaration import Declaration
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of


def soil_sensor_health(
    soil: pl.DataFrame, probes: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Give the health of each probe on each day of solar time.

    Those at the same depth are its neighbours.
    """
    last = soil.sort("window_on").unique(["sensor_id", "measured_at"], keep="last")
    measured = last.join(probes, on="sensor_id", how="inner").select(
        "sensor_id",
        quantity_code=pl.lit("soil_water_") + pl.col("depth_code"),
        station_id="station_id",
        observed_at="measured_at",
        value=pl.when(pl.col("validity_code") == "VA").then("water_pct"),
    )
    return health_of(measured, limits)


declaration = Declaration(
    function=soil_sensor_health,
    key="silver/sensors/soil_sensor_health_by_day",
    reads={
        "soil": "bronze/arpa_lombardia/soil_moisture",
        "probes": "bronze/arpa_lombardia/soil_sensors",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        ("soil.water_pct", "soil.validity_code", "soil.measured_at", "probes.depth_code"),
        sensor=("soil.sensor_id",),
        quantity=("probes.depth_code",),
        day=("soil.measured_at",),
        station=("probes.station_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of soil probes by day",
    method_version="1",
    literature=LITERATURE,
)
