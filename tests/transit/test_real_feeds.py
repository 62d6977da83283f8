import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from infra.errors import ContractError
from tests.transit.depot import TABLES, Depot, contract_of

FEEDS: Final = Path(__file__).parents[3] / "shared" / "data" / "gtfs"
# What is wrong with the recorded feeds: why whole tables are not published, and which single rows
# are set aside. Every other row is kept.
STOPPED: Final = {
    ("bad_date_format", "transit_calendar"): "starts_on: not a date",
    ("bad_date_format", "transit_calendar_dates"): "service_on: not a date",
    ("contains_null", "transit_stops"): "NUL character",
    ("contains_null", "transit_stop_times"): "the feed has no such stop",
    ("empty_file", "transit_agencies"): "agency.txt is empty",
    ("empty_file", "transit_routes"): "the feed has no such agency",
    ("missing_agency", "transit_agencies"): "agency.txt is missing",
    ("missing_agency", "transit_routes"): "the feed has no such agency",
    ("missing_column", "transit_agencies"): "lacks a declared column: 'agency_name'",
    ("missing_stops", "transit_stops"): "stops.txt is missing",
    ("missing_stops", "transit_stop_times"): "the feed has no such stop",
    ("missing_weekday_column", "transit_calendar"): "lacks a declared column: 'thursday'",
}
REFUSED: Final = {
    ("trento_urbano_2018", "transit_stops"): {"unreadable": 1},
    ("trento_urbano_2018", "transit_trips"): {"unreadable": 13},
    ("trento_urbano_2018", "transit_stop_times"): {"unknown_reference": 313},
}

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not FEEDS.is_dir(), reason="the recorded real files are not beside the repository"
    ),
]


def feeds() -> list[Path]:
    return sorted(FEEDS.rglob("*.zip"))


def rows_count(feed: Path, table: str) -> int:
    with zipfile.ZipFile(feed) as archive:
        name = f"{contract_of(table).source.table}.txt"
        if name not in archive.namelist():
            return 0
        text = archive.read(name).decode("utf-8-sig")
    if feed.stem == "trento_urbano_2018" and name in ("stops.txt", "trips.txt"):
        return len(text.splitlines()) - 1  # its open quotation marks would swallow the lines below
    return sum(1 for row in csv.reader(io.StringIO(text)) if any(map(str.strip, row))) - 1


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("feed", feeds(), ids=lambda feed: feed.stem)
def test_every_row_of_a_real_feed_is_kept_or_set_aside(feed: Path, table: str, tmp_path: Path):
    why = STOPPED.get((feed.stem, table))
    depot = Depot(tmp_path)

    if why is not None:
        with pytest.raises(ContractError, match=re.escape(why)):
            depot.land(table, feed.read_bytes())
        return
    landing = depot.land(table, feed.read_bytes())

    quarantine = depot.quarantine(table)
    assert landing.delivered_count == rows_count(feed, table)
    assert depot.bronze(table).height + quarantine.height == landing.delivered_count
    assert Counter(quarantine["rule"]) == Counter(REFUSED.get((feed.stem, table), {}))


def test_the_table_of_faults_speaks_of_feeds_that_are_there():
    stems = {feed.stem for feed in feeds()}

    assert {feed for feed, _ in (*STOPPED, *REFUSED)} <= stems
    assert {table for _, table in (*STOPPED, *REFUSED)} <= set(TABLES)


def test_hours_past_midnight_are_those_the_publisher_wrote(tmp_path: Path):
    depot = Depot(tmp_path)
    depot.land("transit_stop_times", (FEEDS / "vvs_bus_751.zip").read_bytes())

    arrives = depot.bronze("transit_stop_times")["arrives_s"]

    assert (arrives >= 24 * 3600).sum() == 18
