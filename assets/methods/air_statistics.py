"""What air law compares with its limits: means of hours, days, years, and of eight hours.

Frames have a row an hour: `station_id`, `pollutant_code`, `hour_at` (start, UTC) and `value_ugm3`
(null where nothing valid came). Days and years are those of solar time (UTC+1), as stations count.
"""

from typing import Final

import polars as pl

from assets.solar import solar_day

_HOURS: Final = 24
_LONG: Final = 8
_SENSOR: Final = ("station_id", "pollutant_code")
# Of two means that differ in no digit that anybody measured, none is above the other.
_PRECISION: Final = 6


def every_hour(observed: pl.DataFrame) -> pl.DataFrame:
    """All hours from each sensor's first to its last, those without a value included."""
    hourly = (
        observed.filter(pl.col("value_ugm3").is_not_null())
        .group_by(*_SENSOR, hour_at=pl.col("observed_at").dt.truncate("1h"))
        .agg(pl.col("value_ugm3").sort().mean().round(_PRECISION))
    )
    span = hourly.group_by(_SENSOR).agg(first=pl.col("hour_at").min(), last=pl.col("hour_at").max())
    hours = span.select(*_SENSOR, hour_at=pl.datetime_ranges("first", "last", "1h"))
    return (
        hours.explode("hour_at")
        .join(hourly, on=[*_SENSOR, "hour_at"], how="left")
        .sort(*_SENSOR, "hour_at")
    )


def hour_means(hours: pl.DataFrame) -> pl.DataFrame:
    """Each hour that has a value, with its day."""
    known = hours.filter(pl.col("value_ugm3").is_not_null())
    return known.select(*_SENSOR, solar_day("hour_at").alias("day_on"), "value_ugm3")


def day_means(hours: pl.DataFrame, *, least: float) -> pl.DataFrame:
    """The mean of each day of which so large a share of the hours is there.

    It is 0.75 in 2008/50/EC, Annex XI: 18 hours.
    """
    return (
        hour_means(hours)
        .group_by(*_SENSOR, "day_on")
        .agg(pl.col("value_ugm3").sort().mean().round(_PRECISION), count=pl.len())
        .filter(pl.col("count") >= least * _HOURS)
        .select(*_SENSOR, "day_on", "value_ugm3")
    )


def max_8h_means(hours: pl.DataFrame, *, least: float) -> pl.DataFrame:
    """The highest of each day's 24 running means of eight hours, each of the day on which it ends.

    A mean needs so large a share of its hours and a day of its means: 0.75 in 2008/50/EC, Annexes
    VII and XI, six hours and eighteen means.
    """
    # A mean may end on an hour that has no value, and after the last that has one.
    longer = pl.datetime_range(
        pl.col("hour_at").max().dt.offset_by("1h"),
        pl.col("hour_at").max().dt.offset_by(f"{_LONG - 1}h"),
        "1h",
    )
    after = hours.group_by(_SENSOR).agg(hour_at=longer).explode("hour_at")
    running = (
        pl.concat([hours, after], how="diagonal")
        .sort(*_SENSOR, "hour_at")
        .rolling("hour_at", period=f"{_LONG}h", group_by=list(_SENSOR))
        .agg(
            mean=pl.col("value_ugm3").mean(),
            count=pl.col("value_ugm3").count(),
        )
        .filter(pl.col("count") >= least * _LONG)
    )
    return (
        running.group_by(*_SENSOR, solar_day("hour_at").alias("day_on"))
        .agg(value_ugm3=pl.col("mean").max().round(_PRECISION), count=pl.len())
        .filter(pl.col("count") >= least * _HOURS)
        .select(*_SENSOR, "day_on", "value_ugm3")
    )


def by_statistic(observed: pl.DataFrame, *, least: float) -> pl.DataFrame:
    """All that rules compare, by `statistic_code`: hour_mean, day_mean, max_8h_mean, year_mean.

    A year's mean is one of hours: its rows are those of hour_mean again.
    """
    hours = every_hour(observed)
    each = hour_means(hours)
    parts = {
        "hour_mean": each,
        "year_mean": each,
        "day_mean": day_means(hours, least=least),
        "max_8h_mean": max_8h_means(hours, least=least),
    }
    return pl.concat(part.with_columns(statistic_code=pl.lit(code)) for code, part in parts.items())
