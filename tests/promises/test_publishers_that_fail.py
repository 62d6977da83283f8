import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from infra.errors import ContractError, DeliveryRefused, PublisherUnavailable
from infra.scan import scan
from infra.simulator.publishers import Fault, FaultKind, Offer, PublisherServer, make_certificate
from quality.contract.model import Expectation
from tests.promises.town import assert_same_rows, rows_of
from tests.promises.web_town import (
    AIR,
    FIRST_DAY,
    ROWS_A_DAY,
    SESSIONS,
    WebTown,
    by_day,
    readings_of,
    sessions_of,
    web_town,
)

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
pytestmark = pytest.mark.filterwarnings("ignore::infra.errors.GemelloWarning")
BOTH = pytest.mark.parametrize("key", [SESSIONS, AIR])
# Each fault lasts until the publisher recovers, and what a run then says.
LASTING: dict[FaultKind, str] = {
    "down": "cannot be reached, or broke off",
    "rate_limited": "answered HTTP 429",
    "not_found": "answered HTTP 404",
    "gone": "withdrawn for good",
    "forbidden": "answered HTTP 403",
    "server_error": "answered HTTP 503",
    "truncated": "broke off while sending",
    "login": "a web page in place of data",
    "moved": "a host that the contract does not name",
}

# The line of docs/operations.md that says what is done.
LINES: dict[FaultKind, str] = {
    "down": "Down, for a minute or for days",
    "slow": "Slow",
    "flapping": "Flapping",
    "rate_limited": "429, 503 with `Retry-After`",
    "not_found": "404, 410",
    "gone": "404, 410",
    "forbidden": "401, 403",
    "server_error": "500, 502, 503, 504",
    "truncated": "A body cut short",
    "shrinking": "A series that shrinks",
    "login": "A login page in place of data",
    "moved": "A redirect",
}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[WebTown]:
    with web_town(tmp_path) as running:
        yield running


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_each_way_to_fail_has_its_line_in_the_pages_for_operators(kind: FaultKind):
    rows = [
        line.split("|")[1].strip() for line in OPERATIONS.read_text().splitlines() if "|" in line
    ]

    assert [row for row in rows if row.startswith(LINES[kind])]


@BOTH
@pytest.mark.parametrize("kind", LASTING)
def test_whatever_fails_the_table_stays_and_the_next_run_makes_it_whole(town, key, kind):
    town.land(key, days_count=1)
    before = town.rows(key)

    town.fail(key, Fault(kind))
    with pytest.raises(PublisherUnavailable, match=LASTING[kind]):
        town.land(key)
    during = town.rows(key)
    town.recover(key)
    town.land(key)

    assert during.equals(before)
    assert by_day(town.rows(key)) == [ROWS_A_DAY, ROWS_A_DAY]


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault("flapping"),
        Fault("down", times=3),
        Fault("rate_limited", times=2, retry_after_s=1),
        Fault("server_error", times=2),
        Fault("truncated", times=1),
        Fault("slow", pause_s=0.001),
    ],
    ids=lambda fault: fault.kind,
)
def test_what_passes_is_bridged_and_every_row_is_there_once(town, key, fault):
    town.fail(key, fault)

    town.land(key)

    assert by_day(town.rows(key)) == [ROWS_A_DAY, ROWS_A_DAY]


def test_an_expired_certificate_is_told_and_the_table_stays(town, tmp_path, monkeypatch):
    town.land(AIR, days_count=1)
    certificate = make_certificate(tmp_path, valid_for=timedelta(days=-1))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    offer = Offer(records=lambda: readings_of(2))

    with PublisherServer({"abcd-0001": offer}, certificate=certificate) as secure:
        source = town.contract(AIR).source.model_copy(update={"url": secure.url})
        with pytest.raises(PublisherUnavailable, match="the server's certificate has expired"):
            town.land(AIR, source=source)

    assert by_day(town.rows(AIR)) == [ROWS_A_DAY]


@BOTH
def test_a_series_that_shrinks_keeps_the_days_it_had_and_says_so(town, key):
    town.land(key)
    before = town.rows(key)
    town.fail(key, Fault("shrinking", share=0.25))

    landing = town.land(key)

    said = [(one.start - FIRST_DAY, one.held_count, one.come_count) for one in landing.shrunk]
    assert said == [(timedelta(0), 12, 0), (timedelta(1), 12, 6)][: len(said)]
    assert landing.shrunk
    assert not landing.is_news or landing.windows == (FIRST_DAY + timedelta(1),)
    assert town.rows(key).filter(window_on=FIRST_DAY).equals(before.filter(window_on=FIRST_DAY))


def test_days_that_did_not_shrink_land_beside_those_that_did(town):
    town.land(SESSIONS)
    town.sessions[:] = [*sessions_of(2)[ROWS_A_DAY:], {**sessions_of(2)[-1], "id": "new"}]

    landing = town.land(SESSIONS)

    assert [one.start for one in landing.shrunk] == [FIRST_DAY]
    assert landing.windows == (FIRST_DAY + timedelta(1),)
    assert by_day(town.rows(SESSIONS)) == [ROWS_A_DAY, ROWS_A_DAY + 1]


def test_what_shrank_is_rebuilt_as_it_was_before(town):
    town.land(SESSIONS)
    town.sessions[:] = [
        *sessions_of(2)[ROWS_A_DAY:],
        {**sessions_of(2)[-1], "id": "new"},
        {**sessions_of(2)[-1], "id": "bad", "importo": -1},
    ]
    town.land(SESSIONS)
    before = rows_of(town.town)

    shutil.rmtree(town.town.lake)
    town._twin = None
    town.rebuild(SESSIONS)

    assert_same_rows(rows_of(town.town), before, but_for=["sealed_until_on"])
    refused = before["quarantine/parcheggi/soste"]
    assert refused["payload_index"].max() is not None


def test_a_publisher_that_means_to_shrink_is_believed(town):
    town.land(SESSIONS)
    del town.sessions[:ROWS_A_DAY]

    landing = town.land(SESSIONS, shrinking="replace")

    assert landing.shrunk == ()
    assert by_day(town.rows(SESSIONS)) == [ROWS_A_DAY]


def test_a_list_that_lost_most_of_its_rows_is_refused(town):
    source = town.contract(SESSIONS).source.model_copy(update={"url": "{parking}/api/offset/soste"})
    how = {"cadence": "static", "since": None, "event_time": None, "source": source}
    town.land(SESSIONS, **how)
    del town.sessions[5:]

    with pytest.raises(DeliveryRefused, match="5 rows came, where 24 came before"):
        town.land(SESSIONS, **how)


@BOTH
def test_a_withdrawn_series_stays_readable_and_can_be_rebuilt(town, key):
    town.land(key)
    before = town.rows(key)
    town.fail(key, Fault("gone"))

    with pytest.raises(PublisherUnavailable, match="withdrawn for good"):
        town.land(key)
    still = town.rows(key)
    shutil.rmtree(town.town.lake)
    town._twin = None
    town.rebuild(key)

    assert still.equals(before)
    assert town.rows(key).equals(before)


@BOTH
def test_a_publisher_with_nothing_new_sends_nothing(town, key):
    town.land(key)
    _, sent = town.asked(key)

    landing = town.land(key)

    assert not landing.is_news
    assert town.asked(key)[1] == sent


@BOTH
@pytest.mark.parametrize("days_count", [1, 2])
def test_a_run_that_hears_that_nothing_changed_leaves_every_day_as_it_was(town, key, days_count):
    town.run(key, days_count=days_count)
    before, asked = town.rows(key), town.asked(key)

    again = town.run(key, days_count=days_count)

    assert not again.is_news
    assert town.rows(key).equals(before)
    assert by_day(before) == [ROWS_A_DAY] * days_count
    assert town.asked(key)[1] == asked[1]


@BOTH
def test_a_lake_that_was_deleted_is_asked_for_in_full(town, key):
    town.land(key)
    before = town.rows(key)

    shutil.rmtree(town.town.lake)
    town._twin = None
    landing = town.land(key)

    assert landing.is_news
    assert town.rows(key).equals(before)


def test_a_contract_that_changed_is_asked_for_in_full(town):
    town.land(AIR)
    rule = {"expect_column_values_to_be_between": {"column": "value_ugm3", "max_value": 5}}
    expectations = (Expectation.model_validate(rule),)

    landing = town.land(AIR, expectations=expectations, max_quarantined_ratio=1.0)

    assert landing.is_news
    assert by_day(town.rows(AIR)) == [6, 6]


def test_a_corrected_day_is_sent_and_the_others_are_not(town):
    town.land(SESSIONS)
    town.sessions[0] = {**town.sessions[0], "importo": 99}

    landing = town.land(SESSIONS)

    assert landing.windows == (FIRST_DAY,)
    assert landing.delivered_count == ROWS_A_DAY


def test_a_refused_delivery_is_sent_again_in_full(town):
    town.sessions[:] = [{**row, "importo": -1} for row in town.sessions]
    for _ in range(2):
        with pytest.raises(DeliveryRefused):
            town.land(SESSIONS)


def test_nothing_is_remembered_where_no_copy_is_kept(town):
    town.land(SESSIONS, archive_days=0)

    town.land(SESSIONS, archive_days=0)

    assert not list((town.town.home / "archive").rglob("answers/*/*"))


def test_what_is_remembered_holds_nothing_in_the_clear_and_ends_with_the_deliveries(town):
    town.land(SESSIONS)
    archive = town.town.home / "archive"
    canaries = [*(str(row["targa"]) for row in town.sessions), "offset", "data.items"]

    hits = scan(archive, canaries)
    town.twin.archive.expire(town.window(1).start + timedelta(days=90))

    assert hits == []
    assert not [path for path in archive.rglob("answers/*/*") if path.is_file()]


def test_one_broken_publisher_stops_no_other(town):
    town.fail(SESSIONS, Fault("gone"))

    summary = town.town.run(f"bronze/{SESSIONS}", f"bronze/{AIR}", last=FIRST_DAY + timedelta(1))

    assert list(summary.failures) == ["land_parcheggi__soste"]
    assert "HTTP 410" in summary.failures["land_parcheggi__soste"]
    assert summary.families == {"unavailable"}
    assert by_day(town.rows(AIR)) == [ROWS_A_DAY, ROWS_A_DAY]


@BOTH
def test_days_of_long_ago_are_asked_for_once_unless_somebody_names_them(town, key):
    table, first, second = f"bronze/{key}", FIRST_DAY, FIRST_DAY + timedelta(1)
    town.town.run(table, last=first)
    once, _ = town.asked(key)

    town.town.run(table, last=first)
    not_again, _ = town.asked(key)
    town.town.run(table, last=second)
    for_the_new_day, _ = town.asked(key)
    town.town.run(table, first=first, last=first)
    by_name, _ = town.asked(key)

    assert not_again == once
    assert by_day(town.rows(key)) == [ROWS_A_DAY, ROWS_A_DAY]
    assert for_the_new_day - not_again == once
    assert by_name > for_the_new_day


def test_days_of_long_ago_are_asked_for_again_under_a_new_contract(town):
    town.town.run(f"bronze/{SESSIONS}", last=FIRST_DAY)
    contract = town.town.contracts / SESSIONS / "contract.yaml"
    contract.write_text(contract.read_text().replace("min_value: 0", "min_value: 3"))

    town.town.run(f"bronze/{SESSIONS}", last=FIRST_DAY)

    assert by_day(town.rows(SESSIONS)) == [ROWS_A_DAY - 3]


def test_a_run_says_which_days_shrank(town):
    town.land(SESSIONS)
    del town.sessions[:ROWS_A_DAY]

    last = FIRST_DAY + timedelta(1)
    summary = town.town.run(f"bronze/{SESSIONS}", first=FIRST_DAY, last=last)

    assert summary.is_success
    assert f"{FIRST_DAY} (0 rows, 12 before)" in summary.warnings[f"bronze/{SESSIONS}: drift"]


def test_the_contract_is_told_when_the_question_is_wrong(town):
    source = town.contract(AIR).source.model_copy(update={"select": ("colonna_sparita",)})

    with pytest.raises(ContractError, match="does not understand the question"):
        town.land(AIR, source=source)
