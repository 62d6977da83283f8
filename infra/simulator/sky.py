"""The weather over the city: it washes out dust, warms houses and fills car parks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.simulator.days import midnight

Series = NDArray[np.float64]
STEP: Final = timedelta(minutes=10)
STEPS_A_DAY: Final = 144
# Climate of Brescia 1981-2010, by month (climasyviajes.com/clima/italia/brescia).
T_MIN_C: Final = (-2, -1, 3, 7, 12, 16, 19, 18, 14, 10, 4, 0)
T_MAX_C: Final = (5, 9, 14, 18, 23, 27, 30, 29, 25, 18, 11, 6)
RAIN_MM: Final = (65, 50, 55, 65, 85, 85, 75, 75, 90, 110, 75, 60)
WET_DAYS: Final = (7, 5, 6, 9, 10, 8, 6, 6, 6, 8, 7, 6)
LATITUDE: Final = np.deg2rad(45.54)
# The planted storm: in three hours of the afternoon what falls about once in fifty years. No other
# day comes near it.
STORM_MM: Final = 68.0
_MOST_ON_OTHER_DAYS_MM: Final = 22.0
# Before the storm it stays dry, so that dust can gather.
_DRY_DAYS_BEFORE_STORM: Final = 5


@dataclass(frozen=True)
class Sky:
    """Ten-minute weather from `first_at` (UTC) on; `rain_mm` is what fell in the ten minutes."""

    first_at: datetime
    rain_mm: Series
    wind_ms: Series
    gust_ms: Series
    dir_deg: Series
    temp_c: Series
    rh_pct: Series
    press_hpa: Series
    rad_wm2: Series

    def steps(self, start: datetime, count: int) -> slice:
        """The places of so many ten-minute steps from an instant on."""
        first = int((start - self.first_at) / STEP)
        return slice(first, first + count)

    def at(self, series: Series, instants: list[datetime]) -> Series:
        """The values of a series at these instants."""
        return series[[int((instant - self.first_at) / STEP) for instant in instants]]

    def hourly_sum(self, series: Series) -> Series:
        """Sums by hour, from `first_at` on."""
        return np.asarray(series.reshape(-1, 6).sum(axis=1))

    def hourly_mean(self, series: Series) -> Series:
        """Means by hour, from `first_at` on."""
        return np.asarray(series.reshape(-1, 6).mean(axis=1))


def sky_over(
    *, first: date, days: int, storm_on: date, chance: Callable[..., np.random.Generator]
) -> Sky:
    """Draw the weather of so many UTC days; each day draws from its own chance."""
    dates = [first + timedelta(days=step) for step in range(days + 1)]
    minutes = np.arange(0, 10 * STEPS_A_DAY, 10, dtype=np.float64)
    parts: dict[str, list[Series]] = {name: [] for name in _PARTS}
    anomaly = 0.0
    anomalies = []
    for day in dates:
        anomaly = 0.7 * anomaly + chance("sky", "anomaly", day).normal(0, 1.6)
        anomalies.append(anomaly)
    for day, now, then in zip(dates, anomalies, anomalies[1:], strict=False):
        rng = chance("sky", day)
        drift = now + (then - now) * minutes / 1440
        for name, values in _one_day(day, storm_on, drift, minutes, rng).items():
            parts[name].append(values)
    return Sky(midnight(first), **{name: np.concatenate(days) for name, days in parts.items()})


_PARTS: Final = (
    "rain_mm", "wind_ms", "gust_ms", "dir_deg", "temp_c", "rh_pct", "press_hpa", "rad_wm2",
)  # fmt: skip


def _one_day(
    day: date, storm_on: date, drift: Series, minutes: Series, rng: np.random.Generator
) -> dict[str, Series]:
    hours = minutes / 60 + 1  # the sun keeps solar time, UTC+1 here
    rain = _rain(day, storm_on, hours, rng)
    is_wet = rain.sum() > 0.5
    cloud = 0.8 if is_wet else rng.beta(1.5, 4)
    low, high = normal(T_MIN_C, day), normal(T_MAX_C, day)
    swing = (high - low) / 2 * (1 - 0.6 * cloud)
    temp = (low + high) / 2 + drift - swing * np.cos((hours - 3) / 24 * 2 * np.pi)
    temp -= np.minimum(4.0, np.cumsum(rain) * 0.1)
    wind = rng.gamma(3, 0.4) + 0.9 * np.clip(np.sin((hours - 8) / 24 * 2 * np.pi), 0, None)
    wind = np.clip(wind + rng.normal(0, 0.25, len(hours)) + np.sqrt(rain), 0.1, None)
    wetness = np.convolve(rain, np.ones(36), mode="full")[: len(rain)]
    rh = 92 - 2.1 * (temp - low - drift) + 6 * (wetness > 0.2) + rng.normal(0, 1.5, len(hours))
    return {
        "rain_mm": rain,
        "wind_ms": wind,
        "gust_ms": wind * (1.5 + 0.3 * rng.random(len(hours))) + 1.6 * np.sqrt(rain),
        "dir_deg": (rng.uniform(0, 360) + np.cumsum(rng.normal(0, 6, len(hours)))) % 360,
        "temp_c": temp,
        "rh_pct": np.clip(rh, 18, 100),
        "press_hpa": 1001 - 2 * drift - 0.2 * wetness + np.cos(hours / 12 * 2 * np.pi),
        "rad_wm2": _clear_sky(day, hours) * (1 - 0.72 * cloud),
    }


def _rain(day: date, storm_on: date, hours: Series, rng: np.random.Generator) -> Series:
    """Rain in tenths of a millimetre, in one shower whose middle and length are drawn."""
    month = day.month - 1
    is_wet = rng.random() < WET_DAYS[month] / 30
    amount = min(rng.gamma(0.9, RAIN_MM[month] / WET_DAYS[month]), _MOST_ON_OTHER_DAYS_MM)
    middle, length = rng.uniform(3, 21), rng.uniform(1.5, 6)
    if 0 < (storm_on - day).days <= _DRY_DAYS_BEFORE_STORM:
        is_wet = False
    if day == storm_on:
        is_wet, amount, middle, length = True, STORM_MM, 17.0, 2.0
    if not is_wet:
        return np.zeros(len(hours))
    shape = np.exp(-0.5 * ((hours - middle) / (length / 3)) ** 2)
    return np.asarray(np.round(amount * shape / shape.sum(), 1))


def normal(by_month: tuple[int, ...], day: date) -> float:
    """A monthly normal at this day, between the middles of the months."""
    position = day.month - 1 + (day.day - 15) / 30
    before = int(np.floor(position))
    share = position - before
    return by_month[before % 12] * (1 - share) + by_month[(before + 1) % 12] * share


def _clear_sky(day: date, hours: Series) -> Series:
    """Global radiation under a clear sky: 1,000 W/m² times the sine of the sun's height."""
    tilt = np.deg2rad(23.44) * np.sin(2 * np.pi * (day.timetuple().tm_yday - 81) / 365)
    angle = (hours - 12.3) / 24 * 2 * np.pi
    height = np.sin(LATITUDE) * np.sin(tilt) + np.cos(LATITUDE) * np.cos(tilt) * np.cos(angle)
    return np.asarray(1000 * np.clip(height, 0, None))
