"""Whether each sensor of the air can be believed, day by day: gaps, standstill, spikes, drift."""

import polars as pl

from assets.declaration import Declaration
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of


def air_sensor_health(air: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give the health of each station's sensor of each pollutant on each day of solar time."""
    measured = air.select(
        sensor_id=pl.concat_str("station_id", pl.lit(":"), "pollutant_code"),
        quantity_code="pollutant_code",
        station_id="station_id",
        observed_at="observed_at",
        value="value_ugm3",
    )
    return health_of(measured, limits)


declaration = Declaration(
    function=air_sensor_health,
    key="silver/sensors/air_sensor_health_by_day",
    reads={
        "air": "silver/air/air_quality_observed",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        ("air.value_ugm3", "air.pollutant_code"),
        sensor=("air.station_id", "air.pollutant_code"),
        quantity=("air.pollutant_code",),
        day=("air.observed_at",),
        station=("air.station_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of air sensors by day",
    method_version="1",
    literature=LITERATURE,
)
