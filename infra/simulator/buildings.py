"""The buildings of the city: where they stand, what for, how old and how well built."""

from typing import Final

import numpy as np
import polars as pl

from infra.simulator.sky import Series
from infra.simulator.terrain import degrees

USES: Final = ("residenziale", "commerciale", "uffici", "scuola", "produttivo")
_USE_SHARES: Final = (0.78, 0.09, 0.06, 0.02, 0.05)
CLASSES: Final = ("A4", "A3", "A2", "A1", "B", "C", "D", "E", "F", "G")
# Upper bounds of the energy index of each class, in kWh/m² a year, for a house of the plain.
_BOUNDS: Final = (25, 38, 50, 63, 78, 95, 125, 165, 225)


def buildings(rng: np.random.Generator, near: tuple[Series, Series], count: int) -> pl.DataFrame:
    """So many buildings near the middles of the sections, in metres from the town hall."""
    home = rng.integers(len(near[0]), size=count)
    x = np.clip(near[0][home] + rng.normal(0, 160, count), -4_700, 4_700)
    y = np.clip(near[1][home] + rng.normal(0, 160, count), -4_700, 4_700)
    year = np.clip(2024 - rng.gamma(2.2, 25, count), 1500, 2024).astype(int)
    floors = np.clip(rng.poisson(2.4, count) + 1, 1, 14)
    width, depth = rng.uniform(9, 26, count), rng.uniform(8, 18, count)
    # Old houses lose more; a third of them were made better since.
    index = 40 + 1.35 * np.clip(2024 - year, 0, 95) * np.where(rng.random(count) < 0.33, 0.5, 1.0)
    index = np.clip(index * rng.lognormal(0, 0.25, count), 12, 480)
    lat, lng = degrees(x, y)
    return pl.DataFrame(
        {
            "building_id": [f"ED{number:06}" for number in range(1, count + 1)],
            "section": home,
            "x_m": x,
            "y_m": y,
            "lat": lat.round(6),
            "lng": lng.round(6),
            "use": [USES[use] for use in rng.choice(len(USES), count, p=_USE_SHARES)],
            "year": year,
            "floors": floors,
            "width_m": width,
            "depth_m": depth,
            "floor_m2": (0.85 * width * depth * floors).round(0),
            "energy_kwhm2": index.round(1),
            "class": [CLASSES[place] for place in np.digitize(index, _BOUNDS)],
        }
    )
