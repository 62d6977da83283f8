"""The places of the city: car parks, census sections and the stations of the regional agency."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

CENTRE_LAT: Final = 45.5390
CENTRE_LNG: Final = 10.2203
MUNICIPALITY: Final = "017029"


@dataclass(frozen=True)
class CarPark:
    """One car park: what it is near to decides when it fills. Capacities are invented."""

    code: str
    name: str
    capacity: int
    lat: float
    lng: float
    near: Literal["station", "shops", "hospital"]


CAR_PARKS: Final = (
    CarPark("P-STAZIONE", "Stazione", 320, 45.5327, 10.2129, "station"),
    CarPark("P-VITTORIA", "Piazza Vittoria", 180, 45.5382, 10.2193, "shops"),
    CarPark("P-ARNALDO", "Arnaldo", 140, 45.5369, 10.2294, "shops"),
    CarPark("P-OSPEDALE", "Ospedale Nord", 400, 45.5596, 10.2304, "hospital"),
    CarPark("P-FOSSA", "Fossa Bagni", 240, 45.5434, 10.2262, "shops"),
    CarPark("P-GOITO", "Goito", 120, 45.5347, 10.2252, "shops"),
    CarPark("P-PREALPINO", "Prealpino", 260, 45.5786, 10.2271, "station"),
    CarPark("P-POLIAMBULANZA", "Poliambulanza", 300, 45.5178, 10.2387, "hospital"),
    CarPark("P-CASAZZA", "Casazza", 150, 45.5716, 10.2289, "station"),
    CarPark("P-LAMARMORA", "Lamarmora", 200, 45.5218, 10.2168, "station"),
    CarPark("P-MARCONI", "Marconi", 90, 45.5500, 10.2233, "shops"),
    CarPark("P-EUROPA", "Europa", 110, 45.5628, 10.2318, "hospital"),
    CarPark("P-SANPOLINO", "Sanpolino", 160, 45.5109, 10.2650, "station"),
    CarPark("P-BUFFALORA", "Buffalora", 280, 45.5062, 10.2846, "station"),
    CarPark("P-CREMONA", "Porta Cremona", 130, 45.5316, 10.2281, "shops"),
)


@dataclass(frozen=True)
class Station:
    """One station of the regional agency; the coordinates are approximate."""

    code: str
    name: str
    lat: float
    lng: float
    traffic_share: float


AIR_STATIONS: Final = (
    Station("649", "Brescia v.Broletto", 45.5397, 10.2226, 1.10),
    Station("652", "Brescia v.Turati", 45.5449, 10.2302, 1.30),
    Station("669", "Brescia Villaggio Sereno", 45.5127, 10.1917, 0.95),
    Station("1800", "Brescia San Polo", 45.5131, 10.2511, 0.85),
)
WEATHER_STATIONS: Final = (
    Station("130", "Brescia ITAS Pastori", 45.5262, 10.2449, 0.0),
    Station("653", "Brescia v.Ziziola", 45.5136, 10.2007, 0.0),
)


def census_sections(rng: np.random.Generator, count: int) -> pl.DataFrame:
    """Sections with their 13-digit code, leading zero included, and the place of their middle.

    `section_id`, `lat`, `lng`, ascending by code.
    """
    numbers = np.sort(rng.choice(4 * count, size=count, replace=False)) + 1
    return pl.DataFrame(
        {
            "section_id": [f"{MUNICIPALITY}{number:07}" for number in numbers],
            "lat": CENTRE_LAT + np.clip(rng.normal(0, 0.014, count), -0.04, 0.04),
            "lng": CENTRE_LNG + np.clip(rng.normal(0, 0.020, count), -0.05, 0.05),
        }
    )
