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
    """Seconds to the nearest open service: (origins, departures, categories), -1 for none.

    Departures are taken from the last to the first: what is reached by leaving later is reached by
    leaving now and waiting, so labels stay, and a scan ends once no vehicle can bring anything
    nearer.
    """
    origins = len(access_start) - 1
    order = np.argsort(leaves)[::-1]
    times = np.full((origins, len(leaves), categories_count), -1, dtype=np.int32)
    for origin in prange(origins):
        walked = np.full(stops_count, _NEVER, dtype=np.int64)
        ridden = np.full(stops_count, _NEVER, dtype=np.int64)
        vehicle = np.full(stops_count, _NEVER, dtype=np.int64)
        boarded = np.full(trips_count, len(departs), dtype=np.int64)
        best = np.full(categories_count, _NEVER, dtype=np.int64)
        for turn in order:
            now = leaves[turn]
            for n in range(access_start[origin], access_start[origin + 1]):
                walked[access_to[n]] = now + access_s[n]
            for n in range(foot_start[origin], foot_start[origin + 1]):
                service = foot_to[n]
                at = max(now + foot_s[n], opens[service])
                if at < closes[service]:
                    best[category[service]] = min(best[category[service]], at)
            first = np.searchsorted(departs, now)
            latest = best.max()
            until = min(latest, now + longest)
            while first < len(departs) and departs[first] <= until:
                second, end, is_again = departs[first], first, True
                while is_again:
                    is_again, end = False, first
                    while end < len(departs) and departs[end] == second:
                        c = end
                        end += 1
                        if boarded[trip[c]] > c:
                            stop = from_stop[c]
                            if walked[stop] > second and ridden[stop] + margin > second:
                                continue
                            boarded[trip[c]] = c
                        at, when = to_stop[c], arrives[c]
                        if when >= vehicle[at]:
                            continue
                        vehicle[at] = when
                        ridden[at] = min(ridden[at], when)
                        is_again = is_again or when == second
                        for n in range(walk_start[at], walk_start[at + 1]):
                            ridden[walk_to[n]] = min(ridden[walk_to[n]], when + walk_s[n])
                        for n in range(egress_start[at], egress_start[at + 1]):
                            service = egress_to[n]
                            there = max(when + egress_s[n], opens[service])
                            before = best[category[service]]
                            if there < before and there < closes[service]:
                                best[category[service]] = there
                                # Of many categories another one is mostly the last.
                                if before == latest:
                                    latest = best.max()
                                    until = min(latest, now + longest)
                first = end
            for kind in range(categories_count):
                if best[kind] <= now + longest:
                    times[origin, turn, kind] = best[kind] - now
    return times
