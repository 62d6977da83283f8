"""Lines of rain possibility of each station, from its yearly maxima as a table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.methods.extreme_values import DepthDuration, fit_depth_duration, level_interval


@dataclass(frozen=True)
class DesignStorm:
    """How deep (mm) a rain of some hours is once in so many years, and its interval."""

    depth_mm: float
    low_mm: float
    high_mm: float


def maxima_by_station(
    maxima: pl.DataFrame, *, least_years: int = 1
) -> dict[str, dict[float, NDArray[np.float64]]]:
    """Each station's yearly maxima (mm) by duration (h), of `duration_code` ("1 ora", "24 ore").

    Durations with fewer years than that are left out.
    """
    known = (
        maxima.filter(pl.col("rain_mm").is_not_null())
        .with_columns(
            duration_h=pl.col("duration_code").str.extract(r"^(\d+)").cast(pl.Float64, strict=False)
        )
        .filter(pl.col("duration_h") > 0)
        .sort("station_id", "duration_h", "observed_year", "rain_mm")
    )
    found: dict[str, dict[float, NDArray[np.float64]]] = {}
    for (station, hours), rows in known.group_by("station_id", "duration_h", maintain_order=True):
        if rows.height >= least_years:
            found.setdefault(str(station), {})[float(str(hours))] = rows["rain_mm"].to_numpy()
    return found


def lines_by_station(maxima: pl.DataFrame) -> dict[str, tuple[DepthDuration, int]]:
    """Each station's line and its years.

    Stations whose maxima do not make a line (fewer than two durations, or than four years in one)
    are left out.
    """
    lines: dict[str, tuple[DepthDuration, int]] = {}
    for station, samples in maxima_by_station(maxima).items():
        try:
            line = fit_depth_duration(samples)
        except ValueError:
            continue
        lines[station] = (line, min(len(one) for one in samples.values()))
    return lines


def longest(years: Mapping[str, int]) -> str | None:
    """The station with the most years, the first by id of several; None where there is none."""
    return min(years, key=lambda one: (-years[one], one), default=None)


def design_storm(
    lines: dict[str, tuple[DepthDuration, int]],
    *,
    duration_h: float,
    period_years: float,
    confidence: float = 0.90,
) -> DesignStorm | None:
    """The storm of the station with the longest series (the first by id of several), or None.

    The interval is that of the growth factor by parametric bootstrap (`level_interval`).
    """
    station = longest({one: years for one, (_, years) in lines.items()})
    if station is None:
        return None
    line, years = lines[station]
    depth = float(line.depth_mm(duration_h, period_years))
    mean = line.a1_mm * duration_h**line.n
    low, high = level_interval(line.growth, period_years, years=years, confidence=confidence)
    return DesignStorm(depth, min(depth, low * mean), max(depth, high * mean))
