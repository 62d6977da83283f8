"""Delivery windows: the day, month or year a delivery stands for, and ranges of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from infra.errors import TwinError

Cadence = Literal["stream", "daily", "monthly", "yearly", "static"]
# Of an address: the first day of a window, the first day after it, its last day.
PLACEHOLDERS: Final = frozenset({"window", "window_end", "window_last"})


def period_start(day: date, cadence: Cadence) -> date:
    """The first day of the window that holds this day. A static table has no windows."""
    match cadence:
        case "stream" | "daily":
            return day
        case "monthly":
            return day.replace(day=1)
        case "yearly":
            return day.replace(month=1, day=1)
        case "static":
            raise TwinError("a static table has no windows")


def _next_start(start: date, cadence: Cadence) -> date:
    if cadence == "monthly":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    if cadence == "yearly":
        return start.replace(year=start.year + 1, month=1, day=1)
    return start + timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """One or several consecutive delivery windows, from `start` up to and without `end`.

    A static table has one window that never ends: `start` and `end` are None.
    """

    cadence: Cadence
    start: date | None
    end: date | None

    @classmethod
    def of(cls, day: date, cadence: Cadence) -> "Window":
        """The one window that holds this day."""
        if cadence == "static":
            return cls.always()
        start = period_start(day, cadence)
        return cls(cadence, start, _next_start(start, cadence))

    @classmethod
    def between(cls, first: date, last: date, cadence: Cadence) -> "Window":
        """All windows from the one that holds `first` to the one that holds `last`."""
        if cadence == "static":
            return cls.always()
        if last < first:
            raise TwinError(f"the last day {last} lies before the first day {first}; swap them")
        end = _next_start(period_start(last, cadence), cadence)
        return cls(cadence, period_start(first, cadence), end)

    @classmethod
    def always(cls) -> "Window":
        """The one window of a static table."""
        return cls("static", None, None)

    @property
    def is_static(self) -> bool:
        """Whether this is the window of a static table."""
        return self.start is None

    def starts(self) -> Iterator[date]:
        """The first day of each window in the range, in order; nothing for a static table."""
        if self.start is None or self.end is None:
            return
        day = self.start
        while day < self.end:
            yield day
            day = _next_start(day, self.cadence)

    def __contains__(self, day: date) -> bool:
        """Whether this day lies in the range; every day lies in a static window."""
        if self.start is None or self.end is None:
            return True
        return self.start <= day < self.end

    def __str__(self) -> str:
        """The range as messages and commit notes say it: `2025-01-01/2025-01-08`, or `static`."""
        return "static" if self.is_static else f"{self.start}/{self.end}"


def consecutive(starts: Iterable[date], cadence: Cadence) -> list[Window]:
    """The windows that begin on these days, as few unbroken ranges."""
    ranges: list[Window] = []
    for start in sorted(starts):
        one = Window.of(start, cadence)
        if ranges and ranges[-1].end == one.start:
            ranges[-1] = Window(cadence, ranges[-1].start, one.end)
        else:
            ranges.append(one)
    return ranges
