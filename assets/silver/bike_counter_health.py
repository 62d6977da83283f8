"""Whether each bicycle counter can be believed, day by day: gaps, standstill, spikes, drift."""

import polars as pl

from assets.declaration import Declaration
from assets.methods.sensor_health import part_of_all
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of


def bike_counter_health(bikes: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give the health of each counter's bicycles by hour on each day of solar time.

    A counter drifts where its part of what all count grows or shrinks, day by day. Where a new
    lane brings bicycles at once and for good, it does not.
    """
    measured = bikes.select(
        "observed_at",
        sensor_id="counter_id",
        station_id="counter_id",
        quantity_code=pl.lit("bikes_count"),
        value=pl.col("bikes_count").cast(pl.Float64),
    )
    return health_of(measured, limits, compared=part_of_all(measured))


declaration = Declaration(
    function=bike_counter_health,
    key="silver/sensors/bike_counter_health_by_day",
    reads={
        "bikes": "silver/mobility/bike_count_observed",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        ("bikes.bikes_count",),
        sensor=("bikes.counter_id",),
        quantity=(),
        day=("bikes.observed_at",),
        station=("bikes.counter_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of bicycle counters by day",
    method_version="1",
    literature=LITERATURE,
)
