"""What happens in the city: feasts, fairs and concerts that fill beds, buses and car parks."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from infra.simulator.sky import Series

# Name, first month and day, days, visitors a day, how many times as many guests sleep in the city.
_YEARLY: Final = (
    ("Fiera di San Faustino", (2, 14), 2, 60_000, 1.25),
    ("Mille Miglia", (5, 13), 5, 45_000, 1.80),
    ("Festa della Musica", (6, 21), 1, 70_000, 1.30),
    ("Festival pianistico, serata in piazza", (9, 12), 2, 12_000, 1.10),
    ("Mercatini di Santa Lucia", (12, 6), 8, 20_000, 1.20),
)
# Planted: a fair that is held in every simulation, from this day on.
FAIR_DAY: Final = 4
_FAIR: Final = ("Fiera del libro e della stampa", 3, 15_000, 1.50)


@dataclass(frozen=True)
class Event:
    """One event: `guests_ratio` is its true effect on the nights spent in the city."""

    event_id: str
    name: str
    first_on: date
    last_on: date
    visitors_count: int
    guests_ratio: float


def events_between(first: date, last: date, *, start: date) -> list[Event]:
    """The events that begin in these days, in order."""
    found = [
        _event(name, date(year, *begins), days, visitors, ratio)
        for year in range(first.year, last.year + 1)
        for name, begins, days, visitors, ratio in _YEARLY
    ]
    name, days, visitors, ratio = _FAIR
    found.append(_event(name, start + timedelta(days=FAIR_DAY), days, visitors, ratio))
    return sorted(
        (event for event in found if first <= event.first_on <= last),
        key=lambda event: event.event_id,
    )


def guests_ratio(days: list[date], events: list[Event]) -> Series:
    """How many times as many guests as usual sleep in the city, for each day."""
    ratio = np.ones(len(days))
    for event in events:
        is_on = [event.first_on <= day <= event.last_on for day in days]
        ratio = np.where(is_on, ratio * event.guests_ratio, ratio)
    return ratio


def _event(name: str, first: date, days: int, visitors: int, ratio: float) -> Event:
    last = first + timedelta(days=days - 1)
    word = name.rsplit(maxsplit=1)[-1].upper()
    return Event(f"EV-{first:%Y%m%d}-{word}", name, first, last, visitors, ratio)
