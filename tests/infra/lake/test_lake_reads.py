import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import DeltaTable

from infra.errors import TwinError
from infra.lake import Lake, reading
from infra.lake.places import Place
from tests.infra.lake.tables import KEY, READINGS, day, days, lake_at, readings, rows, write


def test_a_window_is_read_without_opening_the_files_of_others(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2)), ("c", 3.0, day(3))), days(1, 3))
    for part in Path(lake.uri(KEY)).glob("window_on=2025-01-0[13]/*.parquet"):
        part.unlink()

    assert lake.read(KEY, window=days(2, 2)).collect().rows() == [("b", 2.0, day(2))]


def test_any_version_can_be_read_again(lake: Lake) -> None:
    first = write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    second = write(lake, readings(("b", 2.0, day(1))), days(1, 1))

    assert lake.version(KEY) == second
    assert lake.read(KEY, version=first).collect().rows() == [("a", 1.0, day(1))]
    assert lake.read(KEY, version=first, window=days(2, 2)).collect().height == 0
    with pytest.raises(TwinError, match=f"has no version {second + 1}; its newest is {second}"):
        lake.read(KEY, version=second + 1)


def test_the_newest_version_is_what_other_readers_open(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    told = []
    for number in range(22):
        write(lake, readings(("a", float(number), day(1))), days(1, 1))
        told.append((lake.version(KEY), DeltaTable(lake.uri(KEY)).version()))
    log = Path(lake.uri(KEY), "_delta_log")
    log.joinpath("_commit_unfinished.json.tmp").touch()
    log.joinpath(f"{99:020}.json.unfinished").touch()

    assert all(ours == theirs for ours, theirs in told)
    assert lake.version(KEY) == told[-1][0]
    assert list(log.glob("*.checkpoint.parquet"))


def test_a_table_that_is_not_there_is_named_with_what_to_run(lake: Lake) -> None:
    with pytest.raises(TwinError, match=f"gemello run --select {KEY}"):
        lake.read(KEY)

    assert lake.version(KEY) is None
    assert not lake.exists(KEY)
    assert lake.mark(KEY) is None
    assert lake.tables() == []


def test_all_tables_are_listed_by_key(lake: Lake) -> None:
    write(lake, readings(), days(1, 1))
    frame = readings().drop("window_on")
    lake.replace_all("gold/energy/daily_electricity", frame, spec=READINGS, notes={}, mark=1)

    assert lake.tables() == [KEY, "gold/energy/daily_electricity"]


def test_commits_are_told_newest_first_with_their_notes(lake: Lake) -> None:
    started_at = datetime.now(UTC).replace(microsecond=0)
    write(lake, readings(("a", 1.0, day(1))), days(1, 1), run="r1")
    write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2))), days(1, 2), run="r2")

    newest, before, created = lake.history(KEY)

    assert newest.notes == {"run": "r2", "windows": "2025-01-01/2025-01-03"}
    assert before.notes["run"] == "r1"
    assert (newest.version, newest.rows_count, created.notes) == (2, 2, {})
    assert newest.at >= before.at >= started_at
    assert lake.history(KEY, limit=1) == [newest]
    assert lake.last_notes(KEY) == newest.notes


def test_a_note_may_not_take_the_lakes_own_name(lake: Lake) -> None:
    with pytest.raises(TwinError, match="note windows"):
        write(lake, readings(), days(1, 1), windows="all")


def test_the_windows_written_after_a_version_are_told(lake: Lake) -> None:
    first = write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(5))), days(1, 5))
    write(lake, readings(), days(3, 4))
    last = write(lake, readings(("c", 1.0, day(9))), days(9, 9))

    assert lake.changed_windows(KEY, after_version=first) == [day(3), day(4), day(9)]
    assert lake.changed_windows(KEY, after_version=last) == []
    assert lake.changed_windows(KEY, after_version=None) == [day(1), day(5), day(9)]


def test_commits_of_other_tools_are_tolerated(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    first = write(lake, readings(("a", 1.0, day(1))), days(1, 1), run="r1")
    write(lake, readings(("b", 1.0, day(2))), days(2, 2), run="r2")
    table = DeltaTable(lake.uri(KEY))
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    assert lake.changed_windows(KEY, after_version=first) == [day(2)]
    assert lake.last_notes(KEY)["run"] == "r2"
    assert len(lake.history(KEY)) == DeltaTable(lake.uri(KEY)).version() + 1

    table.delete("energy_kwh > 0")

    assert lake.changed_windows(KEY, after_version=first) is None
    assert rows(lake) == []


def test_a_log_that_no_longer_reaches_back_means_that_all_may_have_changed(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    for _ in range(4):
        write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    DeltaTable(lake.uri(KEY)).create_checkpoint()
    for version in range(3):
        (Path(lake.uri(KEY)) / "_delta_log" / f"{version:020}.json").unlink()

    assert lake.changed_windows(KEY, after_version=1) is None
    assert lake.changed_windows(KEY, after_version=3) == [day(1)]


def test_what_others_wrote_meanwhile_is_read(location: str, lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1), mark=1)
    before = rows(lake), lake.marks(KEY, [day(1)])

    write(lake_at(location), readings(("b", 2.0, day(1))), days(1, 1), mark=2)

    assert before == ([("a", 1.0, day(1))], {day(1): 1})
    assert (rows(lake), lake.marks(KEY, [day(1)])) == ([("b", 2.0, day(1))], {day(1): 2})


def test_rows_asked_for_before_a_write_are_those_of_before(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    asked_for = lake.read(KEY)

    write(lake, readings(("b", 2.0, day(1))), days(1, 1))

    assert asked_for.collect().rows() == [("a", 1.0, day(1))]
    assert rows(lake) == [("b", 2.0, day(1))]


def test_a_table_deleted_and_made_again_is_read_anew(location: str, lake: Lake) -> None:
    for name in "ab":
        version = write(lake, readings((name, 1.0, day(1))), days(1, 1))
        seen = rows(lake)
        if location.startswith("s3://"):
            Place.of(location, os.environ).files.rm(lake.uri(KEY), recursive=True)
        else:
            shutil.rmtree(lake.uri(KEY))

    assert (version, seen) == (1, [("b", 1.0, day(1))])
    assert not lake.exists(KEY)
    assert lake.marks(KEY, [day(1)]) == {}


def test_going_back_to_a_version_leaves_the_newest_the_newest(lake: Lake) -> None:
    first = write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    write(lake, readings(("b", 2.0, day(1))), days(1, 1))
    newest = rows(lake)

    lake.read(KEY, version=first).collect()

    assert rows(lake) == newest == [("b", 2.0, day(1))]


def test_a_table_that_nobody_wrote_is_not_opened_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    rows(lake)
    opened: list[str] = []
    monkeypatch.setattr(reading, "opened", lambda _place, key: opened.append(key))

    assert rows(lake) == [("a", 1.0, day(1))]
    assert opened == []
