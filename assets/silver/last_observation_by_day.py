"""The last valid value of each property of each entity on each day, of all that is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.solar import solar_day

_PER_CENT: Final = 100
_SOIL_WATER: Final = "soilMoistureVwc"
_AIR: Final = "urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:"
_SOIL: Final = "urn:ngsi-ld:GreenspaceRecord:brescia:arpa_lombardia:"
_WEATHER: Final = "urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:"
_COUNTED: Final = "urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:"
_RIVERS: Final = "urn:ngsi-ld:WaterObserved:brescia:arpa_lombardia:"
# Sensors of water in the ground are judged by depth: soil_water_10 and so on.
_SOIL_QUANTITY: Final = "soil_water_"
_WORST_LAST: Final = {"ok": 0, "no_data": 1, "partial": 2, "suspect": 3}


@dataclass(frozen=True)
class _Property:
    """What a column of a table measures: the property of Smart Data Models, its unit (UCUM).

    Of a column that holds several properties `where` says which rows are of this one.
    """

    column: str
    code: str
    unit: str
    where: tuple[str, str] = ("", "")
    divided_by: int = 1


@dataclass(frozen=True)
class _Observed:
    table: str
    properties: tuple[_Property, ...]


_POLLUTANTS: Final = {"PM10": "pm10", "PM2.5": "pm25", "NO2": "no2", "O3": "o3", "SO2": "so2"}
# One more table of observations is one more entry here, with `entity_id` and `observed_at`.
_TABLES: Final[Mapping[str, _Observed]] = {
    "air": _Observed(
        "silver/air/air_quality_observed",
        tuple(
            _Property("value_ugm3", code, "ug/m3", where=("pollutant_code", name))
            for name, code in _POLLUTANTS.items()
        ),
    ),
    "weather": _Observed(
        "silver/weather/weather_observed",
        (
            _Property("rain_mm", "precipitation", "mm"),
            _Property("wind_ms", "windSpeed", "m/s"),
            _Property("gust_ms", "gustSpeed", "m/s"),
            _Property("dir_deg", "windDirection", "deg"),
            _Property("temp_c", "temperature", "Cel"),
            _Property("rh_pct", "relativeHumidity", "1", divided_by=_PER_CENT),
            _Property("press_hpa", "atmosphericPressure", "hPa"),
            _Property("rad_wm2", "solarRadiation", "W/m2"),
        ),
    ),
    "soil": _Observed(
        "silver/soil/soil_moisture_observed",
        (
            _Property("water_ratio", _SOIL_WATER, "1"),
            _Property("temperature_c", "soilTemperature", "Cel"),
        ),
    ),
    "parking": _Observed(
        "silver/mobility/off_street_parking_observed",
        (_Property("free_count", "availableSpotNumber", "1"),),
    ),
    "traffic": _Observed(
        "silver/mobility/traffic_flow_observed",
        (
            _Property("vehicles_count", "intensity", "1"),
            _Property("speed_ms", "averageVehicleSpeed", "m/s"),
            _Property("occupancy_ratio", "occupancy", "1"),
        ),
    ),
    "bikes": _Observed(
        "silver/mobility/bike_count_observed", (_Property("bikes_count", "intensity", "1"),)
    ),
    "rivers": _Observed(
        "silver/water/river_level_observed", (_Property("level_m", "height", "m"),)
    ),
}

# What the health of sensors calls a quantity: the station that has it, and its property.
_JUDGED: Final = {
    "level_m": (_RIVERS, "height"),
    "vehicles_count": (_COUNTED, "intensity"),
    "bikes_count": (_COUNTED, "intensity"),
    **{name: (_AIR, code) for name, code in _POLLUTANTS.items()},
    **{one.column: (_WEATHER, one.code) for one in _TABLES["weather"].properties},
}


def last_observation_by_day(health: pl.DataFrame, **observed: pl.DataFrame) -> pl.DataFrame:
    """Give the newest valid value of each entity and property on each day of solar time.

    Of two values of the same instant the greater one is told. The quality is that of the sensor on
    that day; it is empty where nobody judges the sensor. Properties have the names of Smart Data
    Models, units are UCUM codes.
    """
    values = pl.concat(
        [_values(observed[name], one) for name, its in _TABLES.items() for one in its.properties]
    )
    return (
        values.with_columns(day_on=solar_day())
        .sort("entity_id", "property_code", "observed_at", "value")
        .unique(["entity_id", "property_code", "day_on"], keep="last", maintain_order=True)
        .join(
            _judged(health),
            on=["entity_id", "property_code", "day_on"],
            how="left",
            maintain_order="left",
        )
        .select(
            "entity_id", "property_code", "day_on", "value", "unit_code", "observed_at",
            "quality_code",
        )
        .sort("entity_id", "property_code", "day_on")
    )  # fmt: skip


def _values(rows: pl.DataFrame, its: _Property) -> pl.DataFrame:
    column, code = its.where
    chosen = rows.filter(pl.col(column) == code) if column else rows
    return chosen.select(
        "entity_id",
        property_code=pl.lit(its.code),
        value=pl.col(its.column).cast(pl.Float64) / its.divided_by,
        unit_code=pl.lit(its.unit),
        observed_at="observed_at",
    ).filter(pl.col("value").is_finite())


def _judged(health: pl.DataFrame) -> pl.DataFrame:
    """The health of each sensor as that of the entity and property it measures, the worst of it.

    A probe in the ground is an entity of its own; other sensors are parts of their station.
    """
    is_soil = pl.col("quantity_code").str.starts_with(_SOIL_QUANTITY)
    kind, code = (
        pl.col("quantity_code").replace_strict(
            {quantity: told[at] for quantity, told in _JUDGED.items()},
            default=None,
            return_dtype=pl.String,
        )
        for at in (0, 1)
    )
    return (
        health.select(
            entity_id=pl.when(is_soil)
            .then(pl.lit(_SOIL) + pl.col("sensor_id"))
            .otherwise(kind + pl.col("station_id")),
            property_code=pl.when(is_soil).then(pl.lit(_SOIL_WATER)).otherwise(code),
            day_on="day_on",
            quality_code="quality_code",
        )
        .drop_nulls()
        .sort(pl.col("quality_code").replace_strict(_WORST_LAST, default=len(_WORST_LAST)))
        .unique(["entity_id", "property_code", "day_on"], keep="last", maintain_order=True)
    )


def _of_all(*columns: str) -> tuple[str, ...]:
    return tuple(f"{name}.{column}" for name in _TABLES for column in columns)


_KINDS: Final = tuple(
    dict.fromkeys(
        f"{name}.{one.where[0]}"
        for name, its in _TABLES.items()
        for one in its.properties
        if one.where[0]
    )
)
_MEASURED: Final = tuple(
    dict.fromkeys(f"{name}.{one.column}" for name, its in _TABLES.items() for one in its.properties)
)

declaration = Declaration(
    function=last_observation_by_day,
    key="silver/state/last_observation_by_day",
    reads={
        "health": "silver/sensors/sensor_health_by_day",
        **{name: its.table for name, its in _TABLES.items()},
    },
    gives={
        "entity_id": given("What was measured or where: its NGSI-LD id.", *_of_all("entity_id")),
        "property_code": given("Which property, as in Smart Data Models.", *_KINDS),
        "day_on": given("Day of solar time.", *_of_all("observed_at")),
        "value": given("The last valid value of the day.", *_MEASURED),
        "unit_code": given("Its unit, a UCUM code.", *_KINDS),
        "observed_at": given("When it was measured, UTC.", *_of_all("observed_at"), *_MEASURED),
        "quality_code": given(
            "Health of the sensor on that day; empty where none is told.",
            "health.quality_code",
            "health.sensor_id",
            "health.station_id",
            "health.quantity_code",
            "health.day_on",
        ),
    },
    key_columns=("entity_id", "property_code", "day_on"),
    window_by="day_on",
    # The first hour of a solar day is the last one of the UTC day before.
    lookback_days=1,
    title="Last observation of each day",
    method_version="2",
    literature="Properties: Smart Data Models; units: The Unified Code for Units of Measure.",
)
