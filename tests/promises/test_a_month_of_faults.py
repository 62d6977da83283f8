import contextlib
import os
import random
import shutil
import signal
import subprocess
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from assets import source_assets
from infra.scan import scan
from tests.promises.contracts import parks_town
from tests.promises.month import (
    DAYS_COUNT,
    LAST_FAULT,
    Person,
    day_of,
    deliver,
    faulty,
    files_of,
    people,
)
from tests.promises.town import (
    COMMAND,
    FIRST_DAY,
    Town,
    assert_same_rows,
    process_environment,
    rows_of,
)

SEED: Final = 20_250_324
TABLES: Final = (
    "bronze/parks/*",
    "bronze/brescia_mobilita/*",
    "bronze/arpa_lombardia/air_quality",
    "bronze/definitions/*",
    "silver/*",
    "gold/mobility/*",
    "gold/air/*",
)
SELECT: Final = " or ".join(f'key:"{table}"' for table in TABLES)
LAST_DAY: Final = day_of(DAYS_COUNT - 1)
KILLED_ON: Final = (4, 11, 17, 23)
# What a delivery is called and until when it is kept are those of the day it was sealed.
OF_THE_DELIVERY: Final = ("delivery_id", "sealed_until_on")


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return people(random.Random(SEED))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, crowd: list[Person]) -> Town:
    """Every file came on its day, whole; run ten days at a time, so that each list is seen."""
    town = parks_town(tmp_path_factory.mktemp("undisturbed"))
    for number in range(DAYS_COUNT):
        for name, content in files_of(number, crowd, seed=SEED).items():
            deliver(town, name, content, dated=day_of(number))
        if number % 10 == 9:
            summary = town.run(*TABLES, first=day_of(number - 9), last=day_of(number))
            assert summary.is_success, summary.failures
    return town


def with_the_keys_of(other: Town, folder: Path) -> Town:
    """Another installation; the keys of days are random, so it must have the same."""
    town = parks_town(folder)
    town.home.mkdir()
    shutil.copy2(other.home / "root.key", town.home)
    shutil.copytree(other.home / "root.key.ring", town.home / "root.key.ring")
    return town


def killed_run(town: Town, first: date, last: date, *, after_s: float) -> None:
    """A run in a process of its own that does not live to its end."""
    process = subprocess.Popen(
        [COMMAND, "run", "--select", SELECT, "--from", str(first), "--to", str(last)],
        env=process_environment(town.environment),
        cwd=town.home.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_month_of_every_fault_ends_in_the_tables_of_a_month_without_any(
    undisturbed: Town, crowd: list[Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(source_assets.RETRIES, "delay", 0.05)
    chance = random.Random(SEED)
    town = with_the_keys_of(undisturbed, tmp_path)
    coming = defaultdict(list)
    for number in range(DAYS_COUNT):
        files = files_of(number, crowd, seed=SEED)
        for on, name, content in faulty(number, files, chance):
            coming[on].append((number, name, content))
    failures_count = 0

    for today in range(DAYS_COUNT + LAST_FAULT + 2):
        for number, name, content in coming[today]:
            if content is None:
                with contextlib.suppress(FileNotFoundError):
                    (town.sources / name).unlink()
            else:
                deliver(town, name, content, dated=day_of(number))
        # What may still be missing, up to the day ahead of which some files come.
        first = day_of(max(0, today - LAST_FAULT - 1))
        last = min(day_of(today + 1), LAST_DAY)
        if today in KILLED_ON:
            killed_run(town, first, last, after_s=chance.uniform(3, 9))
        else:
            failures_count += len(town.run(*TABLES, first=first, last=last).failures)
    recovered = town.run(*TABLES, first=FIRST_DAY, last=LAST_DAY)

    assert failures_count > 0
    assert recovered.is_success, recovered.failures
    assert_same_rows(rows_of(town), rows_of(undisturbed), but_for=OF_THE_DELIVERY)
    canaries = [value for person in crowd for value in person.canaries]
    assert scan(town.sources, canaries)
    assert scan(town.home, canaries) == []
