"""Lines of rain possibility of each station, from its yearly maxima as a table."""

from dataclasses import dataclass

import polars as pl

from assets.methods.extreme_values import DepthDuration, fit_depth_duration, level_interval


@dataclass(frozen=True)
class DesignStorm:
    """How deep (mm) a rain of some hours is once in so many years, and its interval."""

    depth_mm: float
    low_mm: float
    high_mm: float


def lines_by_station(maxima: pl.DataFrame) -> dict[str, tuple[DepthDuration, int]]:
    """Each station's line and its years, of maxima by `duration_code` ("1 ora", "24 ore").

    Stations whose maxima do not make a line (fewer than two durations, or than four years in one)
    are left out.
    """
    known = (
        maxima.filter(pl.col("rain_mm").is_not_null())
        .with_columns(
            duration_h=pl.col("duration_code").str.extract(r"^(\d+)").cast(pl.Float64, strict=False)
        )
        .filter(pl.col("duration_h") > 0)
        .sort("station_id", "duration_h", "observed_year", "rain_mm")
    )
    lines: dict[str, tuple[DepthDuration, int]] = {}
    for (station,), rows in known.group_by("station_id", maintain_order=True):
        samples = {
            float(str(hours)): part["rain_mm"].to_numpy()
            for (hours,), part in rows.group_by("duration_h", maintain_order=True)
        }
        try:
            line = fit_depth_duration(dict(samples))
        except ValueError:
            continue
        lines[str(station)] = (line, min(len(one) for one in samples.values()))
    return lines


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
    if not lines:
        return None
    station = min(lines, key=lambda one: (-lines[one][1], one))
    line, years = lines[station]
    depth = float(line.depth_mm(duration_h, period_years))
    mean = line.a1_mm * duration_h**line.n
    low, high = level_interval(line.growth, period_years, years=years, confidence=confidence)
    return DesignStorm(depth, min(depth, low * mean), max(depth, high * mean))
