from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.daily_punctuality_by_line import declaration
from assets.passing import stops_passed
from tests.assets.indicators.simulated_buses import (
    RULE,
)
from tests.assets.silver.state_frames import Row, inputs_of

DAY = date(2025, 3, 24)
# Eight o'clock in Brescia.
EIGHT = datetime(2025, 3, 24, 7, tzinfo=UTC)
BEGUN = datetime(2025, 3, 1, tzinfo=UTC)
# Three stops to the north, a thousandth of a degree (111 m) from each to the next.
STOPS = [{"stop_id": f"S{n}", "lat_deg": 45.54 + n / 1000, "lng_deg": 10.22} for n in range(3)]


def at(seconds: int) -> datetime:
    return EIGHT + timedelta(seconds=seconds)


def run(trip: str = "a", **more: object) -> Row:
    row = {"service_on": DAY, "trip_id": trip, "run_index": 0, "route_id": "L1"}
    row |= {"leaves_at": at(0), "arrives_at": at(40), "timetable_from_at": BEGUN}
    return row | more


def times(trip: str = "a", leaves_s: int = 8 * 3600, **more: object) -> list[Row]:
    """At a stop every twenty seconds."""
    return [
        {
            "trip_id": trip,
            "stop_sequence_index": n,
            "stop_id": f"S{n}",
            "arrives_s": leaves_s + 20 * n,
            "departs_s": leaves_s + 20 * n,
            "valid_from": BEGUN,
            **more,
        }
        for n in range(3)
    ]


def position(seconds: int, north: float, **more: object) -> Row:
    """Where the vehicle is so many seconds after eight, in thousandths of a degree."""
    row = {"vehicle_id": "B1", "trip_id": "a", "observed_at": at(seconds), "window_on": DAY}
    row |= {"lat_deg": 45.54 + north / 1000, "lng_deg": 10.22, "delay_s": 60}
    return row | more


def passed(*positions: Row, runs: list[Row] | None = None, **rows: list[Row]) -> pl.DataFrame:
    told = {"stop_times": times(), "stops": STOPS, "rules": [RULE]} | rows
    frames = inputs_of(declaration, positions=list(positions), runs=runs or [run()], **told)
    frames.pop("limits")
    return stops_passed(**frames)


def test_a_stop_is_passed_where_the_way_between_two_positions_is_nearest():
    found = passed(position(50, -0.5), position(70, 0.5), position(90, 1.5))

    told = found.select("stop_id", "scheduled_at", "passed_at", "delay_s").rows()
    assert told == [("S0", at(0), at(60), 60), ("S1", at(20), at(80), 60)]
    assert found["distance_m"].to_list() == [0.0, 0.0]


@pytest.mark.parametrize(("east", "expected"), [(0.0006, ["S0", "S1"]), (0.0007, [])])
def test_a_vehicle_in_the_next_street_has_not_passed_the_stop(east: float, expected: list[str]):
    # At this latitude 0.0006 degrees to the east are 47 metres, 0.0007 are 55.
    aside = [position(s, n) | {"lng_deg": 10.22 + east} for s, n in ((50, 0.0), (70, 1.0))]

    assert passed(*aside)["stop_id"].to_list() == expected


def test_where_it_was_silent_for_longer_than_a_minute_nobody_knows_when_it_passed():
    assert passed(position(50, -0.5), position(111, 0.5)).height == 0
    assert passed(position(50, -0.5), position(110, 0.5)).height == 1


def test_a_position_delivered_again_is_what_it_was_said_to_be_last():
    late = position(70, 0.0, window_on=date(2025, 3, 25))

    found = passed(late, position(50, -0.5), position(70, 0.5))

    assert found["passed_at"].to_list() == [at(70)]


def test_of_two_passes_of_one_place_the_one_that_fits_the_delay_counts():
    loop = [position(60, -0.1), position(80, 0.1), position(100, 0.1), position(120, -0.1)]

    assert passed(*loop)["delay_s"].to_list() == [70]
    assert passed(*(one | {"delay_s": 110} for one in loop))["delay_s"].to_list() == [110]


def test_two_vehicles_on_one_run_are_two_ways():
    found = passed(position(50, -3.0), position(60, 3.0, vehicle_id="B2"))

    assert found.height == 0


def test_a_day_is_judged_by_the_timetable_that_held_on_it():
    changed = datetime(2025, 3, 26, tzinfo=UTC)
    both = times(valid_to=changed) + times(leaves_s=8 * 3600 + 600, valid_from=changed)

    found = passed(position(50, -0.5), position(70, 0.5), stop_times=both)

    assert found["delay_s"].to_list() == [60]


def test_a_run_after_midnight_is_of_the_day_before():
    night = datetime(2025, 3, 24, 23, 30, tzinfo=UTC)
    one = run(leaves_at=night, arrives_at=night + timedelta(seconds=40))
    seen = [
        position(0, north, observed_at=night + timedelta(seconds=second))
        for second, north in ((0, -0.5), (20, 0.5))
    ]

    found = passed(*seen, runs=[one], stop_times=times(leaves_s=24 * 3600 + 1800))

    assert found.select("service_on", "delay_s").rows() == [(DAY, 10)]


def test_trips_by_frequency_and_positions_of_no_trip_are_left_out():
    twice = [run(), run(run_index=1)]
    seen = [position(50, -0.5), position(70, 0.5)]

    assert passed(*seen, runs=twice).height == 0
    assert passed(*(one | {"trip_id": "b"} for one in seen)).height == 0
    assert passed().schema == passed(*seen).schema


@settings(max_examples=20)
@given(st.integers(-1700, 7000), st.randoms(use_true_random=False))
def test_later_positions_make_stops_later_by_as_much_in_any_order(shift: int, random):
    way = [(50, -0.5), (70, 0.5), (90, 1.5), (110, 2.5)]
    before = passed(*(position(second, north) for second, north in way))
    moved = [position(second + shift, north, delay_s=60 + shift) for second, north in way]
    random.shuffle(moved)

    after = passed(*moved)

    assert after["delay_s"].to_list() == [one + shift for one in before["delay_s"]]
    assert after["distance_m"].equals(before["distance_m"])
