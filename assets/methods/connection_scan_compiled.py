"""The loops over connections of `connection_scan`, compiled; import this inside functions only."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Integers = NDArray[np.int64]
_NEVER = np.iinfo(np.int64).max // 4


@njit(cache=True)
def scan(
    from_stop: Integers,
    to_stop: Integers,
    departs: Integers,
    arrives: Integers,
    trip: Integers,
    walk_start: Integers,
    walk_to: Integers,
    walk_s: Integers,
    walked: Integers,
    ridden: Integers,
    vehicle: Integers,
    on_board: Integers,
    turn: int,
    leaves: int,
    margin: int,
    last_departure: int,
) -> None:
    """Fill `ridden` (a vehicle, or one and a walk) and `vehicle` from `walked` (on foot only).

    A trip is boarded once `on_board` holds this turn's number.
    """
    first = np.searchsorted(departs, leaves)
    count = len(departs)
    while first < count and departs[first] <= last_departure:
        now = departs[first]
        end = first
        is_again = True
        # Vehicles that take no time may be needed by others that leave at the same second.
        while is_again:
            is_again = False
            end = first
            while end < count and departs[end] == now:
                c = end
                end += 1
                stop = from_stop[c]
                if on_board[trip[c]] != turn:
                    if walked[stop] > now and ridden[stop] + margin > now:
                        continue
                    on_board[trip[c]] = turn
                at, when = to_stop[c], arrives[c]
                if when < vehicle[at]:
                    vehicle[at] = when
                    if when < ridden[at]:
                        ridden[at] = when
                    if when == now:
                        is_again = True
                    for n in range(walk_start[at], walk_start[at + 1]):
                        if when + walk_s[n] < ridden[walk_to[n]]:
                            ridden[walk_to[n]] = when + walk_s[n]
        first = end


@njit(cache=True, parallel=True)
def scan_all(
    from_stop: Integers,
    to_stop: Integers,
    departs: Integers,
    arrives: Integers,
    trip: Integers,
    walk_start: Integers,
    walk_to: Integers,
    walk_s: Integers,
    stops_count: int,
    trips_count: int,
    access_start: Integers,
    access_to: Integers,
    access_s: Integers,
    foot_start: Integers,
    foot_to: Integers,
    foot_s: Integers,
    egress_start: Integers,
    egress_to: Integers,
    egress_s: Integers,
    category: Integers,
    opens: Integers,
    closes: Integers,
    categories_count: int,
    leaves: Integers,
    margin: int,
    longest: int,
) -> NDArray[np.int32]:
    """Seconds to the nearest open service: (origins, departures, categories), -1 for none."""
    origins = len(access_start) - 1
    times = np.full((origins, len(leaves), categories_count), -1, dtype=np.int32)
    for origin in prange(origins):
        walked = np.full(stops_count, _NEVER, dtype=np.int64)
        ridden = np.full(stops_count, _NEVER, dtype=np.int64)
        vehicle = np.full(stops_count, _NEVER, dtype=np.int64)
        on_board = np.full(trips_count, -1, dtype=np.int64)
        best = np.empty(categories_count, dtype=np.int64)
        for turn in range(len(leaves)):
            now = leaves[turn]
            walked[:] = _NEVER
            ridden[:] = _NEVER
            vehicle[:] = _NEVER
            best[:] = longest + 1
            for n in range(access_start[origin], access_start[origin + 1]):
                walked[access_to[n]] = min(walked[access_to[n]], now + access_s[n])
            scan(
                from_stop, to_stop, departs, arrives, trip, walk_start, walk_to, walk_s,
                walked, ridden, vehicle, on_board, turn, now, margin, now + longest,
            )  # fmt: skip
            for n in range(foot_start[origin], foot_start[origin + 1]):
                service = foot_to[n]
                if opens[service] <= now + foot_s[n] < closes[service]:
                    best[category[service]] = min(best[category[service]], foot_s[n])
            for stop in range(stops_count):
                # Whoever only walked to a stop has walked to what is around it, too.
                if vehicle[stop] - now > longest:
                    continue
                for n in range(egress_start[stop], egress_start[stop + 1]):
                    service = egress_to[n]
                    at = vehicle[stop] + egress_s[n]
                    if (
                        at - now < best[category[service]]
                        and opens[service] <= at < closes[service]
                    ):
                        best[category[service]] = at - now
            for kind in range(categories_count):
                if best[kind] <= longest:
                    times[origin, turn, kind] = best[kind]
    return times
