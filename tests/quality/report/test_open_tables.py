import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from infra.lake import Commit, Lake, TableSpec
from infra.settings import Settings
from quality.disclosure.gate import Passed, clear
from quality.disclosure.policy import Records, Thresholds
from quality.report.open_tables import open_tables, standing
from quality.report.snapshot import Snapshot

TABLE = "open/safety/people"
AT = datetime(2025, 3, 24, 6, tzinfo=UTC)
LIMITS = Thresholds(k=3, entropy_l=1.5, t=0.3)
PEOPLE = Records(("zone_id", "sex_code"), ("outcome_code",), LIMITS)
# Four groups of four people each, half of them badly hurt: nobody is alone, and k is 4.
ROWS = pl.DataFrame(
    [(zone, sex, how) for zone in "ab" for sex in "FM" for how in ("bad", "light") * 2],
    schema=["zone_id", "sex_code", "outcome_code"],
    orient="row",
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(Settings.load({}, tmp_path))


def publish(lake: Lake, passed: Passed, verdict: str) -> None:
    spec = TableSpec(ROWS.schema, description="People")
    lake.replace_all(TABLE, passed.rows, spec=spec, notes={"disclosure": verdict}, mark=1)


def tables_of(lake: Lake) -> dict[str, list[dict[str, object]]]:
    section = open_tables([TABLE], Snapshot.of(lake))
    return {table.key: table.records() for table in section.tables}


def test_the_pack_says_of_an_open_table_what_the_gate_measured(lake):
    passed = clear(TABLE, ROWS, PEOPLE)
    publish(lake, passed, passed.verdict.as_text)

    found = tables_of(lake)

    (release,), (attack,) = found["releases"], found["attacks"]
    assert (release["units"], release["k"], release["k_least"]) == (16, 4, 3)
    assert (release["distinct_l"], release["t"], release["t_most"]) == (2, 0.0, 0.3)
    assert (attack["described_count"], attack["worked_out_count"], attack["linked_count"]) == (
        0, 0, 0,
    )  # fmt: skip
    assert attack["highest_probability"] == 0.25
    assert str(attack["inferred"]).startswith("outcome_code: ")


def test_a_table_that_stands_below_its_thresholds_is_told_first(lake):
    passed = clear(TABLE, ROWS, PEOPLE)
    publish(lake, passed, replace(passed.verdict, k=2).as_text)

    (finding,) = open_tables([TABLE], Snapshot.of(lake)).findings

    assert (finding.weight, TABLE in finding.text) == ("broken", True)


def test_a_table_that_was_never_published_is_no_success(lake):
    (finding,) = open_tables([TABLE], Snapshot.of(lake)).findings

    assert finding.weight == "look"


def commit(version: int, windows: str | None, k: int) -> Commit:
    notes = {"disclosure": json.dumps({"k": k})} | ({"windows": windows} if windows else {})
    return Commit(version, AT, "WRITE", notes)


def test_the_verdicts_of_all_days_that_stand_count_and_of_replaced_ones_none():
    commits = [
        commit(1, "2025-03-24/2025-03-26", 11),
        commit(2, "2025-03-26/2025-03-28", 12),
        commit(3, "2025-03-24/2025-03-26", 13),
        commit(4, "2025-03-27/2025-03-28", 14),
    ]

    assert [one["k"] for one in standing(commits)] == [14, 13, 12]


def test_of_a_table_replaced_whole_the_last_verdict_counts():
    assert [one["k"] for one in standing([commit(1, None, 11), commit(2, None, 12)])] == [12]


def test_a_table_is_read_as_it_was_whoever_writes_meanwhile(lake):
    passed = clear(TABLE, ROWS, PEOPLE)
    publish(lake, passed, passed.verdict.as_text)
    then = Snapshot.of(lake)
    larger = clear(TABLE, pl.concat([ROWS, ROWS]), PEOPLE)
    publish(lake, larger, larger.verdict.as_text)

    assert (then.rows_count(TABLE), Snapshot.of(lake).rows_count(TABLE)) == (16, 32)
    assert len(then.history(TABLE)) < len(Snapshot.of(lake).history(TABLE))
