"""Published are intervals of shares; which run is on time has no worked example of its own."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators import daily_punctuality_by_line as punctuality
from assets.measured import check_trust
from assets.passing import stops_passed
from infra.simulator.city import City
from infra.simulator.datasets import bus_positions
from infra.simulator.transit import (
    BUS_HEADWAYS,
    MORE_OFTEN_DAY,
    MORE_OFTEN_HEADWAYS,
    STOPS_A_LINE,
    departures,
)
from tests.assets.indicators.simulated_buses import (
    LIMIT,
    RULE,
    buses_of,
    planted_delays,
)
from tests.assets.silver.state_frames import Row, inputs_of

DAY = date(2025, 3, 24)


STOP_AT = {"lat_deg": 45.54, "lng_deg": 10.22}
# Eight o'clock in Brescia.
EIGHT = datetime(2025, 3, 24, 7, tzinfo=UTC)
BEGUN = datetime(2025, 3, 1, tzinfo=UTC)
Trip = tuple[str, str]


def of_days(
    delays: Mapping[Trip, int],
    *,
    vehicles: Mapping[Trip, str] | None = None,
    unseen: int = 0,
    days: int = 1,
    rules: tuple[Row, ...] = (RULE,),
    limits: tuple[Row, ...] = (LIMIT,),
    stops: int = 1,
) -> pl.DataFrame:
    """Punctuality of runs (line, trip) that pass their stops, all in one place, so much late."""
    trips = [*delays, *(("L1", f"unseen{n}") for n in range(unseen))]
    frames = inputs_of(
        punctuality.declaration,
        positions=[
            {
                "vehicle_id": (vehicles or {}).get((line, trip), trip),
                "trip_id": trip,
                "observed_at": EIGHT + timedelta(days=day, seconds=delay + second),
                "window_on": DAY + timedelta(days=day),
                "delay_s": delay,
                **STOP_AT,
                "lng_deg": 10.22 + east,
            }
            for (line, trip), delay in delays.items()
            for day in range(days)
            for second, east in ((-10, -0.001), (10, 0.001))
        ],
        runs=[
            {
                "service_on": DAY + timedelta(days=day),
                "trip_id": trip,
                "run_index": 0,
                "route_id": line,
                "stops_count": stops,
                "leaves_at": EIGHT + timedelta(days=day),
                "arrives_at": EIGHT + timedelta(days=day),
                "timetable_from_at": BEGUN,
            }
            for line, trip in trips
            for day in range(days)
        ],
        stop_times=[
            {
                "trip_id": trip,
                "stop_sequence_index": n,
                "stop_id": "S",
                "departs_s": 8 * 3600,
                "valid_from": BEGUN,
            }
            for _, trip in trips
            for n in range(stops)
        ],
        stops=[{"stop_id": "S", **STOP_AT}],
        rules=list(rules),
        limits=list(limits),
    )
    found = punctuality.daily_punctuality_by_line(**frames)
    assert punctuality.declaration.measured is not None
    check_trust("punctuality", found, punctuality.declaration.measured)
    return found


def line(name: str, *delays: int) -> dict[Trip, int]:
    return {(name, f"{name}-{n}"): delay for n, delay in enumerate(delays)}


def test_a_minute_early_and_five_late_are_on_time_and_a_second_more_is_not():
    (row,) = of_days(line("L1", -61, -60, -1, 0, 60, 120, 180, 299, 300, 301)).iter_rows(named=True)

    assert row["on_time_ratio"] == 0.8
    assert row["median_s"] == 90.0
    # Wilson (1927) for 8 of 10, as statistical packages give it.
    assert (row["on_time_low_ratio"], row["on_time_high_ratio"]) == (0.4902, 0.9433)
    assert (row["completeness_ratio"], row["observations_count"]) == (1.0, 10)
    assert (row["quality_code"], row["told_code"]) == ("ok", "line")


# Newcombe (1998), Statistics in Medicine 17, table I, method 3, as others quote it.
@pytest.mark.shows(
    "published",
    "gold/mobility/daily_punctuality_by_line",
    source="Newcombe (1998), intervals of a proportion, table I, method 3",
)
@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_of_so_many_runs_on_time_the_interval_is_that_of_newcombe(hits, cases, low, high):
    (row,) = of_days(line("L1", *[0] * hits, *[400] * (cases - hits))).iter_rows(named=True)

    assert row["on_time_ratio"] == round(hits / cases, 4)
    assert (row["on_time_low_ratio"], row["on_time_high_ratio"]) == (low, high)
    assert row["observations_count"] == cases


def test_a_run_late_at_all_its_stops_is_one_case_and_not_many():
    delays = line("L1", *[400] * 5, *[0] * 5)

    once, often = of_days(delays), of_days(delays, stops=30)

    ends = ("on_time_low_ratio", "on_time_high_ratio")
    assert often.select(ends).equals(once.select(ends))
    assert often["observations_count"].to_list() == [300]


def test_nine_runs_have_no_numbers_and_ten_by_nine_vehicles_have_none():
    ten = line("L1", *[0] * 10)
    shared = {("L1", "L1-9"): "L1-0"}

    assert of_days(line("L1", *[0] * 9)).select(
        "on_time_ratio", "on_time_low_ratio", "median_s", "told_code", "quality_code"
    ).rows() == [(None, None, None, None, "no_data")]
    assert of_days(ten, vehicles=shared)["on_time_ratio"].to_list() == [None]
    assert of_days(ten)["on_time_ratio"].to_list() == [1.0]


def test_two_lines_of_few_have_one_number_and_no_line_follows_from_another():
    few = line("L2", *[0] * 6) | line("L3", *[400] * 6)

    found = of_days(line("L1", *[0] * 10) | few)

    told = ("route_id", "on_time_ratio", "median_s", "told_code", "quality_code")
    assert found.select(told).rows() == [
        ("L1", 1.0, 0.0, "line", "ok"),
        ("L2", 0.5, 200.0, "lines", "modelled"),
        ("L3", 0.5, 200.0, "lines", "modelled"),
    ]


def test_a_line_of_few_beside_one_of_enough_is_told_with_it():
    found = of_days(line("L1", *[0] * 10) | line("L2", *[400] * 2))

    assert found["on_time_ratio"].to_list() == [0.8333, 0.8333]
    assert found["told_code"].to_list() == ["lines", "lines"]


def test_stops_that_nobody_saw_passed_lower_completeness_and_not_punctuality():
    found = of_days(line("L1", *[0] * 10), unseen=10)

    told = found.select("on_time_ratio", "completeness_ratio", "scheduled_count", "quality_code")
    assert told.rows() == [(1.0, 0.5, 20, "partial")]


def test_each_day_is_judged_by_its_rule_and_an_unverified_one_says_so():
    stricter = RULE | {"definition_code": "second", "valid_from_on": DAY + timedelta(days=1)}
    stricter |= {"late_s": 100, "is_verified": False}

    found = of_days(line("L1", *[200] * 10), days=2, rules=(RULE, stricter))

    assert found["on_time_ratio"].to_list() == [1.0, 0.0]
    assert found["quality_code"].to_list() == ["ok", "unverified"]
    assert found["complete_on"].to_list() == [DAY + timedelta(days=n) for n in (1, 2)]


def test_nothing_seen_and_no_limit_are_no_numbers():
    assert of_days({}).height == 0
    assert of_days(line("L1", *[0] * 10), limits=())["quality_code"].to_list() == ["no_data"]


@pytest.mark.shows("property", "gold/mobility/daily_punctuality_by_line")
@settings(max_examples=15)
@given(
    st.lists(st.integers(0, 1200), min_size=10, max_size=30),
    st.integers(0, 600),
    st.randoms(use_true_random=False),
)
def test_who_gets_later_is_no_more_punctual_in_any_order(delays, more_s, random):
    trips = list(line("L1", *delays).items())
    random.shuffle(trips)

    found = of_days(line("L1", *delays))
    later = of_days(line("L1", *(one + more_s for one in delays)))

    assert found.equals(of_days(dict(trips)))
    assert later["on_time_ratio"][0] <= found["on_time_ratio"][0]
    assert later["median_s"][0] == pytest.approx(found["median_s"][0] + more_s)


@pytest.fixture(scope="module")
def city() -> City:
    # It rains on the morning of the last day, and of no other.
    return City(profile="small", seed=7, start=date(2025, 11, 3), days=6)


@pytest.fixture(scope="module")
def buses(city: City) -> dict[str, pl.DataFrame]:
    return buses_of(city)


@pytest.fixture(scope="module")
def found(buses: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return punctuality.daily_punctuality_by_line(**buses)


def test_the_delays_of_the_simulated_city_are_found_by_the_places_of_its_buses_alone(city, buses):
    frames = {name: frame for name, frame in buses.items() if name != "limits"}
    # What the control room says is not looked at.
    mute = frames["positions"].with_columns(delay_s=pl.lit(0, pl.Int64))

    seen = stops_passed(**frames | {"positions": mute})

    both = seen.join(planted_delays(city), on=["service_on", "trip_id"])
    inner = both.filter(pl.col("stop_sequence_index").is_between(2, 16))
    assert inner["trip_id"].n_unique() >= 40
    assert (inner["delay_s"] - inner["planted_s"]).abs().quantile(0.99) <= 10


@pytest.mark.shows("planted", "gold/mobility/daily_punctuality_by_line")
def test_a_minute_more_for_each_millimetre_of_rain_is_found(city, found):
    rained = pl.DataFrame(
        [(day, bus_positions.rain_mm(city, day, 7)) for day in city.dates],
        schema={"service_on": pl.Date, "rain_mm": pl.Float64},
        orient="row",
    )
    days = found.group_by("service_on").agg(pl.col("median_s").mean()).join(rained, on="service_on")
    dry, wet = days.filter(rain_mm=0.0), days.filter(pl.col("rain_mm") > 0)

    slower_s = wet["median_s"].item() - dry["median_s"].mean()

    assert dry.height == 5
    assert slower_s / wet["rain_mm"].item() == pytest.approx(60, abs=15)


def test_from_the_day_on_which_a_line_runs_more_often_there_are_more_stops_to_be_on_time_at(
    city, found
):
    # Lines told together have one number.
    told = found.unique(["service_on", "told_code", "scheduled_count"])
    days = told.filter(pl.col("service_on").dt.weekday() <= 5).group_by("service_on").agg(
        pl.col("scheduled_count").sum()
    )  # fmt: skip

    before, after = (
        days.filter((pl.col("service_on") >= city.planted_day(MORE_OFTEN_DAY)) == is_after)
        for is_after in (False, True)
    )

    more = departures(MORE_OFTEN_HEADWAYS).size - departures(BUS_HEADWAYS).size
    gained = after["scheduled_count"].unique().item() - before["scheduled_count"].unique().item()
    assert gained == 2 * more * STOPS_A_LINE


def test_no_number_of_the_simulated_city_is_of_fewer_than_ten_vehicles(buses, found):
    seen = stops_passed(**{name: frame for name, frame in buses.items() if name != "limits"})
    of_lines = seen.join(found, on=["service_on", "route_id"])

    behind = of_lines.group_by("service_on", "told_code", "on_time_ratio", "median_s").agg(
        pl.col("vehicle_id").n_unique()
    )

    assert set(behind["told_code"]) == {"line", "lines"}
    assert behind["vehicle_id"].min() >= 10
