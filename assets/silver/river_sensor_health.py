"""Whether each gauge of a river can be believed, day by day: gaps, standstill, spikes."""

import polars as pl

from assets.declaration import Declaration
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of


def river_sensor_health(rivers: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give the health of each gauge on each day of solar time.

    Rivers rise and fall by themselves: no gauge is another one's neighbour, and none drifts.
    """
    measured = rivers.select(
        "station_id",
        "observed_at",
        sensor_id="station_id",
        quantity_code=pl.lit("level_m"),
        value="level_m",
    )
    return health_of(measured, limits)


declaration = Declaration(
    function=river_sensor_health,
    key="silver/sensors/river_sensor_health_by_day",
    reads={
        "rivers": "silver/water/river_level_observed",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        ("rivers.level_m",),
        sensor=("rivers.station_id",),
        quantity=(),
        day=("rivers.observed_at",),
        station=("rivers.station_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of river gauges by day",
    method_version="1",
    literature=LITERATURE,
)
