import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from tests.promises.town import (
    CAR_PARKS,
    COMMAND,
    ELECTRICITY,
    FIRST_DAY,
    PARKING,
    PRESSURE,
    RESIDENTS,
    Town,
    assert_same_rows,
    days,
    process_environment,
    rows_of,
    simulated_town,
)

# One process has them all: what they compare with is made once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

SEED: Final = 20_250_324
# It depends on the day on which a delivery is sealed, and midnight may come in between.
OF_TODAY: Final = ("sealed_until_on",)
DAYS_COUNT: Final = 2
TABLES: Final = (
    PARKING,
    CAR_PARKS,
    ELECTRICITY,
    RESIDENTS,
    "bronze/definitions/completeness_rules",
    "bronze/definitions/disclosure_limits",
    "silver/mobility/off_street_parking",
    "bronze/istat/census_sections",
    "bronze/comune_brescia/quarters",
    "silver/territory/quarters",
    "silver/energy/electricity_consumption_by_day",
    PRESSURE,
    "gold/energy/daily_electricity_by_section",
)
ARGUMENTS: Final = (
    "run",
    "--select",
    " or ".join(f'key:"{table}"' for table in TABLES),
    "--from",
    str(FIRST_DAY),
    "--to",
    str(days(DAYS_COUNT)[-1]),
)


@dataclass(frozen=True)
class Undisturbed:
    """A town whose run nobody disturbed: its rows, and how many steps it took."""

    town: Town
    rows: dict[str, pl.DataFrame]
    steps_count: int


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    town = simulated_town(tmp_path_factory.mktemp("town"), days=DAYS_COUNT)
    done = town.command(*ARGUMENTS)
    assert done.returncode == 0, done.stderr
    rows = rows_of(town)
    assert set(TABLES) <= set(rows)
    return Undisturbed(town, rows, steps_of(town))


def begun(undisturbed: Undisturbed, folder: Path) -> Town:
    """A town with the same publishers and keys, but without tables."""
    old = undisturbed.town
    shutil.copytree(old.sources, folder / "sources")
    home = folder / "installation" / "home"
    home.mkdir(parents=True)
    shutil.copy2(old.home / "root.key", home)
    # The keys of days are random: with others the same plate would have another pseudonym.
    shutil.copytree(old.home / "root.key.ring", home / "root.key.ring")
    return Town(home=home, sources=folder / "sources")


def steps_of(town: Town) -> int:
    """How far a run has come: every file of data, every commit and every sealed key is a step."""
    places = (town.lake, town.home / "archive")
    return sum(len(names) for place in places for _, _, names in os.walk(place))


def killed_run(town: Town, *, after_steps: int) -> int:
    """A run that is killed as soon as it has come so far; how it ended."""
    process = subprocess.Popen(
        [COMMAND, *ARGUMENTS],
        env=process_environment(town.environment),
        cwd=town.home.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while steps_of(town) < after_steps and process.poll() is None:
        time.sleep(0.001)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


@dataclass
class Reader:
    """Somebody who reads the lake all the time, and what they saw that cannot be."""

    town: Town
    complete: dict[str, dict[object, tuple[int, int]]]
    wrong: list[str] = field(default_factory=list)
    looks_count: int = 0

    def look(self) -> None:
        """Read one version of each table and compare its windows with whole ones, row for row."""
        for log in self.town.lake.glob("*/*/*/_delta_log"):
            name = log.parent.relative_to(self.town.lake).as_posix()
            windows = self._windows(log.parent)
            self.looks_count += 1
            self.wrong += [
                f"{name} {window}: {rows_count} rows"
                for window, (rows_count, hash_) in windows.items()
                if (rows_count, hash_) != self.complete[name].get(window)
            ]

    def _windows(self, table: Path) -> dict[object, tuple[int, int]]:
        try:
            opened = DeltaTable(table)
        except DeltaError:
            return {}  # its first commit is not there yet
        return windows_of(pl.read_delta(opened))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Look again and again until the block ends."""
        ended = threading.Event()

        def looks() -> None:
            while not ended.is_set():
                began = time.monotonic()
                self.look()
                # No more than a third of a core: the run that is looked at needs the others.
                ended.wait(max(0.1, 2 * (time.monotonic() - began)))

        thread = threading.Thread(target=looks)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def windows_of(frame: pl.DataFrame) -> dict[object, tuple[int, int]]:
    """How many rows each window has that has any, and a number that changes with any of them."""
    columns = sorted(set(frame.columns) - {"window_on", *OF_TODAY})
    window = pl.col("window_on") if "window_on" in frame.columns else pl.lit("all")
    hashed = frame.select(window.alias("window"), pl.struct(columns).hash(7).alias("hash"))
    groups = hashed.group_by("window").agg(pl.len(), pl.col("hash").sort().implode())
    return {start: (count, hash(tuple(hashes))) for start, count, hashes in groups.iter_rows()}


def a_round(undisturbed: Undisturbed, folder: Path, *, number: int) -> None:
    chance = random.Random(SEED + number)
    town = begun(undisturbed, folder)
    complete = {name: windows_of(frame) for name, frame in undisturbed.rows.items()}
    reader = Reader(town, complete)

    with reader.reading():
        # The last step is followed by seconds in which nothing of ours is written.
        ended = killed_run(town, after_steps=chance.randint(1, undisturbed.steps_count - 1))
        # In this process: twenty more would spend most of their time on beginning.
        finished = town.run(*TABLES, first=FIRST_DAY, last=days(DAYS_COUNT)[-1])

    assert ended == -signal.SIGKILL
    assert finished.is_success, finished.failures
    assert reader.wrong == []
    assert reader.looks_count
    assert_same_rows(rows_of(town), undisturbed.rows, but_for=OF_TODAY)


def test_a_run_killed_at_any_moment_is_finished_by_the_next_one(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    a_round(undisturbed, tmp_path, number=0)


def test_what_a_killed_run_left_in_quarantine_goes_when_the_delivery_of_before_comes_back(
    parks: Town,
) -> None:
    path, bronze = parks.sources / "town" / "places.csv", "bronze/parks/places"
    first = "codice,nome,area\nP1,Ducos,100\nP2,Castelli,0\n"
    path.write_text(first)
    assert parks.run(bronze).is_success
    before = rows_of(parks)
    path.write_text("codice,nome,area\nP1,Ducos,0\nP2,Castelli,100\n")
    assert parks.run(bronze).is_success
    max((parks.lake / bronze / "_delta_log").glob("*.json")).unlink()  # killed just before

    path.write_text(first)
    assert parks.run(bronze).is_success

    assert_same_rows(rows_of(parks), before, but_for=OF_TODAY)


@pytest.mark.parametrize("number", range(1, 12))
def test_a_run_killed_at_any_of_many_moments_is_finished_by_the_next_one(
    undisturbed: Undisturbed, tmp_path: Path, number: int
) -> None:
    a_round(undisturbed, tmp_path, number=number)
