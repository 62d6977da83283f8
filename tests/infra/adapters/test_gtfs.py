from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.adapters import packed
from infra.adapters.gtfs import GtfsAdapter
from infra.adapters.opening import open_arrivals
from infra.adapters.raw import RawRows
from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Window
from tests.transit.feeds import FEED, edited, with_row, without, zipped

LATER = datetime(2026, 1, 1, tzinfo=UTC)


def of_table(table: str, url: object = "gtfs.zip") -> GtfsAdapter:
    return GtfsAdapter.model_validate({"protocol": "gtfs", "url": str(url), "table": table})


def read(table: str, *feeds: bytes) -> RawRows:
    payloads = [Payload("gtfs.zip", feed, LATER) for feed in feeds]
    return open_arrivals(Arrivals(payloads), of_table(table))


def dated(tmp_path: Path, feed: bytes) -> datetime | None:
    (tmp_path / "gtfs.zip").write_bytes(feed)
    return of_table("stops", tmp_path / "gtfs.zip").pull(Window.always()).modified_at


def unknown(raw: RawRows) -> list[tuple[str, list[int]]]:
    return [
        (fault.reason, raw.frame["__line"].filter(fault.where).to_list()) for fault in raw.faults
    ]


@pytest.mark.parametrize("name", FEED)
def test_each_table_of_a_feed_is_read_by_itself(name: str):
    raw = read(name.removesuffix(".txt"), zipped(FEED))

    header, *rows = FEED[name].splitlines()
    assert raw.frame.columns == [*header.split(","), "__payload", "__line"]
    assert raw.frame["__line"].to_list() == list(range(2, len(rows) + 2))
    assert raw.refused.is_empty()
    assert raw.faults == ()


def test_marks_blanks_and_folders_that_publishers_add_change_nothing():
    agency = (
        "\ufeffagency_id , agency_name,agency_url,agency_timezone\r\n\r\nBM,x,y,Europe/Rome\r\n"
    )
    feed = zipped({**FEED, "agency.txt": agency}, folder="export/2025/")

    raw = read("agency", feed)

    assert raw.frame.rows() == [("BM", "x", "y", "Europe/Rome", 0, 3)]


def test_the_outermost_of_two_files_is_the_feeds():
    older = {f"old/{name}": content for name, content in FEED.items()}

    raw = read("stops", zipped({**FEED, **older, "__MACOSX/stops.txt": "x"}))

    assert raw.frame.height == 3


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("routes", "2,XX,2,x,3", "agency_id: the feed has no such agency: agency.txt has no"),
        ("stops", "D,x,45,10,0,Z", "parent_station: the feed has no such stop: stops.txt has no"),
        ("trips", "9,week,t,x,0", "route_id: the feed has no such route: routes.txt has no"),
        (
            "trips",
            "1,never,t,x,0",
            "service_id: the feed has no such service: neither calendar.txt nor calendar_dates.txt "
            "has a",
        ),
        ("stop_times", "t9,08:00:00,08:00:00,A,1", "trip_id: the feed has no such trip: trips.txt"),
        ("stop_times", "night,25:00:00,25:00:00,Z,3", "stop_id: the feed has no such stop: stops"),
        ("frequencies", "t9,07:00:00,08:00:00,60", "trip_id: the feed has no such trip: trips.txt"),
    ],
)
def test_a_row_that_names_what_the_feed_does_not_have_is_a_fault(table: str, row: str, reason: str):
    name = f"{table}.txt"

    raw = read(table, zipped(with_row(name, row)))

    (found,) = unknown(raw)
    assert found[0].startswith(reason)
    assert found[1] == [FEED[name].count("\n") + 1]


def test_a_transfer_may_name_stops_only_that_are_there():
    transfers = "from_stop_id,to_stop_id,transfer_type\nA,B,0\nA,Z,0\n,A,0\n"

    raw = read("transfers", zipped({**FEED, "transfers.txt": transfers}))

    assert [lines for _, lines in unknown(raw)] == [[3]]


def test_an_agency_that_stands_alone_needs_no_id():
    agency = "agency_name,agency_url,agency_timezone\nx,y,Europe/Rome\n"

    raw = read("routes", zipped({**FEED, "agency.txt": agency}))

    assert raw.faults == ()


def test_each_feed_is_judged_by_its_own_tables():
    other = edited("trips.txt", "1,week,morning", "1,week,early")

    raw = read("stop_times", zipped(FEED), zipped(other))

    ((reason, lines),) = unknown(raw)
    where = raw.frame.filter(raw.faults[0].where)
    assert "trip" in reason
    assert lines == [2, 3, 4]
    assert where["__payload"].to_list() == [1, 1, 1]


@pytest.mark.parametrize("left_out", ["calendar.txt", "calendar_dates.txt", "frequencies.txt"])
@pytest.mark.parametrize("how", ["absent", "empty", "header"])
def test_a_table_the_standard_leaves_open_may_be_empty(left_out: str, how: str):
    contents = {"empty": "", "header": FEED[left_out].splitlines()[0]}
    feed = without(left_out) | ({left_out: contents[how]} if how in contents else {})
    table = left_out.removesuffix(".txt")

    raw = read(table, zipped(feed))

    assert raw.frame.is_empty()
    assert raw.is_left_out is (how != "header")
    assert of_table(table).may_be_empty


@pytest.mark.parametrize("table", ["agency", "stops", "routes", "trips", "stop_times"])
def test_a_feed_without_a_table_it_must_have_is_refused(table: str):
    with pytest.raises(ContractError, match=rf"{table}\.txt is missing"):
        read(table, zipped(without(f"{table}.txt")))
    with pytest.raises(ContractError, match=rf"{table}\.txt is empty"):
        read(table, zipped({**FEED, f"{table}.txt": "\n\n"}))
    assert not of_table(table).may_be_empty


@pytest.mark.parametrize("table", ["calendar", "calendar_dates"])
def test_a_feed_in_which_nothing_runs_on_any_day_is_refused(table: str):
    header = FEED["calendar.txt"].splitlines()[0]

    with pytest.raises(ContractError, match="nothing would run"):
        read(table, zipped(without("calendar.txt", "calendar_dates.txt")))
    with pytest.raises(ContractError, match="nothing would run"):
        read(table, zipped({**without("calendar_dates.txt"), "calendar.txt": header}))


def test_trailing_fields_the_standard_leaves_open_may_be_left_out_of_a_line():
    stops = FEED["stops.txt"] + 'D,"Via ""X"", 3",45,10\nE,Nowhere\n'

    raw = read("stops", zipped({**FEED, "stops.txt": stops}))

    assert raw.frame.row(3) == ("D", 'Via "X", 3', "45", "10", None, None, 0, 5)
    assert raw.refused["__line"].to_list() == [6]


def test_a_damaged_line_costs_itself_and_what_names_it():
    stops = FEED["stops.txt"].replace("B,Duomo", 'B,Duomo "vecchio')

    damaged = zipped({**FEED, "stops.txt": stops})

    assert read("stops", damaged).refused["__line"].to_list() == [3]
    assert [lines for _, lines in unknown(read("stop_times", damaged))] == [[3]]


def test_a_line_with_a_nul_character_is_refused():
    raw = read("stops", zipped(edited("stops.txt", "Duomo", "Duo\0mo")))

    assert raw.frame["stop_id"].to_list() == ["A", "C"]
    assert raw.refused.select("__line", "reason").rows() == [
        (3, "there is a NUL character on this line")
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "not a zip"),
        (zipped(FEED)[:500], "damaged or was cut short"),
        (zipped({f"{n}/{name}": FEED[name] for n in "ab" for name in FEED}), "more than once"),
    ],
)
def test_what_is_no_feed_is_refused(content: bytes, message: str):
    with pytest.raises(ContractError, match=message):
        read("stops", content)


def test_a_feed_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 1000)
    feed = zipped({**FEED, "stops.txt": FEED["stops.txt"] + " " * 2000})

    with pytest.raises(ContractError, match="unpacks to more than"):
        read("stop_times", feed)
    assert read("agency", feed).frame.height == 1


def test_a_feed_is_dated_by_the_youngest_of_its_files(tmp_path: Path):
    made = dated(tmp_path, zipped(FEED, made_at=datetime(2025, 7, 1, 12, 0)))  # noqa: DTZ001 # zips have no time zone

    assert made == datetime(2025, 7, 1, 10, 0, tzinfo=UTC)


def test_a_feed_that_begins_later_is_dated_by_its_first_day(tmp_path: Path):
    info = (
        "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date\n"
        "BM,https://example.org,it,20250901\n"
    )

    made = dated(tmp_path, zipped({**FEED, "feed_info.txt": info}))

    assert made == datetime(2025, 8, 31, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("year", [1980, 2099])
def test_a_date_no_publisher_can_mean_is_not_believed(tmp_path: Path, year: int):
    feed = zipped(FEED, made_at=datetime(year, 1, 1))  # noqa: DTZ001 # zips have no time zone

    made = dated(tmp_path, feed)

    changed = datetime.fromtimestamp((tmp_path / "gtfs.zip").stat().st_mtime, UTC)
    assert made == changed


def test_what_cannot_be_opened_is_pulled_all_the_same(tmp_path: Path):
    assert dated(tmp_path, b"PK\x03\x04 cut") is not None


def test_a_feed_that_is_not_there_is_named_as_the_contract_writes_it(tmp_path: Path):
    adapter = of_table("stops", "{transit}/gtfs.zip").resolved(
        lambda url: url.replace("{transit}", str(tmp_path))
    )

    with pytest.raises(PublisherUnavailable) as failure:
        adapter.pull(Window.always())

    assert str(failure.value).startswith("{transit}/gtfs.zip: nothing was found")


@pytest.mark.parametrize("more", [{"table": "fares"}, {"table": "stops", "separator": ";"}])
def test_what_the_protocol_does_not_know_is_refused(more: dict[str, Any]):
    with pytest.raises(ValidationError):
        GtfsAdapter.model_validate({"protocol": "gtfs", "url": "x", **more})
