import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from deltalake import DeltaTable

from infra.lake import Lake
from tests.infra.lake.tables import (
    KEY,
    READINGS,
    day,
    days,
    lake_at,
    readings,
    rows,
    start_process,
    write,
)

WRITER = """
import sys
from datetime import date, timedelta
from infra.windows import Window
from tests.infra.lake.tables import lake_at, readings, write
lake, number = lake_at(sys.argv[1]), int(sys.argv[2])
for turn in range(25):
    day = date(2025, 1, 1) + timedelta(days=4 * turn + number)
    write(lake, readings((str(number), float(turn), day)), Window.of(day, "daily"), by=sys.argv[2])
"""


def test_of_four_writers_with_25_commits_each_all_100_are_present(
    location: str, lake: Lake
) -> None:
    writers = [start_process(WRITER, location, str(number)) for number in range(4)]
    noises = [writer.communicate(timeout=300)[1] for writer in writers]

    assert [writer.returncode for writer in writers] == [0] * 4, noises
    assert len(set(rows(lake))) == 100
    by = [commit.notes["by"] for commit in lake.history(KEY) if "by" in commit.notes]
    assert sorted(by) == sorted("0123" * 25)
    assert lake.version(KEY) == 100


def test_writers_of_the_same_window_leave_the_rows_of_one_of_them(location: str) -> None:
    def replace(number: int) -> int:
        frame = readings(*[(str(number), float(turn), day(1)) for turn in range(5)])
        return write(lake_at(location), frame, days(1, 1), mark=number)

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(replace, range(4)))

    table = lake_at(location).read(KEY).collect()
    assert len(set(versions)) == 4
    assert table.height == 5
    assert table["meter_pid"].n_unique() == 1


@pytest.mark.parametrize("others_count", [1, 3])
def test_a_writer_is_told_its_own_version_though_others_commit_before_it_looks(
    location: str, lake: Lake, monkeypatch: pytest.MonkeyPatch, others_count: int
) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    others = iter(range(2, 2 + others_count))
    commit = DeltaTable.create_write_transaction

    def with_others_behind(table: DeltaTable, *args: Any, **kwargs: Any) -> None:  # deltalake's own
        commit(table, *args, **kwargs)
        for number in others:
            write(lake_at(location), readings(("b", 2.0, day(number))), days(number, number))

    monkeypatch.setattr(DeltaTable, "create_write_transaction", with_others_behind)

    version = write(lake, readings(("a", 3.0, day(1))), days(1, 1), run="ours")

    told = {commit.version: commit.notes for commit in lake.history(KEY)}
    assert told[version] == {"run": "ours", "windows": "2025-01-01/2025-01-02"}
    assert lake.version(KEY) == version + others_count


def test_writers_of_different_windows_lose_nothing_when_all_replace_rows(location: str) -> None:
    write(lake_at(location), readings(*[("old", 0.0, day(n)) for n in range(1, 5)]), days(1, 4))

    def replace(number: int) -> None:
        lake = lake_at(location)
        for turn in range(5):
            write(lake, readings(("new", float(turn), day(number))), days(number, number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(replace, range(1, 5)))

    assert rows(lake_at(location)) == [("new", 4.0, day(n)) for n in range(1, 5)]
    assert lake_at(location).version(KEY) == 21


def test_the_same_delivery_committed_by_two_processes_at_once_is_there_once(location: str) -> None:
    frame = readings(("a", 1.0, day(1))).drop("window_on")

    def replace(number: int) -> int:
        return lake_at(location).replace_all(KEY, frame, spec=READINGS, notes={}, mark=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(replace, [1] * 4))

    assert rows(lake_at(location)) == [("a", 1.0)]


ENDLESS = """
import sys
import polars as pl
from tests.infra.lake.tables import day, days, lake_at, write
lake = lake_at(sys.argv[1])
for batch in range(1, 10_000):
    frame = pl.DataFrame({"energy_kwh": pl.Series(range(60_000)).hash(batch).cast(pl.Float64)})
    frame = frame.select(
        pl.lit(str(batch)).alias("meter_pid"),
        "energy_kwh",
        window_on=pl.lit(day(1)) + pl.duration(days=pl.int_range(pl.len()) % 3),
    )
    write(lake, frame, days(1, 3), mark=batch)
    print("committed", flush=True)
"""


def seen_by_a_reader(lake: Lake) -> int:
    """The number of rows a reader sees, which are those of one whole delivery or none."""
    if not lake.exists(KEY):
        return 0
    table = lake.read(KEY).collect()
    per_window = table.group_by("window_on").len()
    assert per_window["len"].to_list() in ([], [20_000] * 3)
    assert table["meter_pid"].n_unique() <= 1
    return table.height


def test_readers_see_whole_deliveries_while_writers_are_killed(location: str, lake: Lake) -> None:
    chance = random.Random(7)
    undisturbed = readings(("a", 1.0, day(1)), ("b", 2.0, day(2)), ("c", 3.0, day(3)))
    rows_seen_count = 0
    for _ in range(3):
        writer = start_process(ENDLESS, location)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "committed\n"
        until = time.monotonic() + chance.uniform(0.05, 0.5)
        while time.monotonic() < until:
            rows_seen_count += seen_by_a_reader(lake)
        writer.kill()
        writer.communicate()
        rows_seen_count += seen_by_a_reader(lake)

    write(lake, undisturbed, days(1, 3))

    assert rows_seen_count > 0
    assert rows(lake_at(location)) == sorted(undisturbed.rows())
