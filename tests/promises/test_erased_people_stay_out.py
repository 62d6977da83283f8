"""Who was erased does not come back with what publishers send later, until that is lifted."""

import threading
import time

import polars as pl
from deltalake import DeltaTable

from assets.erasing import office_of
from quality.erasure.certificate import LEDGER
from quality.erasure.erase import lift
from tests.promises.erased_town import (
    ANNA,
    BRUNO,
    CARLA,
    HOLDERS_TABLE,
    REFUSED_TABLE,
    ROWS,
    SECOND_DAY,
    SESSIONS_TABLE,
    THIRD_DAY,
    counts,
    deliver_holders,
    deliver_sessions,
    erase_in,
    run,
    sealed_texts,
    write_request,
)
from tests.promises.town import FIRST_DAY, Town, rows_of


def test_the_same_delivery_once_more_is_no_news_and_brings_nobody_back(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))
    before = {table: DeltaTable(settled.lake / table).version() for table in ROWS}

    run(settled)

    assert {table: DeltaTable(settled.lake / table).version() for table in ROWS} == before
    assert counts(settled) == {table: left for table, (_, left) in ROWS.items()}


def test_a_later_delivery_lands_without_the_person_and_is_sealed_without(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    rows = [("U1", ANNA, "A"), ("U2", BRUNO, "B"), ("U3", ANNA, "ELSEWHERE")]
    deliver_sessions(settled, FIRST_DAY, [*rows, ("U4", CARLA, "A"), ("U5", CARLA, "B")])
    deliver_holders(settled, {BRUNO: "Z7", ANNA: "Z1"})
    run(settled)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 3
    texts = sealed_texts(settled)
    assert "U1" not in texts
    assert "U2" in texts
    assert not any(value in texts for value in ANNA.values[1:])
    current = rows_of(settled)[HOLDERS_TABLE].filter(pl.col("valid_to").is_null())
    assert current["zone_code"].to_list() == ["Z7"]


def test_a_delivery_of_nobody_else_is_no_failure_and_leaves_no_trace(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    deliver_sessions(settled, THIRD_DAY, [("W1", ANNA, "A")])
    summary = settled.run(SESSIONS_TABLE, first=THIRD_DAY, last=THIRD_DAY)

    assert summary.is_success, summary.failures
    assert rows_of(settled)[SESSIONS_TABLE].height == ROWS[SESSIONS_TABLE][1]
    assert "W1" not in sealed_texts(settled)


def test_a_request_that_is_lifted_lets_later_rows_land(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    lift("ER-2026-001", office_of(settled.twin(), settled.home / "dagster"))
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    run(settled)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 2


def test_who_was_erased_stays_out_after_the_root_key_was_renewed(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    for _ in range(2):
        assert settled.command("keys", "renew").returncode == 0
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    summary = settled.run(SESSIONS_TABLE, HOLDERS_TABLE, first=FIRST_DAY, last=SECOND_DAY)

    assert summary.is_success, summary.failures
    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 1
    assert not any(value in sealed_texts(settled) for value in ANNA.values[1:])


def test_a_request_that_comes_again_finds_what_came_since(settled: Town) -> None:
    request = write_request(settled, ANNA)
    erase_in(settled, request)
    lift("ER-2026-001", office_of(settled.twin(), settled.home / "dagster"))
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    run(settled)

    erase_in(settled, request)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 1
    assert rows_of(settled)[LEDGER].height == 2


def test_a_landing_that_runs_meanwhile_waits_and_brings_nobody_back(settled: Town) -> None:
    deliver_sessions(
        settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B"), ("U3", CARLA, "A")]
    )
    landing = threading.Thread(target=lambda: run(settled))
    waited: list[bool] = []

    def told(step: str) -> None:
        if step == f"{REFUSED_TABLE}: rewritten":
            landing.start()
            time.sleep(4)
            waited.append(landing.is_alive())

    erase_in(settled, write_request(settled, ANNA), told)
    landing.join(120)

    assert waited == [True]
    first = rows_of(settled)[SESSIONS_TABLE].filter(pl.col("window_on") == FIRST_DAY)
    assert first.height == 2
    assert not any(value in sealed_texts(settled) for value in ANNA.values[1:])
