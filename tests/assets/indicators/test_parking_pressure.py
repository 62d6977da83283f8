from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.parking_pressure import declaration, parking_pressure
from assets.measured import check_trust
from assets.open_data.parking_entries import parking_entries
from infra.simulator.city import FULL_CAR_PARK_DAY, City
from infra.simulator.datasets.parking_sessions import sessions_by_day
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE

INSTANT = pl.Datetime("us", "UTC")
PARKS = pl.DataFrame({"car_park_id": ["P"], "capacity_count": [20]})
# A car, when it came, and how many quarter hours it stayed; None: it is still there.
Stay = tuple[int, datetime, int | None]
QUARTER = timedelta(minutes=15)
CLOCK = pl.col("hour_at").dt.convert_time_zone("Europe/Rome")
PART = {"day": CLOCK.dt.date(), "part": CLOCK.dt.hour() // 6}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 3, 24, hour, minute, tzinfo=UTC)


def sessions(*stays: Stay) -> pl.DataFrame:
    rows = [
        ("P", f"v{car}", came, None if quarters is None else came + QUARTER * quarters)
        for car, came, quarters in stays
    ]
    names = {"car_park_id": pl.String, "vehicle_pid": pl.String}
    instants = {"entered_at": INSTANT, "exited_at": INSTANT}
    return pl.DataFrame(rows, schema=names | instants, orient="row")


def cars(count: int, came: datetime, quarters: int | None, *, first: int = 0) -> list[Stay]:
    return [(first + n, came, quarters) for n in range(count)]


def pressure(*stays: Stay) -> pl.DataFrame:
    found = parking_pressure(sessions(*stays), PARKS, COMPLETENESS, DISCLOSURE)
    assert declaration.measured is not None
    check_trust("pressure", found, declaration.measured)
    return found


def by_hour(result: pl.DataFrame, column: str) -> dict[int, float]:
    return {row["hour_at"].hour: row[column] for row in result.iter_rows(named=True)}


def test_a_car_park_with_a_car_in_every_place_is_full():
    found = pressure(*cars(10, at(9), 8), *cars(10, at(9), 4, first=10))

    assert by_hour(found, "occupied_ratio")[9] == 1.0
    assert by_hour(found, "occupied_ratio")[10] == 0.5


def test_no_hour_with_a_car_is_told_without_a_limit():
    stays = sessions(*cars(12, at(9), 8))

    found = parking_pressure(stays, PARKS, COMPLETENESS, DISCLOSURE.clear())

    assert by_hour(found, "occupied_ratio")[9] is None
    assert by_hour(found, "entries_count")[9] is None
    assert found["completeness_ratio"].unique().to_list() == [0.0]


# Which car stood in each of twelve bays in each quarter of an hour: 0 is none.
SURVEY = (
    (1456, 9813, 0, 5678), (1945, 1945, 1945, 1945), (3473, 5463, 5463, 5463),
    (3741, 3741, 9758, 4825), (1884, 1884, 0, 7594), (0, 7357, 0, 7893), (0, 4895, 4895, 4895),
    (8932, 8932, 8932, 0), (7653, 7653, 8998, 4821), (7321, 0, 2789, 2789),
    (1213, 1213, 3212, 4778), (5678, 6678, 7778, 8888),
)  # fmt: skip


@pytest.mark.shows(
    "published",
    "gold/mobility/hourly_parking_pressure",
    source="Mathew, Parking studies (IIT Bombay)",
)
def test_the_published_survey_of_twelve_bays_has_its_turnover_and_its_occupancy():
    # Mathew, Parking studies (IIT Bombay, Traffic Engineering Laboratory): average turnover 2.25,
    # accumulation 10, 11, 9 and 11 of 12 bays.
    stays = [
        (car, at(9, 15 * bay.index(car)), bay.count(car))
        for bay in SURVEY
        for car in dict.fromkeys(bay)
        if car
    ]

    found = parking_pressure(
        sessions(*stays), PARKS.with_columns(capacity_count=12), COMPLETENESS, DISCLOSURE
    )

    assert by_hour(found, "entries_ratio")[9] == 2.25
    assert by_hour(found, "occupied_ratio")[9] == pytest.approx((10 + 11 + 9 + 11) / 4 / 12)


def test_every_hour_of_a_day_with_cars_is_there_with_zero_when_nobody_came():
    found = pressure(*cars(10, at(9), 2))

    assert found.height == 24
    assert by_hour(found, "entries_count")[3] == 0
    assert by_hour(found, "occupied_ratio")[9] == 0.25


def test_a_session_without_an_end_counts_as_an_entry_only():
    found = pressure(*cars(10, at(9), None), *cars(11, at(8), None))

    assert by_hour(found, "entries_count")[8] == 11
    assert sum(by_hour(found, "occupied_ratio").values()) == 0.0
    assert found["completeness_ratio"].unique().to_list() == [0.0]


def test_nine_cars_are_not_shown_in_any_number():
    alone, none = pressure(*cars(9, at(9), 12)), pressure(*cars(3, at(9), 12))

    # Three and nine cars give the same table.
    assert alone.equals(none)
    assert by_hour(alone, "entries_count")[9] is None
    assert [by_hour(alone, "occupied_ratio")[hour] for hour in (8, 9, 11)] == [0.0, None, None]


def test_one_car_that_comes_ten_times_is_one():
    found = pressure(*(one for n in range(10) for one in cars(1, at(9), n + 1)))

    assert by_hour(found, "occupied_ratio")[9] is None


def test_the_quietest_hours_of_a_quarter_of_the_day_are_withheld_until_they_hold_ten_cars():
    # 7, 8 and 9 o'clock by UTC are of the same quarter, 12 o'clock is of the next.
    found = by_hour(
        pressure(
            *cars(4, at(7), 1), *cars(12, at(8), 1), *cars(15, at(9), 1), *cars(11, at(12), 1),
            *cars(20, at(13), 1),
        ),
        "entries_count",
    )  # fmt: skip

    # Four are too few, and the twelve would leave the four. Of the next quarter all are enough.
    assert [found[hour] for hour in (6, 7, 8, 9)] == [0, None, None, 15]
    assert [found[hour] for hour in (12, 13)] == [11, 20]


def test_cars_whose_plate_was_not_read_count_as_one():
    unread = sessions(*cars(12, at(9), 4)).with_columns(vehicle_pid=pl.lit(None, pl.String))

    found = parking_pressure(unread, PARKS, COMPLETENESS, DISCLOSURE)

    assert by_hour(found, "occupied_ratio")[9] is None


def test_nobody_at_all_gives_an_empty_table():
    assert pressure().is_empty()


stays = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 60), st.integers(1, 16)), max_size=90
).map(lambda rows: [(car, at(0) + QUARTER * 2 * half, long) for car, half, long in rows])


@pytest.mark.shows("property", "gold/mobility/hourly_parking_pressure")
@settings(max_examples=40)
@given(stays, st.randoms())
def test_no_number_is_of_fewer_than_ten_cars_nor_what_is_left_of_a_quarter_of_the_day(
    stays, random
):
    found = pressure(*stays)

    known = sessions(*stays).with_columns(hour_at=pl.col("entered_at").dt.truncate("1h"))
    true = known.group_by("hour_at").agg(
        cars=pl.col("vehicle_pid").n_unique(), plates="vehicle_pid", true=pl.len()
    )
    hours = found.join(true, on="hour_at", how="left")
    shown = hours.filter(pl.col("entries_count") > 0)
    assert shown["cars"].min() is None or shown["cars"].min() >= 10
    assert shown["entries_count"].equals(shown["true"].cast(pl.Int64))
    for _, part in hours.group_by(**PART):
        rest = part.filter("is_withheld")["plates"].explode(empty_as_null=True)
        if (part["entries_count"] > 0).any() and part["is_withheld"].any():
            assert rest.n_unique() >= 10
    random.shuffle(stays)
    assert pressure(*stays).equals(found)


@pytest.mark.shows("planted", "gold/mobility/hourly_parking_pressure")
def test_the_car_park_that_was_full_in_the_simulated_city_is_full():
    city = City(profile="small", seed=7, start=date(2025, 3, 24), days=FULL_CAR_PARK_DAY + 1)
    known = pl.DataFrame(
        [
            (one.car_park, f"v{n}", one.entered_at, one.left_at)
            for _, day in sessions_by_day(city)
            for n, one in enumerate(day)
        ],
        schema=sessions().schema,
        orient="row",
    )
    parks = pl.DataFrame(
        [(park.code, park.capacity) for park in city.car_parks], schema=PARKS.schema, orient="row"
    )

    found = parking_pressure(known, parks, COMPLETENESS, DISCLOSURE)

    # Planted: from 15 to 18 by the clock nobody finds a place in Piazza Vittoria.
    is_then = (CLOCK.dt.date() == city.planted_day(FULL_CAR_PARK_DAY)) & CLOCK.dt.hour().is_between(
        15, 17
    )
    full = found.filter(is_then, car_park_id="P-VITTORIA")["occupied_ratio"]
    assert full.len() == 3
    assert full.min() > 0.95
    assert found.filter(~is_then)["occupied_ratio"].quantile(0.99) < 0.9


def test_everyone_is_told_what_entered_by_quarters_of_the_day_of_the_citys_clock():
    # 23 UTC is midnight in Brescia, in winter.
    day = datetime(2025, 1, 14, tzinfo=UTC)
    came = [day.replace(hour=1), day.replace(hour=4), day.replace(hour=5), day.replace(hour=23)]
    before = day - timedelta(hours=1)

    found = parking_entries(
        sessions(*((n, each, 1) for n, each in enumerate([before, *came]))), PARKS
    )

    # The day of the last one has hardly begun.
    counts = found.select("entered_on", "part_code", "entries_count").rows()
    assert counts == [
        (date(2025, 1, 14), "00-06", 3), (date(2025, 1, 14), "06-12", 1),
        (date(2025, 1, 14), "12-18", 0), (date(2025, 1, 14), "18-24", 0),
    ]  # fmt: skip


def test_nobody_at_all_gives_everyone_an_empty_table():
    assert parking_entries(sessions(), PARKS).is_empty()
