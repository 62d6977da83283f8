from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.adapters.opening import open_arrivals, payloads_of, receipts_of
from infra.adapters.socrata import SocrataAdapter
from infra.arrivals import Arrivals
from infra.errors import ContractError, PublisherUnavailable
from infra.simulator.publishers import Offer, PublisherServer, Record
from infra.windows import Window
from tests.infra.adapters.waiting import Waiting

STATIC = Window.always()
SELECT = ["idsensore", "data", "valore", "stato"]
DAYS = "data >= '{window:%Y-%m-%dT%H:%M:%S}' and data < '{window_end:%Y-%m-%dT%H:%M:%S}'"


def reading(number: int, *, at: str = "2025-01-01T00:00:00.000", changed: int = 0) -> Record:
    return {
        ":id": f"row-{number:04d}",
        ":updated_at": f"2025-02-01T00:00:{changed:02d}.000Z",
        "idsensore": "6951",
        "data": at,
        "valore": str(number),
        "altro": "x",
    }


class Portal:
    """Two data sets of a portal, whose rows others may change."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Record]] = {
            "aaaa-0001": [reading(number) for number in range(5)],
            "aaaa-0002": [],
        }
        self.changes: dict[int, list[Record]] = {}
        self.asked = 0

    def of(self, dataset: str) -> list[Record]:
        rows = self.changes.get(self.asked, self.rows[dataset])
        self.rows[dataset] = rows
        self.asked += 1
        return rows


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def server(portal: Portal) -> Iterator[PublisherServer]:
    offers = {
        "aaaa-0001": Offer(records=lambda: portal.of("aaaa-0001")),
        "aaaa-0002": Offer(records=lambda: portal.of("aaaa-0002")),
    }
    with PublisherServer(offers) as running:
        yield running


def adapter(server: PublisherServer, **how: object) -> SocrataAdapter:
    declared = {"datasets": "aaaa-0001", "select": SELECT[:3], "page_size": 2, **how}
    made = SocrataAdapter(protocol="socrata", url=server.url, **declared)
    return made.timed(Waiting().time())


def values(arrivals: Arrivals, by: SocrataAdapter) -> list[str]:
    return sorted(open_arrivals(arrivals, by).frame["valore"].to_list())


def test_only_the_columns_asked_for_leave_the_portal(server):
    by = adapter(server)

    arrivals = by.pull(STATIC)

    assert b"altro" not in b"".join(payload.content for payload in payloads_of(arrivals))
    assert open_arrivals(arrivals, by).frame.columns == [*SELECT[:3], "__payload", "__line"]


@settings(deadline=None, max_examples=30)
@given(
    changed=st.lists(st.integers(0, 3), max_size=25),
    size=st.integers(1, 7),
)
def test_pages_by_key_bring_every_row_once_however_many_share_an_instant(changed, size):
    rows = [reading(number, changed=at) for number, at in enumerate(changed)]
    with PublisherServer({"aaaa-0001": Offer(records=lambda: rows)}) as running:
        by = adapter(running, page_size=size)

        got = values(by.pull(STATIC), by)

    assert got == sorted(str(number) for number in range(len(changed)))


def test_a_row_that_changes_while_it_is_read_counts_as_it_was_last_sent(server, portal):
    later = [*(reading(number) for number in range(1, 5)), {**reading(0, changed=9), "valore": "z"}]
    portal.changes = {1: later}
    by = adapter(server)

    assert values(by.pull(STATIC), by) == ["1", "2", "3", "4", "z"]


def test_a_series_over_two_data_sets_is_read_as_one(server, portal):
    portal.rows["aaaa-0002"] = [reading(number) for number in range(4, 7)]
    by = adapter(server, datasets=["aaaa-0001", "aaaa-0002"])

    assert values(by.pull(STATIC), by) == ["0", "1", "2", "3", "4", "5", "6"]


def test_only_data_sets_that_may_hold_the_days_are_asked(server):
    parts = [
        {"id": "aaaa-0001", "until": date(2024, 12, 31)},
        {"id": "aaaa-0002", "since": date(2025, 1, 1)},
    ]
    by = adapter(server, datasets=parts, where=DAYS)

    by.pull(Window.of(date(2025, 1, 1), "daily"))

    assert (server.requests["aaaa-0001"], server.requests["aaaa-0002"]) == (0, 1)


def test_the_portal_picks_the_rows_of_each_window(server, portal):
    portal.rows["aaaa-0001"] = [
        reading(day * 10 + hour, at=f"2025-01-0{day}T{hour:02d}:00:00.000")
        for day in (1, 2, 3)
        for hour in range(3)
    ]
    by = adapter(server, where=f"{DAYS} and idsensore in ('6951')")

    arrivals = by.pull(Window.between(date(2025, 1, 1), date(2025, 1, 2), "daily"))

    starts = {payload.window_start for payload in payloads_of(arrivals)}
    assert starts == {date(2025, 1, 1), date(2025, 1, 2)}
    assert values(arrivals, by) == ["10", "11", "12", "20", "21", "22"]


def test_a_column_that_is_empty_in_all_rows_came_all_the_same(server):
    server.offers["aaaa-0001"] = Offer(records=lambda: [{**reading(1), "stato": None}])
    by = adapter(server, select=SELECT)

    raw = open_arrivals(by.pull(STATIC), by)

    assert raw.frame["stato"].to_list() == [None]


def test_a_column_the_portal_does_not_know_is_for_the_contract_to_correct(server):
    with pytest.raises(ContractError, match="HTTP 400: it does not understand the question"):
        adapter(server, select=["stazione"]).pull(STATIC)


def test_a_portal_without_row_ids_cannot_be_paged(server):
    rows = [{"idsensore": "1", "data": "x", "valore": str(n)} for n in range(3)]
    server.offers["aaaa-0001"] = Offer(
        records=lambda: [{":id": None, ":updated_at": None, **row} for row in rows]
    )

    with pytest.raises(PublisherUnavailable, match="row ids"):
        adapter(server).pull(STATIC)


def test_nothing_is_sent_where_nothing_changed_in_any_of_the_data_sets(server, portal):
    portal.rows["aaaa-0002"] = [reading(9)]
    by = adapter(server, datasets=["aaaa-0001", "aaaa-0002"])
    first = by.pull(STATIC)
    known = {None: list(receipts_of(first))}

    again = by.pull(STATIC, known)
    portal.rows["aaaa-0002"] = [reading(9), reading(10)]
    changed = by.pull(STATIC, known)

    assert (again.payloads_count, again.unchanged) == (0, {None})
    assert values(changed, by) == ["0", "1", "10", "2", "3", "4", "9"]


@pytest.mark.parametrize(
    "wrong",
    [{"datasets": "nicp"}, {"datasets": []}, {"select": ["valore; x"]}, {"select": []}],
)
def test_a_source_that_makes_no_sense_is_refused_when_the_contract_loads(server, wrong):
    with pytest.raises(ValidationError):
        adapter(server, **wrong)
