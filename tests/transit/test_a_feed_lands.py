from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from infra.errors import DeliveryRefused
from quality.replay import replay_refused
from tests.transit.depot import NOW, TABLES, Depot, contract_of
from tests.transit.feeds import FEED, edited, without, zipped


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    return Depot(tmp_path)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_a_feed_lands_and_may_be_read_again(table: str, depot: Depot):
    name = contract_of(table).source.table + ".txt"
    rows_count = FEED.get(name, "header\n").count("\n") - 1

    first = depot.land(table, zipped(FEED))
    again = depot.land(table, zipped(FEED))

    assert (first.kept_count, first.refused_count) == (rows_count, 0)
    assert depot.bronze(table).height == rows_count
    assert not again.is_news


def test_a_night_trip_keeps_its_hour_past_midnight(depot: Depot):
    depot.land("transit_stop_times", zipped(FEED))

    times = depot.bronze("transit_stop_times").sort("trip_id", "stop_sequence_index")
    night = times.filter(pl.col("trip_id") == "night")
    assert night["arrives_s"].to_list() == [23 * 3600 + 50 * 60, 24 * 3600 + 10 * 60]
    assert times.filter(pl.col("stop_id") == "B")["arrives_s"].to_list() == [None]


def test_a_time_that_is_none_goes_to_quarantine(depot: Depot):
    rows = "".join(f"night,{at},{at},A,{n}\n" for n, at in enumerate(("24:70:00", "8.30"), 3))
    contents = {**FEED, "stop_times.txt": FEED["stop_times.txt"] + rows}

    with pytest.raises(DeliveryRefused, match="arrives_s: not a time of a service day") as refusal:
        depot.land("transit_stop_times", zipped(contents))

    assert "24:70" not in str(refusal.value)


def many(name: str, row: Callable[[int], str]) -> str:
    """A file of the feed with a hundred more good rows, beside which one bad one is few."""
    return FEED[name] + "".join(row(number) + "\n" for number in range(100))


def test_a_row_that_names_an_unknown_trip_is_set_aside_with_what_it_says(depot: Depot):
    rows = many("stop_times.txt", lambda n: f"night,25:00:00,25:00:00,A,{n + 10}")
    contents = {**FEED, "stop_times.txt": rows + "ghost,08:00:00,08:00:00,A,1\n"}

    landing = depot.land("transit_stop_times", zipped(contents))

    refused = depot.quarantine("transit_stop_times")
    assert (landing.kept_count, landing.refused_count) == (107, 1)
    assert refused.select("trip_id", "stop_id", "arrives_s", "rule", "row_index").rows() == [
        ("ghost", "A", 8 * 3600, "unknown_reference", 109)
    ]
    assert refused["reason"].to_list() == [
        "trip_id: the feed has no such trip: trips.txt has no readable row with this trip_id"
    ]


def test_a_feed_most_of_whose_rows_name_nothing_publishes_nothing(depot: Depot):
    with pytest.raises(DeliveryRefused, match="the feed has no such trip"):
        depot.land("transit_stop_times", zipped(edited("trips.txt", "1,week,morning", "1,week,x")))


def test_refused_rows_are_judged_again_by_the_feed_they_came_in(depot: Depot):
    rows = many("stop_times.txt", lambda n: f"night,25:00:00,25:00:00,A,{n + 10}")
    contents = {**FEED, "stop_times.txt": rows + "ghost,08:00:00,08:00:00,A,1\n"}
    depot.land("transit_stop_times", zipped(contents))
    contract = contract_of("transit_stop_times")

    replay = replay_refused(
        contract, at=depot.workplace, adapter=depot.twin.adapter(contract), notes={}, now=NOW
    )

    assert (replay.refused_count, replay.released_count) == (1, 0)
    assert depot.quarantine("transit_stop_times")["rule"].to_list() == ["unknown_reference"]


def test_versions_of_a_feed_are_kept_as_history(depot: Depot):
    summer = edited("routes.txt", "Stazione - Ospedale", "Stazione - Poliambulanza")
    depot.land("transit_routes", zipped(FEED))
    depot.land("transit_routes", zipped(summer, made_at=datetime(2025, 6, 1, 12, 0)))  # noqa: DTZ001 # zips have no time zone

    history = depot.bronze("transit_routes").filter(pl.col("route_id") == "1").sort("valid_from")

    spring, june = datetime(2025, 3, 1, 11, tzinfo=UTC), datetime(2025, 6, 1, 10, tzinfo=UTC)
    assert history.select("route_long_name", "valid_from", "valid_to").rows() == [
        ("Stazione - Ospedale", spring, june),
        ("Stazione - Poliambulanza", june, None),
    ]


def test_versions_that_lie_side_by_side_land_one_after_the_other(depot: Depot):
    summer = edited("routes.txt", "Stazione - Ospedale", "Stazione - Poliambulanza")
    depot.leave("gtfs_b.zip", zipped(summer, made_at=datetime(2025, 6, 1, 12, 0)))  # noqa: DTZ001 # zips have no time zone
    depot.leave("gtfs_c.zip", zipped(FEED))

    both = depot.land_what_is_there("transit_routes")
    again = depot.land_what_is_there("transit_routes")

    history = depot.bronze("transit_routes").filter(pl.col("route_id") == "1").sort("valid_from")
    assert history["route_long_name"].to_list() == [
        "Stazione - Ospedale",
        "Stazione - Poliambulanza",
    ]
    assert (both.delivered_count, both.kept_count) == (4, 4)
    assert not again.is_news


def test_versions_that_landed_at_once_are_rebuilt_in_their_order(depot: Depot):
    for month in (6, 5, 4, 3):
        named = edited("routes.txt", "Metro", f"M{month}")
        depot.leave(f"gtfs_{9 - month}.zip", zipped(named, made_at=datetime(2025, month, 1)))  # noqa: DTZ001 # zips have no time zone
    depot.land_what_is_there("transit_routes")
    before = depot.bronze("transit_routes").sort("route_id", "valid_from")

    depot.lose_the_lake()
    depot.rebuild("transit_routes")

    assert before.filter(pl.col("route_id") == "M")["route_short_name"].to_list() == [
        *("M3", "M4", "M5", "M6")
    ]
    assert depot.bronze("transit_routes").sort("route_id", "valid_from").equals(before)


def test_a_third_version_is_all_that_lands_of_three(depot: Depot):
    depot.leave("gtfs_1.zip", zipped(FEED))
    depot.leave("gtfs_2.zip", zipped(FEED, made_at=datetime(2025, 6, 1)))  # noqa: DTZ001 # zips have no time zone
    depot.land_what_is_there("transit_routes")
    third = edited("routes.txt", "Metro", "Metropolitana")

    depot.leave("gtfs_3.zip", zipped(third, made_at=datetime(2025, 7, 1)))  # noqa: DTZ001 # zips have no time zone
    landing = depot.land_what_is_there("transit_routes")

    assert landing.delivered_count == 2
    assert depot.bronze("transit_routes").height == 3


def test_a_table_without_history_says_what_the_newest_version_says(depot: Depot):
    agency = FEED["agency.txt"].replace("di prova", "di domani")
    newer = {**FEED, "agency.txt": agency}
    depot.leave("gtfs_a.zip", zipped(newer, made_at=datetime(2025, 6, 1)))  # noqa: DTZ001 # zips have no time zone
    depot.leave("gtfs_b.zip", zipped(FEED))

    landing = depot.land_what_is_there("transit_agencies")
    again = depot.land_what_is_there("transit_agencies")

    assert depot.bronze("transit_agencies")["agency_name"].to_list() == ["Trasporti di domani"]
    assert landing.delivered_count == 1
    assert not again.is_news


def test_a_version_replaced_before_it_began_leaves_no_trace(depot: Depot):
    info = "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date\nBM,x,it,20250901\n"
    versions = [
        FEED,
        {**edited("routes.txt", "Metro", "Metrò"), "feed_info.txt": info},
        {**edited("routes.txt", "Metro", "Metropolitana"), "feed_info.txt": info},
    ]

    for day, version in enumerate(versions, start=1):
        depot.land("transit_routes", zipped(version, made_at=datetime(2025, 3, day)))  # noqa: DTZ001 # zips have no time zone

    history = depot.bronze("transit_routes").filter(pl.col("route_id") == "M").sort("valid_from")
    began = datetime(2025, 8, 31, 22, tzinfo=UTC)
    assert history.select("route_short_name", "valid_to").rows() == [
        ("Metro", began),
        ("Metropolitana", None),
    ]


def test_a_table_that_is_left_out_ends_what_it_said_before(depot: Depot):
    depot.land("transit_frequencies", zipped(FEED))

    later = zipped(without("frequencies.txt"), made_at=datetime(2025, 6, 1))  # noqa: DTZ001 # zips have no time zone
    depot.land("transit_frequencies", later)

    (ended,) = depot.bronze("transit_frequencies")["valid_to"].to_list()
    assert ended == datetime(2025, 5, 31, 22, tzinfo=UTC)


def test_a_stop_that_comes_twice_is_kept_once(depot: Depot):
    rows = many("stops.txt", lambda n: f"S{n},x,45.5,10.2,0,")
    contents = {**FEED, "stops.txt": rows + "A,Stazione,45.532,10.213,0,\n"}

    landing = depot.land("transit_stops", zipped(contents))

    assert dict(landing.refused_by_rule) == {"duplicate_key": 1}


def test_an_undeclared_column_of_a_feed_is_reported_and_not_stored(depot: Depot):
    contents = edited("routes.txt", "route_type\n", "route_type,colour\n")
    contents = {**contents, "routes.txt": contents["routes.txt"].replace(",3\n", ",3,red\n")}

    landing = depot.land("transit_routes", zipped(contents))

    assert landing.drift is not None
    assert landing.drift.undeclared == ("colour",)
    assert landing.kept_count == 2
