"""The newest state of each station: rain and its rarity, gusts, heat, air, and rivers.

Readings are ten-minute weather in the order of stations and instants.
"""

from typing import Final

import numpy as np
import polars as pl

from assets.completeness import completeness_of
from assets.methods.rain_lines import lines_by_station, longest
from assets.methods.thermal_comfort import utci_c

RIVER: Final = "river_level"
_STEPS_AN_HOUR: Final = 6
# Which rules say how much of a duration must be there: rain that was not measured is not dry.
_RAIN: Final = "rain_extremes_by_day"
_MEAN: Final = "air_mean"
# The polynomial of UTCI begins here; calmer air is taken for this.
_LEAST_WIND_MS: Final = 0.5


def _last_hour(readings: pl.DataFrame, column: str) -> pl.DataFrame:
    """The readings of the hour up to each station's newest one with this value."""
    known = readings.filter(pl.col(column).is_not_null())
    newest = pl.col("observed_at").max().over("station_id")
    return known.filter(pl.col("observed_at") > newest.dt.offset_by("-1h")).with_columns(
        observed_at=newest
    )


def gusts_now(readings: pl.DataFrame) -> pl.DataFrame:
    """The strongest gust of the last hour at each station."""
    return (
        _last_hour(readings, "gust_ms")
        .group_by("station_id", "observed_at")
        .agg(pl.col("gust_ms").max(), observations_count=pl.len())
        .with_columns(
            measure_code=pl.lit("gust"),
            completeness_ratio=pl.col("observations_count") / _STEPS_AN_HOUR,
        )
    )


def felt_now(readings: pl.DataFrame) -> pl.DataFrame:
    """UTCI in the shade at each station, of its newest whole reading."""
    columns = ["temp_c", "rh_pct", "wind_ms"]
    now = (
        readings.drop_nulls(columns).group_by("station_id", maintain_order=True).agg(
            pl.col("observed_at", *columns).last()
        )
    )  # fmt: skip
    air, humidity, wind = (now[name].cast(pl.Float64).to_numpy() for name in columns)
    felt = utci_c(air, air, humidity, np.maximum(wind, _LEAST_WIND_MS))
    return now.with_columns(
        measure_code=pl.lit("utci"),
        utci_c=pl.Series(felt, dtype=pl.Float64).fill_nan(None),
        completeness_ratio=pl.lit(1.0),
        observations_count=pl.lit(1),
    )


def rain_now(
    readings: pl.DataFrame, maxima: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """The last hour's rain, and how rare the rarest of the durations until now is in a year."""
    least = completeness_of(completeness, _RAIN).least
    hour = (
        _last_hour(readings, "rain_mm")
        .group_by("station_id", "observed_at")
        .agg(pl.col("rain_mm").sum(), observations_count=pl.len())
        .with_columns(completeness_ratio=pl.col("observations_count") / _STEPS_AN_HOUR)
        .sort("station_id")
    )
    lines = lines_by_station(maxima)
    most = longest({station: years for station, (_, years) in lines.items()})
    hours = sorted(maxima["duration_code"].str.extract(r"^(\d+)").drop_nulls().unique().cast(int))
    known = readings.filter(pl.col("rain_mm").is_not_null())
    chances: list[float | None] = []
    for station, end in hour.select("station_id", "observed_at").rows():
        if most is None:
            chances.append(None)
            continue
        line, _ = lines[station if station in lines else most]
        own = known.filter(pl.col("station_id") == station)
        found = []
        for duration in hours:
            rain = own.filter(
                (pl.col("observed_at") > pl.lit(end).dt.offset_by(f"-{duration}h"))
                & (pl.col("observed_at") <= end)
            )["rain_mm"]
            if len(rain) >= least * duration * _STEPS_AN_HOUR:
                found.append(1 / float(line.period_years(duration, float(rain.sum()))))
        chances.append(min(found, default=None))
    return hour.with_columns(
        measure_code=pl.lit("rain"),
        yearly_chance_ratio=pl.Series(chances, dtype=pl.Float64),
    )


def air_now(values: pl.DataFrame, held: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """The newest mean of each pollutant over the hours of its thresholds."""
    least = completeness_of(completeness, _MEAN).least
    hours = held.filter(pl.col("averaging_h").is_not_null()).select("measure_code", "averaging_h")
    averaging = hours.unique("measure_code", keep="last", maintain_order=True)
    ends = (
        values.rename({"pollutant_code": "measure_code", "observed_at": "hour_at"})
        .join(averaging, on="measure_code")
        .with_columns(observed_at=pl.col("hour_at").max().over("station_id", "measure_code"))
    )
    age_h = (pl.col("observed_at") - pl.col("hour_at")).dt.total_minutes() / 60
    return (
        ends.filter(age_h < pl.col("averaging_h"))
        .group_by("station_id", "measure_code", "observed_at")
        .agg(
            pl.col("averaging_h").first(),
            concentration_ugm3=pl.col("value_ugm3").sort().mean(),
            observations_count=pl.len(),
        )
        .with_columns(
            completeness_ratio=(pl.col("observations_count") / pl.col("averaging_h")).clip(0, 1)
        )
        .with_columns(
            concentration_ugm3=pl.when(pl.col("completeness_ratio") >= least).then(
                "concentration_ugm3"
            )
        )
    )


def rivers_now(levels: pl.DataFrame) -> pl.DataFrame:
    """The newest level of each gauge."""
    return (
        levels.filter(pl.col("level_m").is_not_null())
        .sort("station_id", "observed_at")
        .group_by("station_id", maintain_order=True)
        .agg(pl.col("observed_at", "level_m").last())
        .with_columns(
            measure_code=pl.lit(RIVER),
            completeness_ratio=pl.lit(1.0),
            observations_count=pl.lit(1),
        )
    )
