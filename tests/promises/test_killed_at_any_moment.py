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
    RESIDENTS,
    Town,
    assert_same_rows,
    days,
    process_environment,
    rows_of,
    simulated_town,
)

SEED: Final = 20_250_324
DAYS_COUNT: Final = 2
TABLES: Final = (
    PARKING,
    CAR_PARKS,
    ELECTRICITY,
    RESIDENTS,
    "silver/mobility/*",
    "gold/mobility/*",
    "gold/energy/*",
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
    """A town whose run nobody disturbed: its rows, and how long it took."""

    town: Town
    rows: dict[str, pl.DataFrame]
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    town = simulated_town(tmp_path_factory.mktemp("town"), days=DAYS_COUNT)
    started = time.monotonic()
    done = town.command(*ARGUMENTS)
    assert done.returncode == 0, done.stderr
    return Undisturbed(town, rows_of(town), time.monotonic() - started)


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


def killed_run(town: Town, *, after_s: float) -> int:
    """A run that is killed after so many seconds; how it ended."""
    process = subprocess.Popen(
        [COMMAND, *ARGUMENTS],
        env=process_environment(town.environment),
        cwd=town.home.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


@dataclass
class Reader:
    """Somebody who reads the lake all the time, and what they saw that cannot be."""

    town: Town
    complete: dict[str, dict[object, int]]
    wrong: list[str] = field(default_factory=list)
    looks_count: int = 0

    def look(self) -> None:
        """Read one version of each table and count the rows of its windows."""
        for log in self.town.lake.glob("*/*/*/_delta_log"):
            name = log.parent.relative_to(self.town.lake).as_posix()
            counts = self._counts(log.parent)
            self.looks_count += 1
            complete = self.complete[name]
            for window, count in counts.items():
                if count not in (0, complete.get(window)):
                    self.wrong.append(f"{name} {window}: {count} of {complete.get(window)} rows")

    def _counts(self, table: Path) -> dict[object, int]:
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
                self.look()
                ended.wait(0.1)

        thread = threading.Thread(target=looks)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def windows_of(frame: pl.DataFrame) -> dict[object, int]:
    """Rows by window; of a table without windows, all of them."""
    if "window_on" not in frame.columns:
        return {"all": frame.height}
    return dict(frame.group_by("window_on").len().iter_rows())


def a_round(undisturbed: Undisturbed, folder: Path, *, number: int) -> None:
    chance = random.Random(SEED + number)
    town = begun(undisturbed, folder)
    complete = {name: windows_of(frame) for name, frame in undisturbed.rows.items()}
    reader = Reader(town, complete)

    with reader.reading():
        # Nothing happens in the first seconds of a process but imports.
        killed_run(town, after_s=chance.uniform(0.3, 1.0) * undisturbed.seconds)
        finished = town.command(*ARGUMENTS)

    assert finished.returncode == 0, finished.stderr
    assert reader.wrong == []
    assert reader.looks_count
    assert_same_rows(rows_of(town), undisturbed.rows)


def test_a_run_killed_at_any_moment_is_finished_by_the_next_one(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    # In one test, so that the run nobody disturbs is made once.
    for number in range(3):
        a_round(undisturbed, tmp_path / str(number), number=number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3, 23))
def test_a_run_killed_at_any_of_many_moments_is_finished_by_the_next_one(
    undisturbed: Undisturbed, tmp_path: Path, number: int
) -> None:
    a_round(undisturbed, tmp_path, number=number)
