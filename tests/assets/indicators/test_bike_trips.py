"""Trips on public bicycles by hour, with few riders told together or not at all."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.bike_trips import bike_trips, declaration
from assets.measured import check_trust
from infra.simulator.city import City
from infra.simulator.datasets.bike_trips import RAIN_RATIO, batches
from infra.simulator.days import ROME, hours_of_local_day
from infra.simulator.spoil import clean_rows
from tests.assets.silver.state_frames import Row, inputs_of, place, square

EIGHT = datetime(2025, 3, 24, 7, tzinfo=UTC)
LIMIT = {"valid_from_on": date(2025, 1, 1), "subject_code": "bike_trips_by_hour", "least_count": 10}
RULE = {"valid_from_on": date(2025, 1, 1), "subject_code": "bike_trips_by_day"}
RULE |= {"least_ratio": 0.0, "complete_ratio": 0.9}
# Two stations in the first quarter, one in the second, which lies in the same zone.
STATIONS = [
    {"station_id": "A", **place(0.2, 0.5)},
    {"station_id": "B", **place(0.8, 0.5)},
    {"station_id": "C", **place(1.5, 0.5)},
]
QUARTERS = [
    {"quarter_id": f"Q{n}", "zone_name": "Nord", "border_geom": square(float(n), 0.0)}
    for n in range(2)
]


def trip(number: int, start: str | None = "A", end: str | None = "C", **more: object) -> Row:
    row = {"trip_pid": f"t{number}", "user_pid": f"u{number}", "window_on": date(2025, 3, 24)}
    row |= {"from_station_id": start, "to_station_id": end, "started_at": EIGHT}
    return row | {"ended_at": EIGHT + timedelta(hours=1)} | more


def told(trips: list[Row], limit: Row = LIMIT, rule: Row = RULE) -> pl.DataFrame:
    frames = inputs_of(
        declaration, trips=trips, stations=STATIONS, quarters=QUARTERS, limits=[limit], rules=[rule]
    )
    found = bike_trips(**frames)
    assert declaration.measured is not None
    check_trust("bike_trips", found, declaration.measured)
    return found


def rows(found: pl.DataFrame, direction: str = "departures") -> list[tuple]:
    return found.filter(direction_code=direction).select("area_id", "trips_count").rows()


def test_a_station_of_ten_riders_is_told_and_one_of_nine_with_those_around_it():
    found = told([trip(n) for n in range(10)] + [trip(n, "B") for n in range(10, 19)])

    # What is left of the quarter would be of nine: the whole of it is told.
    assert rows(found) == [("Q0", 19)]
    assert rows(found, "arrivals") == [("C", 19)]
    assert set(found["hour_at"]) == {EIGHT, EIGHT + timedelta(hours=1)}


def test_two_stations_of_ten_riders_stand_alone():
    found = told([trip(n, "AB"[n % 2]) for n in range(20)])

    assert rows(found) == [("A", 10), ("B", 10)]
    assert set(found["area_code"]) == {"station"}


def test_an_hour_of_nine_riders_has_no_row_however_often_they_ride():
    often = [trip(n, user_pid=f"u{n % 9}") for n in range(30)]

    assert told(often).height == 0
    assert told([*often, trip(30)]).height == 2
    assert told([]).height == 0


def test_riders_without_a_code_are_one():
    assert told([trip(n, user_pid=None) for n in range(30)]).height == 0


def test_a_trip_said_again_counts_once_and_one_from_nowhere_lowers_completeness():
    again = trip(0, "B", window_on=date(2025, 3, 25))
    lost = [trip(n, None) for n in range(11, 14)]

    found = told([again, *(trip(n) for n in range(11)), *lost])

    departures = found.filter(direction_code="departures")
    assert departures.select("area_id", "trips_count").rows() == [("Q0", 11)]
    assert departures["completeness_ratio"].to_list() == [11 / 14]
    assert departures["quality_code"].to_list() == ["partial"]


def test_a_station_that_is_not_in_the_list_is_of_the_city():
    found = told([trip(n) for n in range(10)] + [trip(n, "new") for n in range(10, 20)])

    assert rows(found) == [("Brescia", 10), ("A", 10)]


# Rentals of the first of January 2011 by hour, from midnight on; 985 in the table of days.
CAPITAL = (
    16, 40, 32, 13, 1, 1, 2, 3, 8, 14, 36, 56, 84, 94, 106, 110, 93, 67, 35, 37, 36, 34, 28, 39,
)  # fmt: skip


@pytest.mark.shows(
    "published",
    "gold/mobility/hourly_bike_trips",
    source="Capital Bikeshare, hours of 1 January 2011 (Fanaee-T & Gama 2013, UCI Bike Sharing)",
)
def test_the_hours_of_washington_are_those_published_but_for_nights_of_fewer_than_ten():
    midnight = datetime(2011, 1, 1, tzinfo=ROME)
    hours = [hour for hour, count in enumerate(CAPITAL) for _ in range(count)]
    # A minute and more after the hour, and a ride of less than an hour.
    starts = [midnight + timedelta(hours=h, seconds=60 + n) for n, h in enumerate(hours)]
    spans = (
        LIMIT | {"valid_from_on": date(2011, 1, 1)},
        RULE | {"valid_from_on": date(2011, 1, 1)},
    )

    found = told(
        [
            trip(n, started_at=at.astimezone(UTC), window_on=at.date())
            for n, at in enumerate(starts)
        ],
        *spans,
    ).filter(direction_code="departures")

    by_hour = {
        at.astimezone(ROME).hour: count
        for at, count in found.select("hour_at", "trips_count").iter_rows()
    }
    assert by_hour == {hour: count for hour, count in enumerate(CAPITAL) if count >= 10}
    assert len(starts) == 985
    assert found["trips_count"].sum() == 985 - (1 + 1 + 2 + 3 + 8)


@pytest.mark.shows("property", "gold/mobility/hourly_bike_trips")
@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC"), st.integers(0, 25)), max_size=60
    ),
    st.randoms(use_true_random=False),
)
def test_hours_that_are_told_add_up_to_all_trips_and_no_row_is_of_nine(drawn, random):
    trips = [trip(n, a, b, user_pid=f"u{who}") for n, (a, b, who) in enumerate(drawn)]
    shuffled = list(trips)
    random.shuffle(shuffled)

    found = told(trips)

    assert found.equals(told(shuffled))
    for name in ("departures", "arrivals"):
        assert sum(count for _, count in rows(found, name)) in {0, len(trips)}
    assert (found["trips_count"] >= 10).all()


@pytest.fixture(scope="module")
def city() -> City:
    return City(profile="small", seed=3, start=date(2025, 5, 1), days=21)


@pytest.mark.shows("planted", "gold/mobility/hourly_bike_trips")
def test_the_riders_whom_rain_keeps_at_home_in_the_simulated_city_are_missed(city):
    of_days = [clean_rows(batch.rows, batch.spoiled) for batch in batches(city)]
    clock = {
        new: pl.col(old).str.to_datetime(ambiguous="earliest", time_zone=ROME.key)
        for new, old in (("started_at", "inizio"), ("ended_at", "fine"))
    }
    trips = pl.concat(of_days).select(
        trip_pid="viaggio",
        user_pid="utente",
        from_station_id=pl.col("da").cast(pl.String),
        to_station_id=pl.col("a").cast(pl.String),
        window_on=pl.lit(city.start),
        **{n: at.dt.convert_time_zone("UTC").dt.cast_time_unit("us") for n, at in clock.items()},
    )

    # As it is, and as everybody would be told: rain makes hours of fewer than ten.
    found = told(trips.to_dicts(), LIMIT | {"least_count": 1})

    hours = [hour for day in city.dates for hour in hours_of_local_day(day)]
    rain = [float(city.sky.rain_mm[city.sky.steps(hour, 6)].sum()) for hour in hours]
    temp = city.sky.at(city.sky.temp_c, hours)
    weather = pl.DataFrame({"hour_at": hours, "rain_mm": rain, "temp_c": temp}).with_columns(
        pl.col("hour_at").dt.cast_time_unit("us"),
        local_h=pl.col("hour_at").dt.convert_time_zone(ROME.key).dt.hour(),
        is_free=pl.col("hour_at").dt.weekday() >= 6,
    )
    counted = (
        weather.join(
            found.filter(direction_code="departures")
            .group_by("hour_at")
            .agg(pl.col("trips_count").sum()),
            on="hour_at",
            how="left",
        )
        .with_columns(pl.col("trips_count").fill_null(0))
        .with_columns(
            ridden=pl.col("trips_count")
            / (0.5 + pl.col("temp_c") / 25).clip(0.2, 1.3)
            / pl.when("is_free").then(0.6).otherwise(1.0)
        )
    )
    dry = counted.filter(pl.col("rain_mm") <= 0.2)
    usual = dry.group_by("local_h").agg(usual=pl.col("ridden").mean())
    wet = counted.filter(pl.col("rain_mm") > 0.2).join(usual, on="local_h")

    assert wet.height > 20
    assert wet["ridden"].sum() / wet["usual"].sum() == pytest.approx(RAIN_RATIO, abs=0.1)
