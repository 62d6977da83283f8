"""Whether each traffic detector can be believed, day by day: gaps, standstill, spikes, drift."""

import polars as pl

from assets.declaration import Declaration
from assets.methods.sensor_health import part_of_all
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of


def traffic_detector_health(flow: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give the health of each detector's counts of quarter hours on each day of solar time.

    A detector drifts where its part of what all count grows or shrinks, day by day.
    """
    measured = flow.select(
        "observed_at",
        sensor_id="detector_id",
        station_id="detector_id",
        quantity_code=pl.lit("vehicles_count"),
        value=pl.col("vehicles_count").cast(pl.Float64),
    )
    return health_of(measured, limits, compared=part_of_all(measured))


declaration = Declaration(
    function=traffic_detector_health,
    key="silver/sensors/traffic_detector_health_by_day",
    reads={
        "flow": "silver/mobility/traffic_flow_observed",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        ("flow.vehicles_count",),
        sensor=("flow.detector_id",),
        quantity=(),
        day=("flow.observed_at",),
        station=("flow.detector_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of traffic detectors by day",
    method_version="1",
    literature=LITERATURE,
)
