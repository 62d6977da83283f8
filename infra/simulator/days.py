"""The calendar of the city: holidays, local days and the hours they have."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ROME: Final = ZoneInfo("Europe/Rome")
# Month and day of the feasts of the whole country, and of Saint Faustinus, patron of the city.
_FEASTS: Final = frozenset(
    {
        (1, 1),
        (1, 6),
        (2, 15),
        (4, 25),
        (5, 1),
        (6, 2),
        (8, 15),
        (11, 1),
        (12, 8),
        (12, 25),
        (12, 26),
    }
)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def is_free_day(day: date) -> bool:
    """Whether shops and offices rest: Sundays, feasts and Easter Monday."""
    is_easter_monday = day == easter(day.year) + timedelta(days=1)
    return day.weekday() == 6 or (day.month, day.day) in _FEASTS or is_easter_monday


def midnight(day: date) -> datetime:
    """The instant at which a UTC day begins."""
    return datetime.combine(day, time(), UTC)


def local_midnight(day: date) -> datetime:
    """The instant, in UTC, at which a day begins in Rome."""
    return datetime.combine(day, time(), ROME).astimezone(UTC)


def quarters_of_local_day(day: date) -> list[datetime]:
    """The quarter hours of a day in Rome, in UTC: 96, but 92 or 100 when the clock changes."""
    start, end = local_midnight(day), local_midnight(day + timedelta(days=1))
    count = int((end - start) / timedelta(minutes=15))
    return [start + timedelta(minutes=15) * step for step in range(count)]


def hours_of_local_day(day: date) -> list[datetime]:
    """The hours of a day in Rome, in UTC: 24, but 23 or 25 when the clock changes."""
    return quarters_of_local_day(day)[::4]
