"""Earliest arrivals by public transport and on foot: the Connection Scan Algorithm.

Dibbelt, Pajor, Strasser & Wagner (2013), arXiv:1703.05997, with a second label at each stop, the
earliest arrival by vehicle: footpaths within a walking radius are not transitively closed, and two
of them in a row are a walk nobody asked for. Times are whole seconds on one clock; a service day's
trips may run past midnight, and those of the day before are given with times less a day.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
# Later than any arrival: not reached.
NEVER: Final = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class Links:
    """For each of several places the places beside it and the seconds to them.

    Those of place i are `to[start[i]:start[i + 1]]` and `seconds[…]`.
    """

    start: Integers
    to: Integers
    seconds: Integers

    @classmethod
    def of(cls, places_count: int, pairs: ArrayLike) -> "Links":
        """From rows (place, beside, seconds), in any order; an empty array is no link."""
        rows = np.asarray(pairs, dtype=np.int64).reshape(-1, 3)
        rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
        counts = np.bincount(rows[:, 0], minlength=places_count)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(start, rows[:, 1].copy(), rows[:, 2].copy())


@dataclass(frozen=True)
class Timetable:
    """Connections sorted by departure, and the walks between stops.

    A connection takes a vehicle from one stop of its trip to the next. Arrays are over
    connections; stops and trips are numbered from 0.
    """

    from_stop: Integers
    to_stop: Integers
    departs_s: Integers
    arrives_s: Integers
    trip: Integers
    walks: Links
    stops_count: int
    trips_count: int

    @classmethod
    def of(cls, connections: ArrayLike, walks: ArrayLike, *, stops_count: int) -> "Timetable":
        """From rows (from stop, to stop, departs, arrives, trip) and (stop, stop, seconds).

        Raises ValueError where a vehicle arrives before it departs.
        """
        rows = np.asarray(connections, dtype=np.int64).reshape(-1, 5)
        if (rows[:, 3] < rows[:, 2]).any():
            raise ValueError("a vehicle does not arrive before it departs")
        rows = rows[np.lexsort((rows[:, 3], rows[:, 2]))]
        from_stop, to_stop, departs, arrives, trip = (rows[:, n].copy() for n in range(5))
        trips = int(rows[:, 4].max()) + 1 if len(rows) else 0
        between = Links.of(stops_count, walks)
        return cls(
            from_stop, to_stop, departs, arrives, trip, between,
            stops_count=stops_count, trips_count=trips,
        )  # fmt: skip


def earliest_arrivals(
    timetable: Timetable,
    access: ArrayLike,
    *,
    leaves_s: int,
    margin_s: int = 0,
    last_departure_s: int = NEVER,
) -> Integers:
    """When each stop is reached (stops,) by whoever leaves at an instant; NEVER where it is not.

    `access` are rows (stop, seconds) on foot from where they are. Changing vehicles takes
    `margin_s`, and so does boarding after a walk from another stop; the first boarding takes none.
    Vehicles that depart after `last_departure_s` are not taken.
    """
    from assets.methods.connection_scan_compiled import scan

    rows = np.asarray(access, dtype=np.int64).reshape(-1, 2)
    walked = np.full(timetable.stops_count, NEVER, dtype=np.int64)
    np.minimum.at(walked, rows[:, 0], rows[:, 1] + leaves_s)
    ridden = np.full(timetable.stops_count, NEVER, dtype=np.int64)
    vehicle = np.full(timetable.stops_count, NEVER, dtype=np.int64)
    on_board = np.full(timetable.trips_count, -1, dtype=np.int64)
    scan(
        *_arrays(timetable), walked, ridden, vehicle, on_board, 0, leaves_s, margin_s,
        last_departure_s,
    )  # fmt: skip
    return np.minimum(walked, ridden)


@dataclass(frozen=True)
class Services:
    """Where people want to be: each of a category, reached from stops on foot, and open or not.

    `egress` has a place a stop (`Links.of(stops_count, rows (stop, service, seconds))`); a service
    is open from `opens_s` until before `closes_s`, on the clock of the timetable.
    """

    egress: Links
    category: Integers
    opens_s: Integers
    closes_s: Integers
    categories_count: int


def travel_times(
    timetable: Timetable,
    access: Links,
    on_foot: Links,
    services: Services,
    *,
    leaves_s: ArrayLike,
    margin_s: int = 60,
    longest_s: int = 3600,
) -> NDArray[np.int32]:
    """Seconds door to door to the nearest open service of each category.

    `access` has the stops each origin reaches on foot, `on_foot` the services. The result is
    (origins, departures, categories); -1 where none is reached within `longest_s`. Whoever comes
    before a service opens waits; one that has shut is not reached.
    """
    from assets.methods.connection_scan_compiled import scan_all

    result: NDArray[np.int32] = scan_all(
        *_arrays(timetable), timetable.stops_count, timetable.trips_count,
        access.start, access.to, access.seconds, on_foot.start, on_foot.to, on_foot.seconds,
        services.egress.start, services.egress.to, services.egress.seconds,
        services.category, services.opens_s, services.closes_s, services.categories_count,
        np.asarray(leaves_s, dtype=np.int64), margin_s, longest_s,
    )  # fmt: skip
    return result


def _arrays(timetable: Timetable) -> tuple[Integers, ...]:
    walks = timetable.walks
    return (
        timetable.from_stop, timetable.to_stop, timetable.departs_s, timetable.arrives_s,
        timetable.trip, walks.start, walks.to, walks.seconds,
    )  # fmt: skip
