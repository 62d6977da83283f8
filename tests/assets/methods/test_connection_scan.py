import heapq
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.connection_scan import (
    NEVER,
    Links,
    Services,
    Timetable,
    earliest_arrivals,
    travel_times,
)

DAY = 86_400
# gtfspy/routing/test/test_connection_scan.py (MIT): stops 1 to 7 are 0 to 6 here.
CONNECTIONS = [
    (0, 1, 0, 10, 0),
    (0, 2, 1, 10, 1),
    (1, 2, 10, 11, 0),
    (2, 3, 11, 13, 0),
    (2, 5, 12, 14, 2),
]
WALKS = [(3, 4, 100), (4, 3, 100)]
PUBLISHED = Timetable.of(CONNECTIONS, WALKS, stops_count=7)


def arrivals(timetable: Timetable, stop: int, leaves_s: int, **options: int) -> list[int | None]:
    found = earliest_arrivals(timetable, [(stop, 0)], leaves_s=leaves_s, **options)
    return [None if one == NEVER else int(one) for one in found]


@pytest.mark.shows(
    "published",
    "gold/services/reach_of_services_by_section",
    source="gtfspy (MIT), arrivals of its connection scan",
)
def test_the_arrivals_are_those_of_an_independent_implementation():
    assert arrivals(PUBLISHED, 0, -2, margin_s=2) == [-2, 10, 10, 13, 113, 14, None]
    # There the margin is asked for at the first stop, too: leaving at -1 with it is at 1 without.
    assert arrivals(PUBLISHED, 0, 1, margin_s=2)[1:] == [None, 10, None, None, 14, None]
    assert arrivals(PUBLISHED, 0, -2, margin_s=2, last_departure_s=11)[5] is None


@st.composite
def networks(draw: st.DrawFn) -> tuple[Timetable, list, list, int, int]:
    stops = draw(st.integers(2, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    connections = []
    for trip in range(draw(st.integers(1, 9))):
        at, when = int(random.integers(stops)), int(random.integers(0, 60))
        # Some trips begin before midnight and end after it.
        when += int(random.choice([0, 0, DAY - 30]))
        for _ in range(int(random.integers(1, 6))):
            to = int(random.integers(stops))
            leaves = when + int(random.integers(0, 4))
            when = leaves + int(random.integers(0, 12))
            connections.append((at, to, leaves, when, trip))
            at = to
    walks = [
        (int(a), int(b), int(random.integers(1, 15)))
        for a, b in random.integers(0, stops, (stops, 2))
        if a != b
    ]
    timetable = Timetable.of(connections, walks, stops_count=stops)
    return (
        timetable,
        connections,
        walks,
        int(random.choice([0, 5, DAY - 40])),
        int(random.integers(0, 4)),
    )


def label_setting(connections, walks, *, stops, start, leaves_s, margin_s):
    # An oracle of another kind: states are places in trips and stops, settled in order of time.
    rides = {}
    for number, (_, to, leaves, arrives, trip) in enumerate(connections):
        rides[number] = (to, leaves, arrives, trip)
    after = {}
    by_trip: dict[int, list[int]] = {}
    for number, one in enumerate(connections):
        by_trip.setdefault(one[4], []).append(number)
    for numbers in by_trip.values():
        after.update(pairwise(numbers))
    best, by_vehicle = [NEVER] * stops, [NEVER] * stops
    seen = set()
    heap = [(leaves_s, ("stop", start, "first"))]
    while heap:
        now, state = heapq.heappop(heap)
        if state in seen:
            continue
        seen.add(state)
        if state[0] == "ride":
            number = state[1]
            to, _, arrives, _ = rides[number]
            heapq.heappush(heap, (arrives, ("stop", to, "ridden")))
            if number in after:
                heapq.heappush(heap, (rides[after[number]][1], ("ride", after[number])))
            continue
        _, stop, how = state
        best[stop] = min(best[stop], now)
        if how == "ridden":
            by_vehicle[stop] = min(by_vehicle[stop], now)
            for a, b, seconds in walks:
                if a == stop:
                    heapq.heappush(heap, (now + seconds, ("stop", b, "walked")))
        for number, (from_stop, _, leaves, _, _) in enumerate(connections):
            wait = 0 if how == "first" else margin_s
            if from_stop == stop and leaves >= now + wait:
                heapq.heappush(heap, (leaves, ("ride", number)))
    return best, by_vehicle


@given(networks())
@settings(max_examples=400)
def test_no_arrival_differs_from_that_of_settling_labels_one_by_one(drawn):
    timetable, connections, walks, leaves_s, margin_s = drawn

    found = earliest_arrivals(timetable, [(0, 0)], leaves_s=leaves_s, margin_s=margin_s)

    best, _ = label_setting(
        connections, walks, stops=timetable.stops_count, start=0, leaves_s=leaves_s,
        margin_s=margin_s,
    )  # fmt: skip
    assert found.tolist() == best


@given(networks(), st.integers(1, 50))
@settings(max_examples=60)
def test_another_trip_never_makes_anybody_later(drawn, later_s):
    timetable, connections, walks, leaves_s, margin_s = drawn
    more = [(a, b, d + later_s, e + later_s, t + 100) for a, b, d, e, t in connections]
    fuller = Timetable.of([*connections, *more], walks, stops_count=timetable.stops_count)

    before, after = (
        earliest_arrivals(one, [(0, 0)], leaves_s=leaves_s, margin_s=margin_s)
        for one in (timetable, fuller)
    )

    assert (after <= before).all()


@given(networks(), st.integers(-1000, 100_000))
@settings(max_examples=60)
def test_a_day_shifted_by_an_hour_is_the_same_day(drawn, shift_s):
    timetable, connections, walks, leaves_s, margin_s = drawn
    moved = [(a, b, d + shift_s, e + shift_s, t) for a, b, d, e, t in connections]
    shifted = Timetable.of(moved, walks, stops_count=timetable.stops_count)

    here = earliest_arrivals(timetable, [(0, 0)], leaves_s=leaves_s, margin_s=margin_s)
    there = earliest_arrivals(shifted, [(0, 0)], leaves_s=leaves_s + shift_s, margin_s=margin_s)

    reached = here < NEVER
    assert (there[reached] - shift_s == here[reached]).all()
    assert (there[~reached] == NEVER).all()


def a_pharmacy(*, closes_s: int) -> Services:
    egress = Links.of(7, [(5, 0, 60), (3, 0, 600)])
    return Services(egress, np.array([0]), np.array([0]), np.array([closes_s]), 1)


def nearest(services: Services, leaves_s: list[int], on_foot: list = ()) -> list[int]:
    times = travel_times(
        PUBLISHED, Links.of(1, [(0, 0, 0)]), Links.of(1, list(on_foot)), services,
        leaves_s=leaves_s, margin_s=2, longest_s=1000,
    )  # fmt: skip
    return times[0, :, 0].tolist()


def test_the_time_to_a_pharmacy_is_counted_from_door_to_door():
    assert nearest(a_pharmacy(closes_s=10_000), [0, 1, 2]) == [74, 73, -1]


def test_a_pharmacy_that_is_shut_when_it_is_reached_is_not_reached():
    assert nearest(a_pharmacy(closes_s=74), [0, 1]) == [-1, -1]


def test_who_comes_before_it_opens_waits_at_the_door():
    late = Services(a_pharmacy(closes_s=900).egress, *(np.array([n]) for n in (0, 300, 900)), 1)

    assert nearest(late, [0, 1]) == [300, 299]


@given(networks(), st.integers(0, 2**31))
@settings(max_examples=60)
def test_many_departures_at_once_give_what_each_gives_alone(drawn, seed):
    timetable, connections, walks, leaves_s, margin_s = drawn
    random = np.random.default_rng(seed)
    stops = timetable.stops_count
    egress = [(int(stop), 0, int(random.integers(0, 30))) for stop in range(1, stops)]
    services = Services(
        Links.of(stops, egress), *(np.array([n]) for n in (0, leaves_s + 20, leaves_s + 90)), 1
    )
    minutes = [leaves_s + 3 * n for n in range(8)]

    found = travel_times(
        timetable, Links.of(1, [(0, 0, 0)]), Links.of(1, []), services,
        leaves_s=minutes, margin_s=margin_s, longest_s=120,
    )  # fmt: skip

    for number, now in enumerate(minutes):
        _, by_vehicle = label_setting(
            connections, walks, stops=stops, start=0, leaves_s=now, margin_s=margin_s
        )
        there = [max(by_vehicle[stop] + seconds, leaves_s + 20) for stop, _, seconds in egress]
        open_ones = [at - now for at in there if at < leaves_s + 90]
        assert found[0, number, 0] == min(open_ones, default=-1)


def test_walking_counts_where_it_is_faster_or_all_there_is():
    shop = a_pharmacy(closes_s=10_000)

    assert nearest(shop, [0, 2], on_foot=[(0, 0, 40)]) == [40, 40]
    assert nearest(shop, [0, 2], on_foot=[(0, 0, 500)]) == [74, 500]


def test_a_vehicle_that_arrives_before_it_departs_is_refused():
    with pytest.raises(ValueError, match="does not arrive before it departs"):
        Timetable.of([(0, 1, 10, 9, 0)], [], stops_count=2)
