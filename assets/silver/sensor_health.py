"""Whether each sensor can be believed, day by day, whatever it measures."""

import polars as pl

from assets.declaration import Declaration, given
from assets.sensor_days import KEY_COLUMNS, LITERATURE, gives_of


def sensor_health(
    *,
    air: pl.DataFrame,
    soil: pl.DataFrame,
    weather: pl.DataFrame,
    rivers: pl.DataFrame,
    traffic: pl.DataFrame,
    bikes: pl.DataFrame,
) -> pl.DataFrame:
    """Give the health of all sensors: of air, soil, weather, rivers, traffic and bicycles."""
    every = pl.concat([air, soil, weather, rivers, traffic, bikes])
    return every.sort("quantity_code", "sensor_id", "day_on")


_PARTS = {
    "air": "air_sensor",
    "soil": "soil_sensor",
    "weather": "weather_sensor",
    "rivers": "river_sensor",
    "traffic": "traffic_detector",
    "bikes": "bike_counter",
}

declaration = Declaration(
    function=sensor_health,
    key="silver/sensors/sensor_health_by_day",
    reads={part: f"silver/sensors/{of}_health_by_day" for part, of in _PARTS.items()},
    gives={
        name: given(column.description, *(f"{part}.{name}" for part in _PARTS))
        for name, column in gives_of((), sensor=(), quantity=(), day=(), station=()).items()
    },
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    title="Health of sensors by day",
    method_version="4",
    literature=LITERATURE,
)
