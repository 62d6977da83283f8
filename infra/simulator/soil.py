"""Water and warmth in the ground: rain fills it, sun and plants empty it; the air warms it."""

from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.sky import Series, Sky

DEPTHS_CM: Final = (10, 30, 60)
FIELD_CAPACITY_PCT: Final = 34.0
WILTING_PCT: Final = 11.0
# Thickness of the layer that each probe stands for, and how fast water leaves it downwards.
_LAYERS_MM: Final = (200.0, 300.0, 400.0)
_DRAINS_AN_HOUR: Final = (0.035, 0.012, 0.004)
_MM_A_MJ: Final = 0.25  # evaporation: a third of the radiation's latent heat and a bit
_SHARES: Final = (0.55, 0.30, 0.15)
_WARM_UP_DAYS: Final = 120
# Moist loam.
_DIFFUSIVITY_MM2_S: Final = 0.5


def soil_by_hour(climate: pl.DataFrame, sky: Sky) -> Series:
    """Volumetric water content in percent, hour by hour from the sky's first, at three depths.

    Shape (hours, 3). Before the sky begins, the climate of four months fills the ground day by day.
    """
    water = np.array([_mm(25.0, layer) for layer in _LAYERS_MM])
    begins = (sky.first_at + timedelta(hours=1)).date()
    before = climate.filter(pl.col("on") < begins).tail(_WARM_UP_DAYS)
    for rain, sun in before.select("rain_mm", "rad_mj").rows():
        for _ in range(24):
            _step(water, rain / 24, sun * _MM_A_MJ / 24)
    rain, sun = sky.hourly_sum(sky.rain_mm), sky.hourly_mean(sky.rad_wm2)
    found = np.empty((len(rain), len(_LAYERS_MM)))
    for hour in range(len(rain)):
        _step(water, rain[hour], sun[hour] * 0.0036 * _MM_A_MJ)
        found[hour] = [100 * mm / layer for mm, layer in zip(water, _LAYERS_MM, strict=True)]
    return found


def soil_temperature_by_hour(climate: pl.DataFrame, sky: Sky) -> Series:
    """Temperature of the ground in °C, hour by hour from the sky's first, at the three depths.

    Shape (hours, 3). At a depth z the ground follows the air late and damped, with the time
    z² / 2α in which heat of the diffusivity α gets there (Hillel, Environmental Soil Physics, 1998,
    ch. 12: a wave of the angular frequency ω is damped over √(2α/ω)).
    """
    begins = (sky.first_at + timedelta(hours=1)).date()
    before = climate.filter(pl.col("on") < begins).tail(_WARM_UP_DAYS)["tmean_c"].to_numpy()
    air = np.concatenate([np.repeat(before, 24), sky.hourly_mean(sky.temp_c)])
    found = np.empty((len(air), len(DEPTHS_CM)))
    for place, depth in enumerate(DEPTHS_CM):
        hours_late = (10 * depth) ** 2 / (2 * _DIFFUSIVITY_MM2_S) / 3600
        follows = 1 - np.exp(-1 / hours_late)
        now = air[0]
        for hour, outside in enumerate(air):
            now += (outside - now) * follows
            found[hour, place] = now
    return found[24 * len(before) :]


def _mm(percent: float, layer_mm: float) -> float:
    return percent / 100 * layer_mm


def _step(water: Series, rain_mm: float, evaporation_mm: float) -> None:
    """One hour: rain enters the first layer, what it cannot hold runs off above."""
    water[0] += rain_mm
    for place, layer in enumerate(_LAYERS_MM):
        driest, full = _mm(WILTING_PCT, layer), _mm(FIELD_CAPACITY_PCT, layer)
        water[place] -= min(evaporation_mm * _SHARES[place], 0.02 * max(water[place] - driest, 0))
        above = max(water[place] - 0.6 * full, 0) * _DRAINS_AN_HOUR[place]
        water[place] -= above
        if place + 1 < len(_LAYERS_MM):
            water[place + 1] += above
        water[place] = min(water[place], full * 1.25)
