import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from assets.derived_assets import find_declarations
from infra.adapters import sftp_fetch
from infra.scan import scan
from tests.promises.month import (
    DAYS_COUNT,
    FILE_FAULTS,
    LAST_FAULT,
    Person,
    day_of,
    faulty,
    files_of,
    people,
)
from tests.promises.month_contracts import TABLES
from tests.promises.month_publishers import (
    EXPIRED_ON,
    OUTAGES,
    HurriedTwin,
    MonthTown,
    Publishers,
    outages,
    publishers,
)
from tests.promises.town import (
    COMMAND,
    FIRST_DAY,
    Town,
    assert_same_rows,
    process_environment,
    rows_of,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.longest,
    pytest.mark.filterwarnings("ignore::infra.errors.GemelloWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SEED: Final = 20_250_324
SELECT: Final = " or ".join(f'key:"{table}"' for table in TABLES)
LAST_DAY: Final = day_of(DAYS_COUNT - 1)
KILLED_ON: Final = (4, 12, 20)
# On these days our own machine was off.
OFF_ON: Final = (8, 9, 16, 23, 27)
SHUT_ON: Final = (3, 13, 21)
# Tables of which every day has rows: kept, refused, and made of them.
SEEN: Final = (
    "bronze/energia/letture",
    "quarantine/arpa/aria",
    "quarantine/brescia_mobilita/parking_sessions",
    "quarantine/parcheggi/soste",
    "quarantine/parks/visits",
    "silver/air/air_quality_observed",
    "gold/air/hourly_european_air_quality_index",
    "gold/air/daily_pm10_forecast_by_station",
    "gold/mobility/hourly_parking_pressure",
)
# What a delivery is called and until when it is kept are those of the day it was sealed.
OF_THE_DELIVERY: Final = ("delivery_id", "sealed_until_on")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_fetch, "PAUSES_S", (0.0, 0.0))


def undisturbed(at: Publishers, crowd: list[Person]) -> None:
    """Every delivery came on its day, whole; run ten days at a time, so that each list is seen."""
    for number in range(DAYS_COUNT):
        files = files_of(number, crowd, seed=SEED)
        deliver(at, *((number, name, content) for name, content in files.items()))
        if number % 10 == 9:
            summary = at.town.run(*TABLES, first=day_of(number - 9), last=day_of(number))
            assert summary.is_success, summary.failures


def give_the_keys_of(other: Town, town: Town) -> None:
    """The keys of days are random, so both installations must have the same."""
    town.home.mkdir()
    shutil.copy2(other.home / "root.key", town.home)
    shutil.copytree(other.home / "root.key.ring", town.home / "root.key.ring")


def files_count(town: Town) -> int:
    """How many files lake and archive hold, while somebody writes to them."""
    return sum(
        len(files) for name in ("lake", "archive") for _, _, files in os.walk(town.home / name)
    )


def is_killed(town: MonthTown, first: date, last: date, *, after_files: int, said: Path) -> bool:
    """Let a process of its own run until it has written so many files; whether it was killed."""
    before = files_count(town)
    span = ("--from", str(first), "--to", str(last))
    with said.open("ab") as out:
        process = subprocess.Popen(
            [COMMAND, "--debug", "run", "--select", SELECT, *span],
            env=process_environment(town.environment),
            cwd=town.home.parent,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        while process.poll() is None and files_count(town) < before + after_files:
            time.sleep(0.1)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


# The number of the day it is of, its name, its content; None: it goes away.
Coming = tuple[int, str, bytes | None]


def deliver(at: Publishers, *coming: Coming) -> None:
    """Have these deliveries come."""
    for number, name, content in coming:
        at.deliver(name, content, number=number)


def coming_deliveries(
    crowd: list[Person], chance: random.Random, told: Callable[[str], None]
) -> dict[int, list[Coming]]:
    """What comes on each day."""
    coming = defaultdict(list)
    for number in range(DAYS_COUNT):
        files, others = (files_of(number, crowd, seed=SEED + more) for more in (0, 1))
        for on, name, content in faulty(number, files, others, chance, told):
            coming[on].append((number, name, content))
    return coming


def as_issued(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """A forecast says what was known when it was issued, so a month of faults says other ones.

    What remains is of which days they were issued, of what, and the newest, said again of all; of
    what was fitted for them, which hangs on how much had come, the newest alone.
    """
    said = {}
    for name, one in find_declarations().items():
        if one.issued_from and name in tables:
            rows = tables[name]
            newest = rows.filter(pl.col("issued_on") == rows["issued_on"].max())
            keys = rows.select(one.key_columns) if one.stage == "gold" else newest
            said |= {name: keys, f"newest of {name}": newest}
    return tables | said


def test_a_month_of_every_fault_ends_in_the_tables_of_a_month_without_any(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    crowd, chance = people(random.Random(SEED)), random.Random(SEED)
    well, ill, left = tmp_path / "well", tmp_path / "ill", tmp_path / "left"
    left.joinpath("temp").mkdir(parents=True)
    with publishers(well) as at:
        monkeypatch.setenv("SSL_CERT_FILE", str(at.certificate))
        undisturbed(at, crowd)
        expected, keys = rows_of(at.town), at.town
    struck: Counter[object] = Counter()
    coming = coming_deliveries(crowd, chance, lambda fault: struck.update([fault]))
    failing = outages(chance)
    monkeypatch.setenv("TMPDIR", str(left / "temp"))
    monkeypatch.setattr(tempfile, "tempdir", str(left / "temp"))
    kills_count = 0
    failures: list[str] = []

    with publishers(ill) as at:
        town = at.town
        give_the_keys_of(keys, town)
        for today in range(DAYS_COUNT):
            deliver(at, *coming[today])
            if today in OFF_ON:
                continue
            faults = failing[today]
            at.fail(faults, is_expired=today in EXPIRED_ON, is_shut=today in SHUT_ON)
            monkeypatch.setenv("SSL_CERT_FILE", str(at.certificate))
            asked = at.asked()
            # What may still be missing, up to the day ahead of which some files come.
            first = day_of(max(0, today - LAST_FAULT - 1))
            last = min(day_of(today + 1), LAST_DAY)
            if today in KILLED_ON:
                kills_count += is_killed(
                    town, first, last, after_files=chance.randrange(1, 40), said=left / "said"
                )
            else:
                twin = HurriedTwin.here(town.settings)
                summary = town.run(*TABLES, first=first, last=last, twin=twin)
                failures += [*summary.failures.values(), *summary.warnings.values()]
            struck.update(faults[name] for name in faults if at.asked()[name] > asked[name])
        at.recover()
        monkeypatch.setenv("SSL_CERT_FILE", str(at.certificate))
        deliver(at, *(each for on in range(DAYS_COUNT, max(coming) + 1) for each in coming[on]))
        recovered = town.run(*TABLES, first=FIRST_DAY, last=LAST_DAY)
    said = capfd.readouterr()
    left.joinpath("output").write_text("\n".join([said.out, said.err, caplog.text, *failures]))

    assert all(expected[table].height >= DAYS_COUNT for table in SEEN)
    assert set(struck) >= {*FILE_FAULTS, *OUTAGES}
    assert kills_count > 0
    assert any("certificate has expired" in text for text in failures)
    assert any("Far fewer rows came than before" in text for text in failures)
    assert recovered.is_success, recovered.failures
    assert_same_rows(as_issued(rows_of(town)), as_issued(expected), but_for=OF_THE_DELIVERY)
    canaries = [value for person in crowd for value in person.canaries]
    assert scan(town.sources, canaries)
    assert scan(town.home, canaries) == []
    assert scan(left, canaries) == []
