import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.derive import derive
from assets.derived_assets import find_declarations
from infra.simulator.city import City
from infra.simulator.datasets import gtfs
from infra.simulator.publication import Publication
from tests.transit.depot import TABLES, Depot, contract_of
from tests.transit.feeds import FEED, edited, zipped

DECLARED = find_declarations()
DEPARTURES = "silver/mobility/transit_departures"
TRIPS = "silver/mobility/transit_trips_by_day"
STOPS = "silver/mobility/transit_stops"


def computed(depot: Depot, table: str) -> pl.DataFrame:
    derive(DECLARED[table], DECLARED, twin=depot.twin, requested=None, notes={})
    return depot.twin.lake.read(table).collect()


def all_landed(home: Path, *feeds: bytes) -> Depot:
    depot = Depot(home)
    for number, feed in enumerate(feeds):
        depot.leave(f"gtfs_{number}.zip", feed)
    for table in TABLES:
        depot.land_what_is_there(table)
    return depot


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    return all_landed(tmp_path, zipped(FEED))


def test_a_day_has_the_trips_of_the_services_that_run(depot: Depot):
    trips = computed(depot, TRIPS)

    def on(day: int) -> list[tuple[str, int]]:
        of_day = trips.filter(pl.col("service_on") == date(2025, 3, day))
        return of_day.select("trip_id", "run_index").rows()

    working_day = [("metro", 0), ("metro", 1), ("metro", 2), ("morning", 0)]
    assert on(7) == working_day
    assert on(8) == [("night", 0)]
    assert on(9) == []
    assert on(10) == [("night", 0)]  # a feast, by calendar_dates.txt
    assert trips["service_on"].max() == date(2025, 3, 31)


def test_a_trip_of_the_night_stands_under_the_day_it_is_counted_to(depot: Depot):
    trips = computed(depot, TRIPS).filter(pl.col("trip_id") == "night")

    first = trips.row(0, named=True)
    assert first["service_on"] == date(2025, 3, 1)
    assert first["leaves_at"] == datetime(2025, 3, 1, 22, 50, tzinfo=UTC)
    assert first["arrives_at"] == datetime(2025, 3, 1, 23, 10, tzinfo=UTC)
    assert (first["from_stop_id"], first["to_stop_id"], first["stops_count"]) == ("C", "A", 2)


def test_the_night_in_which_clocks_change_is_as_long_as_it_is(depot: Depot):
    trips = computed(depot, TRIPS)

    last = trips.filter(pl.col("service_on") == date(2025, 3, 29)).row(0, named=True)
    monday = trips.filter(pl.col("service_on") == date(2025, 3, 31), pl.col("trip_id") == "morning")

    assert last["arrives_at"] == datetime(2025, 3, 29, 23, 10, tzinfo=UTC)
    assert monday["leaves_at"].to_list() == [datetime(2025, 3, 31, 6, 0, tzinfo=UTC)]


def test_each_day_has_the_trips_of_the_timetable_in_force(tmp_path: Path):
    more = edited("frequencies.txt", "07:30:00,600", "07:30:00,300")
    info = "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date\nBM,x,it,20250313\n"
    depot = all_landed(
        tmp_path,
        zipped(FEED),
        zipped({**more, "feed_info.txt": info}, made_at=datetime(2025, 3, 12, 18, 0)),  # noqa: DTZ001 # zips have no time zone
    )

    trips = computed(depot, TRIPS).filter(pl.col("trip_id") == "metro")

    runs = dict(trips.group_by("service_on").len().rows())
    assert [runs[date(2025, 3, day)] for day in (11, 12, 13, 14)] == [3, 3, 6, 6]
    assert set(trips["timetable_from_at"]) == {
        datetime(2025, 3, 1, 11, tzinfo=UTC),
        datetime(2025, 3, 12, 23, tzinfo=UTC),
    }


def test_what_ran_is_not_forgotten_when_the_next_timetable_comes(tmp_path: Path):
    april = {name: content.replace("202503", "202504") for name, content in FEED.items()}
    april["calendar.txt"] = april["calendar.txt"].replace("20250431", "20250430")
    made_at = datetime(2025, 4, 1, 3, 0)  # noqa: DTZ001 # zips have no time zone
    depot = all_landed(tmp_path, zipped(FEED), zipped(april, made_at=made_at))

    trips = computed(depot, TRIPS)

    months = trips["service_on"].dt.month().unique().to_list()
    assert sorted(months) == [3, 4]


def test_departures_are_those_of_every_run_at_every_stop(depot: Depot):
    departures = computed(depot, DEPARTURES)

    at_c = departures.filter(pl.col("stop_id") == "C", pl.col("route_id") == "M")
    assert at_c["arrives_s"].to_list() == [7 * 3600 + minutes * 60 for minutes in (5, 15, 25)]
    duomo = departures.filter(pl.col("stop_id") == "B").row(0, named=True)
    assert (duomo["arrives_s"], duomo["is_timed"]) == (8 * 3600 + 10 * 60, False)


def test_stops_are_entities(depot: Depot):
    stops = computed(depot, STOPS)

    assert stops.select("entity_id", "is_stop").row(0) == (
        "urn:ngsi-ld:GtfsStop:brescia:brescia_mobilita:A",
        True,
    )


@pytest.mark.parametrize("table", [TRIPS, DEPARTURES, STOPS])
def test_the_same_timetable_is_computed_once(depot: Depot, table: str):
    computed(depot, table)

    again = derive(DECLARED[table], DECLARED, twin=depot.twin, requested=None, notes={})

    assert not again.is_news


def test_the_day_on_which_the_simulated_city_runs_a_line_more_often_is_found(tmp_path: Path):
    city = City(profile="small", days=7, seed=1, start=date(2025, 3, 24))
    publication = Publication(gtfs.KEY, tmp_path / "published")
    gtfs.publish(city, publication)
    (planted,) = publication.facts
    depot = Depot(tmp_path)
    for path in publication.files:
        depot.leave(path.name, path.read_bytes(), at=path.stat().st_mtime)
    for table in TABLES:
        depot.land_what_is_there(table)

    trips = computed(depot, TRIPS)

    on_line = trips.filter(pl.col("route_id") == planted["line_id"])
    before, after = (
        on_line.filter(pl.col("service_on") == day).height
        for day in (date(2025, 3, 26), date(2025, 3, 27))
    )
    assert planted["from_on"] == "2025-03-27"
    assert after > before
    assert trips.filter(pl.col("service_on") == date(2025, 3, 25)).height > 0


def rows_of(feed: Path, table: str) -> int:
    name = f"{contract_of(table).source.table}.txt"
    with zipfile.ZipFile(feed) as archive:
        if name not in archive.namelist():
            return 0
        return pl.read_csv(archive.read(name), infer_schema=False).height


def test_every_row_of_the_simulated_timetable_is_in_bronze_or_set_aside(tmp_path: Path):
    city = City(profile="small", days=7, seed=1, start=date(2025, 3, 24))
    publication = Publication(gtfs.KEY, tmp_path / "published")
    gtfs.publish(city, publication)
    depot = Depot(tmp_path)
    delivered = 0

    for feed in sorted(publication.files):
        depot.leave(feed.name, feed.read_bytes(), at=feed.stat().st_mtime)
        for table in TABLES:
            landing = depot.land_what_is_there(table)
            in_force = depot.bronze(table)
            if "valid_to" in in_force.columns:
                in_force = in_force.filter(pl.col("valid_to").is_null())
            assert in_force.height + depot.quarantine(table).height == rows_of(feed, table)
            assert landing.delivered_count == rows_of(feed, table)
            delivered += landing.delivered_count

    assert delivered == publication.delivered_count
