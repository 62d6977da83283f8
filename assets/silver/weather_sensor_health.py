"""Whether each sensor of the weather can be believed, day by day: gaps, standstill, spikes."""

from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.sensor_days import KEY_COLUMNS, LITERATURE, LOOKBACK_DAYS, gives_of, health_of

_MEASURED: Final = ("rain_mm", "wind_ms", "gust_ms", "temp_c", "rh_pct")


def weather_sensor_health(weather: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give the health of each station's rain gauge, thermometer and others on each day.

    What has no limits is left out. Rain and wind may stand at nought for days.
    """
    measured = (
        weather.unpivot(
            _MEASURED, index=["station_id", "observed_at"], variable_name="quantity_code"
        )
        .with_columns(sensor_id=pl.concat_str("station_id", pl.lit(":"), "quantity_code"))
        .select("sensor_id", "quantity_code", "station_id", "observed_at", "value")
    )
    return health_of(measured, limits)


_VALUES: Final = tuple(f"weather.{name}" for name in _MEASURED)

declaration = Declaration(
    function=weather_sensor_health,
    key="silver/sensors/weather_sensor_health_by_day",
    reads={
        "weather": "silver/weather/weather_observed",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives=gives_of(
        _VALUES,
        sensor=("weather.station_id",),
        quantity=(),
        day=("weather.observed_at",),
        station=("weather.station_id",),
    ),
    key_columns=KEY_COLUMNS,
    window_by="day_on",
    lookback_days=LOOKBACK_DAYS,
    title="Health of weather sensors by day",
    method_version="1",
    literature=LITERATURE,
)
