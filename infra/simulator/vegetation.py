"""How green the ground is, month by month, and what a satellite sees of it in red and infrared."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from infra.simulator.sky import Series
from infra.simulator.terrain import cover_of, elevation_m, sealed_ratio

# Greenness, 0 to 1, of woods, meadows and fields in each month: beeches have no leaves in winter,
# fields are bare after the harvest.
_WOOD: Final = (0.35, 0.35, 0.45, 0.70, 0.90, 0.95, 0.95, 0.92, 0.85, 0.65, 0.45, 0.35)
_MEADOW: Final = (0.45, 0.48, 0.58, 0.72, 0.78, 0.72, 0.65, 0.62, 0.65, 0.62, 0.52, 0.46)
_FIELD: Final = (0.20, 0.22, 0.30, 0.45, 0.60, 0.75, 0.80, 0.65, 0.35, 0.20, 0.18, 0.18)
# Reflectance in red and near infrared of roofs and paving, and of open water.
_SEALED: Final = (0.17, 0.21)
_WATER: Final = (0.04, 0.02)
# Where a sprinkler has failed: so much of its green is gone.
WITHERED_X_M: Final = -3_300.0
WITHERED_Y_M: Final = 2_700.0
WITHERED_RADIUS_M: Final = 500.0
_WITHERED: Final = 0.25


@dataclass(frozen=True)
class Light:
    """What places send back of the light of the sun, 0 to 1, in red and in near infrared."""

    red: Series
    infrared: Series


def reflectance(x_m: Series, y_m: Series, crowns_ratio: Series, month: date) -> Light:
    """The light of places in a month; `crowns_ratio` is the share under crowns of trees.

    Crowns stand over sealed ground as far as there is any.
    """
    sealed, z = sealed_ratio(x_m, y_m), elevation_m(x_m, y_m)
    kind = cover_of(sealed, z)
    place = month.month - 1
    green = np.select([kind == 1, kind == 3], [_WOOD[place], _FIELD[place]], _MEADOW[place])
    is_withered = np.hypot(x_m - WITHERED_X_M, y_m - WITHERED_Y_M) <= WITHERED_RADIUS_M
    shaded = np.minimum(crowns_ratio, sealed)
    hard = sealed - shaded
    open_green = green * np.where(is_withered, _WITHERED, 1.0)
    leaves = (1 - sealed) * open_green + shaded * _WOOD[place]
    plants = 1 - hard
    red = hard * _SEALED[0] + plants * 0.14 - 0.11 * leaves
    infrared = hard * _SEALED[1] + plants * 0.20 + 0.30 * leaves
    is_water = kind == 0
    return Light(np.where(is_water, _WATER[0], red), np.where(is_water, _WATER[1], infrared))
