"""The two rivers of the city: rain of their valleys swells them, and they fall slowly again."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from infra.simulator.sky import STEPS_A_DAY, Series, Sky

_STEPS_AN_HOUR: Final = STEPS_A_DAY // 24


@dataclass(frozen=True)
class Gauge:
    """A gauge and what its river does with rain; all of it is invented.

    `late_h` is the time from rain to gauge, `falls_h` the recession: in so many hours what is
    above the dry level's flow falls to a third (1/e). `m_a_root_mm` turns water into height.
    """

    code: str
    river: str
    lat: float
    lng: float
    dry_m: float
    late_h: float
    falls_h: float
    m_a_root_mm: float


GAUGES: Final = (
    Gauge("8141", "Mella", 45.5602, 10.1893, 0.60, 4.0, 30.0, 0.24),
    Gauge("8220", "Garza", 45.5671, 10.2329, 0.25, 1.5, 8.0, 0.22),
)


def levels_m(gauge: Gauge, sky: Sky) -> Series:
    """The level at a gauge every ten minutes from the sky's first on, (steps,).

    A linear reservoir fed by the rain of some hours before: its water falls exponentially, and the
    height follows the root of it.
    """
    late = round(gauge.late_h * _STEPS_AN_HOUR)
    rain = np.concatenate([np.zeros(late), sky.rain_mm])[: len(sky.rain_mm)]
    kept = np.exp(-1 / (gauge.falls_h * _STEPS_AN_HOUR))
    water, waters = 0.0, []
    for fallen in rain:
        water = water * kept + fallen
        waters.append(water)
    return gauge.dry_m + gauge.m_a_root_mm * np.sqrt(waters)
