import threading
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.adapters.file import FileAdapter
from infra.adapters.http_json import HttpJsonAdapter
from infra.adapters.opening import open_arrivals, payloads_of, receipts_of
from infra.arrivals import Arrivals, Receipt
from infra.errors import ContractError, NothingDelivered, PublisherUnavailable
from infra.simulator.publishers import Fault, Offer, PublisherServer, Record
from infra.windows import Window
from tests.infra.adapters.waiting import Waiting

STATIC = Window.always()
TWO_DAYS = Window.between(date(2025, 1, 1), date(2025, 1, 2), "daily")
NUMBERED: Final = {"size": 3, "size_parameter": "per_page"}
PAGINGS: Final = {
    "whole": None,
    "page": {"by": "page", **NUMBERED},
    "offset": {"by": "offset", "size": 3},
    "cursor": {"by": "cursor", "next": "next", "parameter": "cursor"},
    "link": {"by": "link"},
}
every_style = pytest.mark.parametrize("style", PAGINGS)


def rows(count: int, *, day: str = "2025-01-01") -> list[Record]:
    return [{"id": f"{number:04d}", "giorno": day} for number in range(count)]


def adapter(server: PublisherServer, style: str, **how: object) -> HttpJsonAdapter:
    query = how.pop("query", "")
    size = "?limit=3&" if style in ("cursor", "link") else "?"
    total = {"total": "data.count"} if how.pop("total", False) else {}
    paging = PAGINGS[style]
    made = HttpJsonAdapter(
        protocol="http_json",
        url=f"{server.url}/api/{style}/soste{size}{query}",
        **{
            "records": None if style == "link" else "data.items",
            "paging": None if paging is None else {**paging, **total},
            **how,
        },
    )
    return made.timed(Waiting().time())


def ids(arrivals: Arrivals, by: HttpJsonAdapter) -> list[str]:
    frame = open_arrivals(arrivals, by).frame
    return frame["id"].to_list() if "id" in frame.columns else []


class Town:
    """A list of records that others may change."""

    def __init__(self) -> None:
        self.rows: Sequence[Record] = rows(8)
        self.asked = 0
        self.changes: dict[int, Sequence[Record]] = {}
        self._lock = threading.Lock()

    def records(self) -> Sequence[Record]:
        with self._lock:
            self.rows = self.changes.get(self.asked, self.rows)
            self.asked += 1
            return self.rows


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def server(town: Town) -> Iterator[PublisherServer]:
    offer = Offer(records=town.records, time_field="giorno")
    with PublisherServer({"soste": offer}, most_records=4) as running:
        yield running


@every_style
@pytest.mark.parametrize("count", [0, 1, 3, 4, 8, 9, 12])
def test_every_record_comes_once_however_the_list_is_divided(server, town, style, count):
    town.rows = rows(count)
    by = adapter(server, style)

    arrivals = by.pull(STATIC)

    assert ids(arrivals, by) == [row["id"] for row in town.rows]


@settings(deadline=None, max_examples=40)
@given(
    style=st.sampled_from(["page", "offset", "cursor"]),
    values=st.lists(st.integers(0, 3), max_size=30),
    size=st.integers(2, 9),
    most=st.integers(2, 9),
)
def test_no_size_of_page_loses_or_repeats_a_record(style, values, size, most):
    records = [{"id": str(place), "valore": value} for place, value in enumerate(values)]
    with PublisherServer({"soste": Offer(records=lambda: records)}, most_records=most) as running:
        paging = {**PAGINGS[style]} | ({"size": size} if style != "cursor" else {})
        by = adapter(running, style, paging=paging, query=f"limit={size}&" * (style == "cursor"))

        assert ids(by.pull(STATIC), by) == [record["id"] for record in records]


@every_style
def test_a_total_that_the_server_states_is_reached(server, style):
    by = adapter(server, style, total=style not in ("whole", "link"))

    assert len(ids(by.pull(STATIC), by)) == 8


@pytest.mark.parametrize(("style", "total"), [("page", False), ("page", True), ("offset", False)])
@pytest.mark.parametrize("left", [rows(8)[1:], [{"id": "x", "giorno": ""}, *rows(8)]])
def test_a_list_that_shifts_while_it_is_read_is_read_again(server, town, style, total, left):
    town.changes = {2: left}
    by = adapter(server, style, total=total)

    arrivals = by.pull(STATIC)

    assert ids(arrivals, by) == [row["id"] for row in left]


def test_a_list_that_never_stands_still_is_not_taken(server, town):
    town.changes = {number: rows(5 + number % 3) for number in range(100)}
    by = adapter(server, "offset", total=True)

    with pytest.raises(PublisherUnavailable, match="changed each of 3 times"):
        by.pull(STATIC)


def test_a_total_that_is_never_reached_is_no_delivery(server):
    paging = {"by": "cursor", "next": "nowhere", "total": "data.count"}

    with pytest.raises(PublisherUnavailable, match="changed each of 3 times"):
        adapter(server, "cursor", paging=paging).pull(STATIC)


def test_a_server_that_ignores_the_page_number_is_noticed(server):
    by = adapter(server, "whole", paging={"by": "page"})

    with pytest.raises(ContractError, match="the same page came twice"):
        by.pull(STATIC)


def test_pages_that_lead_back_are_noticed(server):
    by = adapter(server, "cursor", paging={"by": "cursor", "next": "data.count", "parameter": "x"})

    with pytest.raises(ContractError, match=r"the same page came twice|lead back"):
        by.pull(STATIC)


def test_more_pages_than_anybody_expects_are_refused(server):
    by = adapter(server, "page", max_pages=2)

    with pytest.raises(ContractError, match="more than 2 pages"):
        by.pull(STATIC)


def test_each_window_is_asked_for_by_itself(server, town):
    town.rows = [*rows(4), *rows(5, day="2025-01-02"), *rows(1, day="2025-01-03")]
    by = adapter(server, "page", query="from={window}&to={window_end:%Y-%m-%d}&")

    arrivals = by.pull(TWO_DAYS)

    starts = [payload.window_start for payload in payloads_of(arrivals)]
    frame = open_arrivals(arrivals, by).frame
    assert set(starts) == {date(2025, 1, 1), date(2025, 1, 2)}
    assert frame["giorno"].value_counts(sort=True).rows() == [("2025-01-02", 5), ("2025-01-01", 4)]


@pytest.mark.parametrize(
    ("clock", "written"),
    [
        ("Europe/Rome", "2025-07-01T00:00:00+0200/2025-07-01"),
        ("UTC", "2025-06-30T22:00:00+0000/2025-06-30"),
        ("solar", "2025-06-30T23:00:00+0100/2025-06-30"),
    ],
)
def test_a_window_begins_at_midnight_in_brescia_by_whatever_clock(clock, written):
    from infra.adapters.source import in_window

    one = Window.of(date(2025, 7, 1), "daily")
    text = "{window:%Y-%m-%dT%H:%M:%S%z}/{window}"

    assert in_window(text, one, clock=clock) == written
    assert in_window("{window_last}/{window_end}", Window.of(date(2025, 2, 3), "monthly")) == (
        "2025-02-28/2025-03-01"
    )


@every_style
def test_an_empty_day_is_a_delivery_of_nothing(server, town, style):
    town.rows = rows(2, day="2025-01-02")
    by = adapter(server, style, query="from={window}&to={window_end}&")

    raw = open_arrivals(by.pull(TWO_DAYS), by)

    assert raw.frame["id"].to_list() == ["0000", "0001"]


@every_style
def test_nothing_is_sent_where_nothing_changed(server, style):
    by = adapter(server, style, query="from={window}&to={window_end}&")
    first = by.pull(TWO_DAYS)
    sent = server.sent["soste"]

    again = by.pull(TWO_DAYS, known_of(first))

    assert again.payloads_count == 0
    assert again.unchanged == {date(2025, 1, 1), date(2025, 1, 2)}
    assert server.sent["soste"] == sent


@every_style
def test_one_changed_page_brings_its_whole_window_and_no_other(server, town, style):
    town.rows = [*rows(8), *rows(8, day="2025-01-02")]
    by = adapter(server, style, query="from={window}&to={window_end}&")
    first = by.pull(TWO_DAYS)

    town.rows = [*town.rows, *rows(9, day="2025-01-02")[8:]]
    again = by.pull(TWO_DAYS, known_of(first))

    assert again.unchanged == {date(2025, 1, 1)}
    assert len(ids(again, by)) == 9


def known_of(arrivals: Arrivals) -> dict[date | None, list[Receipt]]:
    known: dict[date | None, list[Receipt]] = {}
    for receipt in receipts_of(arrivals):
        known.setdefault(receipt.window_start, []).append(receipt)
    return known


def test_a_day_the_path_names_and_the_server_lacks_is_left_out(server):
    by = adapter(server, "whole")
    by = by.model_copy(update={"url": by.url.replace("/soste", "/{window:soste%d}")})
    server.offers["soste01"] = server.offers["soste"]

    arrivals = by.pull(TWO_DAYS)

    assert [payload.window_start for payload in payloads_of(arrivals)] == [date(2025, 1, 1)]


def test_a_series_that_was_withdrawn_says_so(server):
    server.fail("soste", Fault("gone"))

    with pytest.raises(PublisherUnavailable, match="410"):
        adapter(server, "page", query="from={window}&").pull(TWO_DAYS)


@pytest.mark.parametrize(
    ("kind", "said"), [("gone", "withdrawn for good"), ("not_found", "nothing was found there")]
)
@pytest.mark.parametrize("protocol", ["http_json", "file"])
def test_days_none_of_which_is_there_say_whether_that_is_for_good(server, protocol, kind, said):
    server.fail("soste", Fault(kind))
    by = adapter(server, "whole")
    if protocol == "file":
        by = FileAdapter(protocol="file", url="x").timed(Waiting().time())
    by = by.model_copy(update={"url": f"{server.url}/api/whole/soste/{{window}}"})

    with pytest.raises(NothingDelivered, match=said):
        by.pull(TWO_DAYS)


def test_what_is_not_json_is_no_delivery(server):
    server.offers["soste"] = Offer(files=lambda: {"a": b'{"data": '})
    by = adapter(server, "whole").model_copy(update={"url": f"{server.url}/files/soste/a"})

    with pytest.raises(PublisherUnavailable, match="not JSON"):
        by.pull(STATIC)


def test_records_that_are_not_where_the_contract_says_are_no_empty_list(server):
    with pytest.raises(ContractError, match=r"'data\.rows' is not a list of records"):
        adapter(server, "page", records="data.rows").pull(STATIC)


def test_a_next_page_on_another_host_is_not_asked(server):
    page = b'{"items": [{"id": "1"}], "next": "http://elsewhere.example.org/2?geheim"}'
    server.offers["soste"] = Offer(files=lambda: {"a": page})
    by = adapter(server, "cursor", records="items", paging={"by": "cursor", "next": "next"})
    by = by.model_copy(update={"url": f"{server.url}/files/soste/a"})

    with pytest.raises(PublisherUnavailable, match="host that the contract does not name") as told:
        by.pull(STATIC)

    assert "geheim" not in str(told.value)
    assert "elsewhere" not in str(told.value)


def test_a_key_from_the_settings_goes_with_the_question_and_into_no_text(server):
    by = adapter(server, "whole", headers={"X-Key": "{key}"})

    filled = by.resolved(lambda text: text.replace("{key}", "geheim"))

    assert filled.headers == {"X-Key": "geheim"}
    assert "geheim" not in repr(filled)
    assert filled.pull(STATIC).payloads_count == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("timezone", "Mars/Base"), ("paging", {"by": "magic"}), ("max_pages", 0), ("timeout_s", 0)],
)
def test_a_source_that_makes_no_sense_is_refused_when_the_contract_loads(server, key, value):
    with pytest.raises(ValidationError):
        adapter(server, "whole", **{key: value})
