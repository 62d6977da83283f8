from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from assets.action_register import LEDGER, Entry, broken, enter, entries, export, read_entry
from assets.twin import Twin
from infra.errors import UsageError
from infra.settings import Settings

NOW = datetime(2025, 1, 10, 12, tzinfo=UTC)
TEXT = """
action_id: AZ-50
title: Ciclabile di prova
goal: {indicator: bike_counts, expected_ratio: 1.2, method: structural}
works_from: 2025-02-01
works_until: 2025-03-01
treated: [CB01]
controls: [CB03, CB02]
cost_eur: 100000
decided_by: Giunta comunale
"""


def settings(folder: Path) -> Settings:
    return Settings.load({"GEMELLO_HOME": str(folder / "home")}, folder=folder)


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    return Twin.here(settings(tmp_path))


def entry(tmp_path: Path, old: str = "", new: str = "") -> Entry:
    path = tmp_path / "azione.yaml"
    path.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    return read_entry(path)


def counted(twin: Twin, day: date) -> None:
    """A day of bicycles that has arrived."""
    from infra.lake import TableSpec

    rows = pl.DataFrame({"counted_at": [datetime(day.year, day.month, day.day, tzinfo=UTC)]})
    rows = rows.cast({"counted_at": pl.Datetime("us", "UTC")})
    spec = TableSpec(rows.schema, descriptions={}, statistics=("counted_at",), description="")
    twin.lake.amend(
        "bronze/comune_brescia/bike_counts", lambda _: rows, spec=spec, notes={"run": "test"}
    )


def test_an_edit_is_a_new_entry_that_names_the_one_it_supersedes(twin: Twin, tmp_path: Path):
    first = enter(entry(tmp_path), twin, at=NOW)
    second = enter(entry(tmp_path, "1.2", "1.1"), twin, at=NOW)

    rows = entries(twin)
    assert rows["revision_count"].to_list() == [1, 2]
    assert rows["goal_ratio"].to_list() == [1.2, 1.1]
    assert second["supersedes_hash"] == first["entry_hash"]
    assert broken(twin) == 0


def test_the_same_entry_again_says_nothing_new(twin: Twin, tmp_path: Path):
    enter(entry(tmp_path), twin, at=NOW)

    with pytest.raises(UsageError, match="registered so already"):
        enter(entry(tmp_path, "[CB03, CB02]", "[CB02, CB03]"), twin, at=NOW)


@pytest.mark.parametrize(
    ("newest", "is_before"), [(date(2025, 2, 28), True), (date(2025, 3, 1), False)]
)
def test_it_is_told_whether_data_of_after_the_action_were_there(
    twin: Twin, tmp_path: Path, newest: date, is_before: bool
):
    counted(twin, newest)

    row = enter(entry(tmp_path), twin, at=NOW)

    assert row["is_before"] is is_before


def test_of_a_goal_without_data_the_calendar_decides(twin: Twin, tmp_path: Path):
    late = datetime(2025, 3, 1, tzinfo=UTC)

    assert enter(entry(tmp_path), twin, at=NOW)["is_before"] is True
    assert enter(entry(tmp_path, "AZ-50", "AZ-51"), twin, at=late)["is_before"] is False


def test_an_entry_that_was_changed_or_taken_away_is_seen(twin: Twin, tmp_path: Path):
    enter(entry(tmp_path), twin, at=NOW)
    enter(entry(tmp_path, "1.2", "1.1"), twin, at=NOW)
    assert broken(twin) == 0

    stored = DeltaTable(f"{tmp_path}/home/lake/{LEDGER}")
    stored.update({"goal_ratio": "2.0"}, predicate="revision_count = 2")
    changed = broken(twin)
    stored.delete("revision_count = 1")

    assert (changed, broken(twin)) == (1, 1)


def test_the_contract_reads_the_first_entry_of_all_and_then_those_entered(
    twin: Twin, tmp_path: Path
):
    enter(entry(tmp_path), twin, at=NOW)
    export(twin)

    served = Twin.here(settings(tmp_path)).settings.sources["register"]
    lines = (Path(served) / "register.csv").read_text(encoding="utf-8").splitlines()

    assert [line.split(";")[:2] for line in lines[1:]] == [["REGISTRO", "1"], ["AZ-50", "1"]]
    assert "CB02 CB03" in lines[2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bike_counts", "bikes", "goal.indicator: no such indicator; write one of accessibility"),
        ("structural", "interrupted", "bike_counts is verified by structural"),
        ("1.2,", "1.0,", "goal.expected_ratio is 1"),
        ("decided_by: Giunta comunale", "", "decided_by: is missing"),
        ("title:", "titolo: x\ntitle:", "titolo: there is no such field"),
        ("works_until: 2025-03-01", "works_until: 2025-01-01", "works_until lies before"),
        ("[CB01]", "[CB02]", "CB02 is among both treated and controls"),
        ("2025-02-01", "domani", "works_from: Input should be a valid date"),
        ("AZ-50", "AZ 50", "action_id: String should match"),
    ],
)
def test_a_file_that_makes_no_sense_is_told_what_to_mend(
    tmp_path: Path, old: str, new: str, said: str
):
    with pytest.raises(UsageError, match=said):
        entry(tmp_path, old, new)


def test_what_is_no_yaml_is_told(tmp_path: Path):
    (tmp_path / "azione.yaml").write_text("{", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be read as YAML"):
        read_entry(tmp_path / "azione.yaml")
