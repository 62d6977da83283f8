"""Forty years of weather by the day: what the sky was like before the simulation begins."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.days import midnight
from infra.simulator.sky import (
    LATITUDE,
    RAIN_MM,
    STEPS_A_DAY,
    T_MAX_C,
    T_MIN_C,
    WET_DAYS,
    Series,
    Sky,
    normal,
)

YEARS_BEFORE: Final = 40
# Planted: the climate warms, and in the last whole summer there were two heat waves.
WARMING_C_A_YEAR: Final = 0.03
_NORMALS_OF: Final = 1995
HEAT_WAVES: Final = (((7, 8), (7, 15)), ((8, 3), (8, 9)))
HEAT_WAVE_C: Final = 7.0
# Planted: in one year of the history more rain fell in a day than in any other.
STORM_YEARS_BEFORE: Final = 11
STORM_DAY: Final = (9, 14)
HISTORIC_STORM_MM: Final = 142.0
_MOST_MM: Final = 95.0
_SOLAR_CONSTANT: Final = 0.0820  # MJ m⁻² min⁻¹


def climate_until(
    last: date, *, start: date, sky: Sky, chance: Callable[..., np.random.Generator]
) -> pl.DataFrame:
    """Daily weather from `YEARS_BEFORE` years before `start` to `last`; from `start` on the sky's.

    `on`, `tmin_c`, `tmax_c`, `tmean_c`, `rhmin_pct`, `rhmax_pct`, `wind_ms`, `rad_mj`, `rain_mm`.
    """
    years = range(start.year - YEARS_BEFORE, start.year + 1)
    frames = [_one_year(year, start, chance("climate", f"{year}")) for year in years]
    before = pl.concat(frames).filter(pl.col("on") < start)
    dates = [start + timedelta(days=step) for step in range((last - start).days + 1)]
    return pl.concat([before, pl.DataFrame([_day_of_sky(day, sky) for day in dates])])


def heat_wave_days(start: date) -> list[date]:
    """The days of the planted heat waves: in the last summer that was over before the start."""
    year = start.year if start > date(start.year, 9, 30) else start.year - 1
    days = []
    for first, last in HEAT_WAVES:
        day = date(year, *first)
        while day <= date(year, *last):
            days.append(day)
            day += timedelta(days=1)
    return days


def historic_storm(start: date) -> date:
    """The day of the greatest rain of the history."""
    return date(start.year - STORM_YEARS_BEFORE, *STORM_DAY)


def _one_year(year: int, start: date, rng: np.random.Generator) -> pl.DataFrame:
    first = date(year, 1, 1)
    days = [first + timedelta(days=step) for step in range((date(year + 1, 1, 1) - first).days)]
    count = len(days)
    month = np.array([day.month - 1 for day in days])
    wet_days, month_mm = np.array(WET_DAYS)[month], np.array(RAIN_MM)[month]
    is_wet = rng.random(count) < wet_days / 30
    amounts = np.minimum(rng.gamma(0.9, month_mm / wet_days), _MOST_MM)
    rain = np.where(is_wet, np.maximum(amounts, 0.2), 0.0).round(1)
    storm = historic_storm(start)
    if storm.year == year:
        rain[(storm - first).days] = HISTORIC_STORM_MM
    low = np.array([normal(T_MIN_C, day) for day in days])
    high = np.array([normal(T_MAX_C, day) for day in days])
    shift = _persistent(rng.normal(0, 1.6, count)) + WARMING_C_A_YEAR * (year - _NORMALS_OF)
    waves = set(heat_wave_days(start))
    shift += np.array([HEAT_WAVE_C if day in waves else 0.0 for day in days])
    cloud = np.where(rain > 0.5, 0.8, rng.beta(1.5, 4, count))
    swing = (high - low) / 2 * (1.1 - 0.6 * cloud)
    mean = (low + high) / 2 + shift
    rhmax = np.clip(88 + 8 * cloud + rng.normal(0, 3, count), 60, 100)
    return pl.DataFrame(
        {
            "on": days,
            "tmin_c": (mean - swing).round(1),
            "tmax_c": (mean + swing).round(1),
            "tmean_c": mean.round(1),
            "rhmin_pct": np.clip(rhmax - 4.2 * swing, 15, 98).round(0),
            "rhmax_pct": rhmax.round(0),
            "wind_ms": rng.gamma(4, 0.4, count).round(1),
            "rad_mj": (_above_air(days) * (0.74 - 0.5 * cloud)).round(2),
            "rain_mm": rain,
        }
    )


def _persistent(noise: Series) -> Series:
    """Each day is like the day before (first-order autoregression, 0.7)."""
    level, levels = 0.0, []
    for step in noise:
        level = 0.7 * level + step
        levels.append(level)
    return np.array(levels)


def _above_air(days: list[date]) -> Series:
    """Extraterrestrial radiation in MJ/m² a day (FAO-56, equation 21)."""
    of_year = np.array([day.timetuple().tm_yday for day in days]) * 2 * np.pi / 365
    distance = 1 + 0.033 * np.cos(of_year)
    tilt = 0.409 * np.sin(of_year - 1.39)
    sunset = np.arccos(-np.tan(LATITUDE) * np.tan(tilt))
    height = sunset * np.sin(LATITUDE) * np.sin(tilt)
    height += np.cos(LATITUDE) * np.cos(tilt) * np.sin(sunset)
    return np.asarray(24 * 60 / np.pi * _SOLAR_CONSTANT * distance * height)


def _day_of_sky(day: date, sky: Sky) -> dict[str, date | float]:
    """A day of ten-minute weather as one row; the agency's day is the solar one."""
    now = sky.steps(midnight(day) - timedelta(hours=1), STEPS_A_DAY)
    temp, rh = sky.temp_c[now], sky.rh_pct[now]
    return {
        "on": day,
        "tmin_c": round(float(temp.min()), 1),
        "tmax_c": round(float(temp.max()), 1),
        "tmean_c": round(float(temp.mean()), 1),
        "rhmin_pct": float(round(rh.min())),
        "rhmax_pct": float(round(rh.max())),
        "wind_ms": round(float(sky.wind_ms[now].mean()), 1),
        "rad_mj": round(float(sky.rad_wm2[now].mean() * 0.0864), 2),
        "rain_mm": round(float(sky.rain_mm[now].sum()), 1),
    }
