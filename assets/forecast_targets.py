"""What is forecast, and the series of it: hours or days of what silver tells, the known ones alone.

A forecast is made of these, and is held to them when the truth has come.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from assets.completeness import completeness_of
from assets.forecast_tables import DAY_H, Target

TRAFFIC: Final = Target("traffic_flow", "detector_id", "vehicles_count", step="hour", leads=24)
PM10: Final = Target("pm10", "station_id", "pm10_ugm3", step="day", leads=3)
ELECTRICITY: Final = Target(
    "electricity", "area_id", "energy_kwh", step="hour", leads=24, decimals=3
)
PASSENGERS: Final = Target("stop_passengers", "stop_id", "passengers_count", step="day", leads=7)
PARKING: Final = Target(
    "parking", "car_park_id", "free_count", step="hour", leads=2, issued_h=tuple(range(1, 25))
)
NIGHTS: Final = Target(
    "overnight_stays", "municipality_code", "nights_count", step="day", leads=60, every_d=7
)
TARGETS: Final = (TRAFFIC, PM10, ELECTRICITY, PASSENGERS, PARKING, NIGHTS)
_QUARTERS: Final = 4
# As of air against the law: of fewer valid hours there is no mean.
_MEAN: Final = "air_mean"


def traffic_series(observed: pl.DataFrame) -> pl.DataFrame:
    """The vehicles of each detector and hour; one without a quarter hour is not known."""
    return _whole_hours(observed, "detector_id", at="observed_at", value="vehicles_count")


def electricity_series(observed: pl.DataFrame) -> pl.DataFrame:
    """The electricity of each place and hour; one without a quarter hour is not known."""
    return _whole_hours(observed, "area_id", at="from_at", value="energy_kwh")


def _whole_hours(observed: pl.DataFrame, entity: str, *, at: str, value: str) -> pl.DataFrame:
    return (
        observed.sort(at)
        .group_by(entity, at=pl.col(at).dt.truncate("1h"), maintain_order=True)
        .agg(value=pl.col(value).sum(), quarters=pl.col(value).count())
        .filter(pl.col("quarters") == _QUARTERS)
        .select(entity, "at", pl.col("value").cast(pl.Float64))
    )


def pm10_series(observed: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """Each station's mean of each day of solar time (UTC+1) with enough valid hours."""
    least = completeness_of(completeness, _MEAN).least * DAY_H
    hours = observed.filter(pl.col("pollutant_code") == "PM10").sort("observed_at")
    solar = hours.with_columns(at=pl.col("observed_at").dt.offset_by("1h").dt.date())
    return (
        solar.group_by("station_id", "at", maintain_order=True)
        .agg(value=pl.col("value_ugm3").mean(), hours=pl.col("value_ugm3").count())
        .filter(pl.col("hours") >= least)
        .select("station_id", "at", "value")
    )


def passengers_series(observed: pl.DataFrame) -> pl.DataFrame:
    """The passengers of each stop and day of the city's clock, of the hours that may be told."""
    told = observed.drop_nulls("passengers_count")
    local = pl.col("hour_at").dt.convert_time_zone("Europe/Rome").dt.date()
    return told.group_by("stop_id", at=local).agg(
        value=pl.col("passengers_count").sum().cast(pl.Float64)
    )


def parking_series(observed: pl.DataFrame) -> pl.DataFrame:
    """The free places of each car park that is open, mean of each hour, and how many it has."""
    return (
        observed.filter("is_open")
        .sort("observed_at")
        .group_by("car_park_id", at=pl.col("observed_at").dt.truncate("1h"), maintain_order=True)
        .agg(value=pl.col("free_count").mean(), most=pl.col("capacity_count").max())
    )


def nights_series(observed: pl.DataFrame) -> pl.DataFrame:
    """The city's nights that may be told, of days on which enough houses reported to be whole."""
    return observed.filter(pl.col("quality_code") == "ok").select(
        "municipality_code", at="day_on", value=pl.col("nights_count").cast(pl.Float64)
    )


_SERIES: Final[Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    TRAFFIC.code: traffic_series,
    ELECTRICITY.code: electricity_series,
    PASSENGERS.code: passengers_series,
    PARKING.code: parking_series,
    NIGHTS.code: nights_series,
}


def series_of(target: Target, observed: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """What came of any target, in the table it is observed in."""
    if target is PM10:
        return pm10_series(observed, completeness)
    return _SERIES[target.code](observed)
