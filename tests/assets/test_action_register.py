from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from assets.action_register import (
    LEDGER,
    Entry,
    broken,
    enter,
    entries,
    export,
    following,
    in_order,
    read_entry,
    set_back,
    wrong_count,
)
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

    # One was taken away, and the other has nothing to follow from.
    assert (changed, broken(twin)) == (1, 2)


def test_an_entry_taken_from_the_end_is_missed(twin: Twin, tmp_path: Path):
    enter(entry(tmp_path), twin, at=NOW)
    enter(entry(tmp_path, "1.2", "1.1"), twin, at=NOW)

    DeltaTable(f"{tmp_path}/home/lake/{LEDGER}").delete("revision_count = 2")

    assert entries(twin)["goal_ratio"].to_list() == [1.2]
    assert broken(twin) == 1


def test_an_entry_that_says_to_be_older_than_the_one_before_it_is_told(twin: Twin, tmp_path: Path):
    enter(entry(tmp_path), twin, at=NOW)
    enter(entry(tmp_path, "AZ-50", "AZ-51"), twin, at=NOW - timedelta(days=300))

    assert set_back(entries(twin)) == ["AZ-51"]
    assert broken(twin) == 0


GOAL = {"indicator": "bike_counts"}
SAID = {
    "title": "Prova", "works_from": date(2025, 2, 1), "works_until": date(2025, 3, 1),
    "treated": ["CB01"], "cost_eur": 1.0, "decided_by": "Giunta comunale",
}  # fmt: skip


def chain(ratios: list[tuple[str, float]]) -> pl.DataFrame:
    """A register of so many entries; those that say nothing new are left out."""
    rows = pl.DataFrame(schema=entry_schema())
    for at, (action, ratio) in enumerate(ratios):
        one = Entry(action_id=action, goal={**GOAL, "expected_ratio": ratio}, **SAID)  # type: ignore[arg-type] # as YAML gives it
        try:
            row = following(one, rows, at=NOW + timedelta(hours=at), is_before=at % 2 == 0)
        except UsageError:
            continue
        rows = pl.concat([rows, pl.DataFrame([row], schema=rows.schema)])
    return rows


def entry_schema() -> pl.Schema:
    return in_order(pl.DataFrame({"previous_hash": []})).schema


REGISTERS = st.lists(
    st.tuples(st.sampled_from(["AZ-1", "AZ-2"]), st.sampled_from([0.8, 1.1, 1.2])),
    min_size=2,
    max_size=6,
).map(chain).filter(lambda rows: rows.height > 1)  # fmt: skip


@examples(max_examples=40, deadline=None)
@given(rows=REGISTERS, chosen=st.randoms(use_true_random=False))
def test_whatever_is_changed_in_an_entry_is_seen_and_the_order_of_rows_says_nothing(
    rows: pl.DataFrame, chosen: Random
):
    at, name = chosen.randrange(rows.height), chosen.choice(rows.columns)
    changed = rows.to_dicts()
    changed[at][name] = OTHER[rows.schema[name]]
    other = chosen.sample(range(rows.height), rows.height)

    assert in_order(rows[other]).equals(rows)
    assert wrong_count(rows[other]) == 0
    assert wrong_count(pl.DataFrame(changed, schema=rows.schema)[other]) > 0


OTHER = {
    pl.String(): "x", pl.Int64(): 99, pl.Float64(): 9.5, pl.Date(): date(1999, 1, 1),
    pl.Boolean(): None, pl.Datetime("us", "UTC"): datetime(1999, 1, 1, tzinfo=UTC),
}  # fmt: skip


@examples(max_examples=40, deadline=None)
@given(rows=REGISTERS, chosen=st.randoms(use_true_random=False))
def test_what_is_taken_away_moved_or_put_in_between_is_seen(rows: pl.DataFrame, chosen: Random):
    at = chosen.randrange(rows.height - 1)
    said = [row | {"cost_eur": 2.0} for row in rows.to_dicts()]
    before, after = rows["previous_hash"][at], rows["previous_hash"][at + 1]
    swapped = rows.with_columns(pl.col("previous_hash").replace({before: after, after: before}))

    # All but the end: that only the table's history knows.
    assert wrong_count(rows.filter(pl.col("previous_hash") != before)) > 0
    assert wrong_count(swapped) > 0
    assert wrong_count(pl.concat([rows, rows[at : at + 1]])) > 0
    assert wrong_count(pl.concat([rows, pl.DataFrame(said, schema=rows.schema)[at : at + 1]])) > 0


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
        ("structural", "interrupted", "bike_counts is verified by structural or differences"),
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
