"""Buses and the metro: lines, stops and when vehicles leave."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from infra.simulator.sky import Series
from infra.simulator.terrain import HALF_SIDE_M, degrees, metres

METRO_STATIONS: Final = (
    "Prealpino", "Casazza", "Mompiano", "Europa", "Ospedale", "Marconi", "San Faustino", "Vittoria",
    "Stazione FS", "Bresciadue", "Lamarmora", "Volta", "Poliambulanza", "San Polo Parco",
    "San Polo", "Sanpolino", "S. Eufemia-Buffalora",
)  # fmt: skip
# From end to end, as the operator states it.
_METRO_S: Final = 25 * 60 + 25
_METRO_BENDS_LAT: Final = (45.5786, 45.5596, 45.5382, 45.5218, 45.5178, 45.5109, 45.5062)
_METRO_BENDS_LNG: Final = (10.2271, 10.2304, 10.2193, 10.2168, 10.2387, 10.2650, 10.2846)
STOPS_A_LINE: Final = 29
_BUS_MS: Final = 4.7
# The day of a timetable runs from 5:30 to half past midnight: times past 24:00 are written so.
_FIRST_S, _LAST_S = 5.5 * 3600, 24.5 * 3600
_PEAKS: Final = ((7.0, 9.5), (12.0, 14.0), (17.0, 19.5))


@dataclass(frozen=True)
class Headways:
    """Minutes between two vehicles of a line: in the peaks, by day, and from 20 o'clock on."""

    peak_min: float
    day_min: float
    evening_min: float


METRO_HEADWAYS: Final = Headways(4, 6, 10)
BUS_HEADWAYS: Final = Headways(12, 20, 30)
HOLIDAY_HEADWAYS: Final = Headways(24, 24, 40)
# Planted: from this day of the simulation on, this line runs more often.
MORE_OFTEN_DAY: Final = 3
MORE_OFTEN_LINE: Final = "L03"
MORE_OFTEN_HEADWAYS: Final = Headways(8, 12, 20)


@dataclass(frozen=True)
class Line:
    """One line, there and back: its stops and how long after leaving a vehicle is at each."""

    line_id: str
    name: str
    is_metro: bool
    stop_ids: tuple[str, ...]
    stop_names: tuple[str, ...]
    lat: Series
    lng: Series
    seconds: Series

    def headways(self, *, is_holiday: bool, is_more_often: bool) -> Headways:
        """How often it runs on such a day."""
        if self.is_metro:
            return METRO_HEADWAYS
        if is_holiday:
            return HOLIDAY_HEADWAYS
        return MORE_OFTEN_HEADWAYS if is_more_often else BUS_HEADWAYS


@dataclass(frozen=True)
class Network:
    """All lines of the city."""

    lines: tuple[Line, ...]

    @cached_property
    def stops(self) -> list[tuple[str, str, float, float]]:
        """Id, name, latitude and longitude of every stop."""
        return [
            (stop, name, round(float(lat), 6), round(float(lng), 6))
            for line in self.lines
            for stop, name, lat, lng in zip(
                line.stop_ids, line.stop_names, line.lat, line.lng, strict=True
            )
        ]


def network(rng: np.random.Generator, *, bus_lines: int, street_names: tuple[str, ...]) -> Network:
    """The metro and so many bus lines across the city."""
    lines = [_metro()]
    for number in range(1, bus_lines + 1):
        lines.append(_bus(rng, number, bus_lines, street_names))
    return Network(tuple(lines))


def departures(headways: Headways) -> Series:
    """When vehicles leave, in whole seconds after midnight; past 86,400 after the next midnight."""
    at, found = _FIRST_S, []
    while at <= _LAST_S:
        found.append(at)
        hour = at / 3600
        if any(start <= hour < end for start, end in _PEAKS):
            minutes = headways.peak_min
        else:
            minutes = headways.evening_min if hour >= 20 else headways.day_min
        at += 60 * minutes
    return np.array(found)


def _metro() -> Line:
    count = len(METRO_STATIONS)
    lat = np.array(_METRO_BENDS_LAT)
    lng = np.array(_METRO_BENDS_LNG)
    x, y = metres(lat, lng)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    stops = np.linspace(0, along[-1], count)
    return Line(
        line_id="M1",
        name="Prealpino - S. Eufemia-Buffalora",
        is_metro=True,
        stop_ids=tuple(f"M{number:02}" for number in range(1, count + 1)),
        stop_names=METRO_STATIONS,
        lat=np.interp(stops, along, lat),
        lng=np.interp(stops, along, lng),
        seconds=np.rint(np.linspace(0, _METRO_S, count)),
    )


def _bus(rng: np.random.Generator, number: int, of: int, street_names: tuple[str, ...]) -> Line:
    """A line from one edge of the city through its middle to the other."""
    angle = np.pi * (number - 1) / of + rng.normal(0, 0.05)
    reach = HALF_SIDE_M * rng.uniform(0.75, 0.95)
    along = np.linspace(-reach, reach, STOPS_A_LINE)
    bend = 450 * np.sin(along / reach * np.pi * rng.uniform(0.6, 1.4))
    x = along * np.cos(angle) - bend * np.sin(angle)
    y = along * np.sin(angle) + bend * np.cos(angle)
    lat, lng = degrees(x, y)
    line_id = f"L{number:02}"
    legs = np.hypot(np.diff(x), np.diff(y)) / _BUS_MS + 20
    names = [street_names[int(place)] for place in rng.integers(len(street_names), size=len(x))]
    return Line(
        line_id=line_id,
        name=f"{names[0]} - {names[-1]}",
        is_metro=False,
        stop_ids=tuple(f"{line_id}{stop:03}" for stop in range(1, STOPS_A_LINE + 1)),
        stop_names=tuple(f"{name} {stop}" for stop, name in enumerate(names, start=1)),
        lat=lat,
        lng=lng,
        seconds=np.rint(np.concatenate([[0.0], np.cumsum(legs)])),
    )
