from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.timetable import in_force, instant, service_days, stop_times_of_runs

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MARCH_1 = date(2025, 3, 1)
CALENDAR = pl.Schema(
    {
        "service_id": pl.String,
        **dict.fromkeys((f"is_{day}" for day in WEEK), pl.Boolean),
        "starts_on": pl.Date,
        "ends_on": pl.Date,
    }
)
EXCEPTIONS = pl.Schema(
    {"service_id": pl.String, "service_on": pl.Date, "exception_code": pl.String}
)
TIMES = pl.Schema(
    {
        "trip_id": pl.String,
        "stop_sequence_index": pl.Int64,
        "stop_id": pl.String,
        "arrives_s": pl.Int64,
        "departs_s": pl.Int64,
    }
)
FREQUENCIES = pl.Schema(
    {"trip_id": pl.String, "starts_s": pl.Int64, "ends_s": pl.Int64, "headway_s": pl.Int64}
)


def calendar(*services: tuple[str, str, date, date]) -> pl.DataFrame:
    rows = [
        (name, *(runs == "x" for runs in week), first, last) for name, week, first, last in services
    ]
    return pl.DataFrame(rows, schema=CALENDAR, orient="row")


def exceptions(*rows: tuple[str, date, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=EXCEPTIONS, orient="row")


def times(*rows: tuple[str, int, str, int | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=TIMES, orient="row")


def frequencies(*rows: tuple[str, int, int, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=FREQUENCIES, orient="row")


def march(day: int) -> date:
    return date(2025, 3, day)


def days_of(found: pl.DataFrame, service: str) -> list[int]:
    return [day.day for day in found.filter(pl.col("service_id") == service)["service_on"]]


def test_a_service_runs_on_its_weekdays_between_its_first_and_last_day():
    week = calendar(("week", "xxxxx..", march(4), march(11)))

    found = service_days(week, exceptions(), first=march(1), last=march(31))

    assert days_of(found, "week") == [4, 5, 6, 7, 10, 11]


def test_a_feast_takes_the_working_day_away_and_adds_the_sunday():
    both = calendar(
        ("week", "xxxxx..", march(3), march(9)), ("feast", "......x", march(3), march(9))
    )
    feast = exceptions(("week", march(5), "2"), ("feast", march(5), "1"))

    found = service_days(both, feast, first=march(1), last=march(31))

    assert days_of(found, "week") == [3, 4, 6, 7]
    assert days_of(found, "feast") == [5, 9]


def test_a_service_without_a_week_runs_on_the_days_that_are_listed():
    listed = exceptions(
        ("fair", march(15), "1"), ("fair", march(16), "1"), ("fair", march(20), "2")
    )

    found = service_days(calendar(), listed, first=march(1), last=march(15))

    assert days_of(found, "fair") == [15]


def test_a_timetable_without_days_runs_on_none():
    assert service_days(calendar(), exceptions(), first=march(1), last=march(31)).rows() == []


services = st.sampled_from(["a", "b"])
days = st.integers(min_value=-3, max_value=35).map(lambda step: MARCH_1 + timedelta(days=step))


@given(
    weeks=st.lists(st.tuples(services, st.text("x.", min_size=7, max_size=7), days, days)),
    listed=st.lists(st.tuples(services, days, st.sampled_from(["1", "2"]))),
)
def test_days_are_those_that_counting_on_fingers_gives(
    weeks: list[tuple[str, str, date, date]], listed: list[tuple[str, date, str]]
):
    expected = {
        (service, MARCH_1 + timedelta(days=step))
        for step in range(31)
        for service, week, first, last in weeks
        if first <= MARCH_1 + timedelta(days=step) <= last
        and week[(MARCH_1 + timedelta(days=step)).weekday()] == "x"
    }
    inside = [row for row in listed if march(1) <= row[1] <= march(31)]
    expected |= {(service, day) for service, day, code in inside if code == "1"}
    expected -= {(service, day) for service, day, code in inside if code == "2"}

    found = service_days(calendar(*weeks), exceptions(*listed), first=march(1), last=march(31))

    assert sorted(found.rows()) == sorted(expected)
    assert found.height == len(expected)


def test_a_trip_with_a_timetable_runs_once():
    stops = times(("t", 1, "A", 100, 110), ("t", 2, "B", 200, 200))

    found = stop_times_of_runs(stops, frequencies())

    assert found.rows() == [("t", 0, 1, "A", 100, 110, True), ("t", 0, 2, "B", 200, 200, True)]


def test_a_pattern_runs_every_headway_before_its_end():
    stops = times(("t", 1, "A", 0, 0), ("t", 2, "B", 300, 300))

    found = stop_times_of_runs(stops, frequencies(("t", 3600, 4800, 600), ("t", 7200, 7201, 600)))

    leaving = found.filter(pl.col("stop_id") == "A").select("run_index", "departs_s")
    assert leaving.rows() == [(0, 3600), (1, 4200), (2, 7200)]
    assert found.filter(pl.col("stop_id") == "B")["arrives_s"].to_list() == [3900, 4500, 7500]


def test_a_pattern_that_begins_at_any_hour_runs_from_when_it_is_said_to():
    stops = times(("t", 1, "A", 21_600, 21_660), ("t", 2, "B", 21_900, 21_900))

    found = stop_times_of_runs(stops, frequencies(("t", 90_000, 90_001, 60)))

    assert found["departs_s"].to_list() == [90_000, 90_240]


def test_times_left_out_are_spread_evenly_and_say_so():
    stops = times(
        ("t", 1, "A", 0, 60),
        ("t", 5, "B", None, None),
        ("t", 6, "C", None, None),
        ("t", 9, "D", 360, None),
        ("t", 10, "E", None, 400),
    )

    found = stop_times_of_runs(stops, frequencies())

    assert found.select("stop_id", "arrives_s", "departs_s", "is_timed").rows() == [
        ("A", 0, 60, True),
        ("B", 160, 160, False),
        ("C", 260, 260, False),
        ("D", 360, 360, True),
        ("E", 400, 400, True),
    ]


@pytest.mark.parametrize("untimed", [1, 3])
def test_a_trip_whose_end_has_no_time_is_left_out(untimed: int):
    good = [("good", n, "A", n, n) for n in (1, 2)]
    bad = [("bad", n, "A", *((None, None) if n == untimed else (n, n))) for n in (1, 2, 3)]

    found = stop_times_of_runs(times(*good, *bad), frequencies())

    assert set(found["trip_id"]) == {"good"}


@pytest.mark.parametrize(
    ("day", "seconds", "expected"),
    [
        (date(2025, 1, 7), 8 * 3600, datetime(2025, 1, 7, 7, 0, tzinfo=UTC)),
        (date(2025, 7, 7), 8 * 3600, datetime(2025, 7, 7, 6, 0, tzinfo=UTC)),
        # Clocks go forward on this day, and back on the other: eight o'clock is eight o'clock.
        (date(2025, 3, 30), 8 * 3600, datetime(2025, 3, 30, 6, 0, tzinfo=UTC)),
        (date(2025, 10, 26), 8 * 3600, datetime(2025, 10, 26, 7, 0, tzinfo=UTC)),
        # Ten past one in the night that belongs to the day before.
        (date(2025, 1, 7), 90_600, datetime(2025, 1, 8, 0, 10, tzinfo=UTC)),
        (date(2025, 3, 29), 90_600, datetime(2025, 3, 30, 0, 10, tzinfo=UTC)),
    ],
)
def test_a_second_of_a_service_day_is_an_instant(day: date, seconds: int, expected: datetime):
    frame = pl.DataFrame({"on": [day], "s": [seconds]})

    assert frame.select(instant("on", "s", zone="Europe/Rome")).item() == expected


def history(*rows: tuple[str, int, int | None]) -> pl.DataFrame:
    schema = {
        "trip_id": pl.String(),
        "valid_from": pl.Datetime("us", "UTC"),
        "valid_to": pl.Datetime("us", "UTC"),
    }
    days = [
        (name, *(day and datetime(2025, 3, day, tzinfo=UTC) for day in ends))
        for name, *ends in rows
    ]
    return pl.DataFrame(days, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("day", "expected"), [(1, ["old", "stays"]), (9, ["old", "stays"]), (10, ["new", "stays"])]
)
def test_of_a_history_the_version_in_force_is_taken(day: int, expected: list[str]):
    tables = {"trips": history(("old", 3, 10), ("stays", 3, None), ("new", 10, None))}

    held = in_force(tables, datetime(2025, 3, day, tzinfo=UTC))

    assert sorted(held["trips"]["trip_id"]) == expected
    assert held["trips"].columns == ["trip_id"]
