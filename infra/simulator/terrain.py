"""The ground of the city: the plain in the south-west, Monte Maddalena in the north-east."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.simulator.places import CENTRE_LAT, CENTRE_LNG
from infra.simulator.sky import Series

# A square of 9.5 km around the town hall.
HALF_SIDE_M: Final = 4_750.0
M_A_DEGREE_LAT: Final = 111_132.0
M_A_DEGREE_LNG: Final = 111_320.0 * float(np.cos(np.deg2rad(CENTRE_LAT)))
_LOWEST_M, _HIGHEST_M = 101.0, 863.0
COVERS: Final = ("acqua", "bosco", "prato", "seminativo", "edificato rado", "edificato denso")
# Planted: where water stands when it rains hard, metres east and north of the town hall.
UNDERPASSES: Final = (
    (-1_850.0, -620.0), (-1_100.0, -700.0), (-420.0, -760.0), (350.0, -900.0), (980.0, -1_240.0),
    (1_700.0, -1_520.0), (-900.0, 1_150.0), (640.0, 1_480.0),
)  # fmt: skip
_UNDERPASS_M, _UNDERPASS_REACH_M = 4.0, 70.0
_RIVER_X_M: Final = -2_300.0  # the Mella, from north to south


def degrees(x_m: Series, y_m: Series) -> tuple[Series, Series]:
    """Latitude and longitude of places so many metres east and north of the town hall."""
    return CENTRE_LAT + y_m / M_A_DEGREE_LAT, CENTRE_LNG + x_m / M_A_DEGREE_LNG


def metres(lat: Series, lng: Series) -> tuple[Series, Series]:
    """The inverse of `degrees`: metres east, and metres north."""
    return (lng - CENTRE_LNG) * M_A_DEGREE_LNG, (lat - CENTRE_LAT) * M_A_DEGREE_LAT


def elevation_m(x_m: Series, y_m: Series) -> Series:
    """Height above the sea of places so many metres east and north of the town hall."""
    plain = 136 + 0.0062 * y_m + 0.0018 * x_m
    mountain = 640 * np.exp(-(((x_m - 3_600) / 1_500) ** 2 + ((y_m - 2_900) / 1_700) ** 2))
    hill = 42 * np.exp(-(((x_m - 350) / 260) ** 2 + ((y_m - 420) / 300) ** 2))  # the Cidneo
    ripple = 1.6 * np.sin(x_m / 310) * np.cos(y_m / 270) + 0.7 * np.sin((x_m + y_m) / 90)
    valley = 3.5 * np.exp(-(((x_m - _RIVER_X_M) / 90) ** 2))
    return np.asarray(np.clip(plain + mountain + hill + ripple - valley, _LOWEST_M, _HIGHEST_M))


def sealed_ratio(x_m: Series, y_m: Series) -> Series:
    """Which share of the ground is built on or paved: much in the middle, nothing on the hill."""
    distance = np.hypot(x_m + 200, y_m + 300)
    city = 0.88 * np.exp(-((distance / 3_300) ** 2)) + 0.12
    blocks = 0.16 * np.sin(x_m / 170) * np.sin(y_m / 190)
    green = 1 / (1 + np.exp((elevation_m(x_m, y_m) - 205) / 14))
    water = 1 - np.exp(-(((x_m - _RIVER_X_M) / 60) ** 2))
    return np.asarray(np.clip((city + blocks) * green * water, 0, 1))


def underpass_m(x_m: Series, y_m: Series) -> Series:
    """How far the ground lies below its surroundings where streets pass under the railway."""
    depth = np.zeros_like(np.asarray(x_m, dtype=float))
    for x, y in UNDERPASSES:
        away = np.hypot(x_m - x, y_m - y)
        depth = depth + _UNDERPASS_M * np.exp(-0.5 * (away / _UNDERPASS_REACH_M) ** 2)
    return np.asarray(depth)


def cover_of(sealed: Series, z_m: Series) -> NDArray[np.int64]:
    """The place in `COVERS` of ground so much sealed at this height; a wood on the mountain."""
    return np.select(
        [sealed <= 0, z_m > 210, sealed < 0.18, sealed < 0.30, sealed < 0.55],
        [0, 1, 2, 3, 4],
        default=5,
    )
