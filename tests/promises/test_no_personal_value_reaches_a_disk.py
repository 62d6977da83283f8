import gzip
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from infra.scan import scan
from tests.promises.canaries import People, Person, plant
from tests.promises.town import (
    FIRST_DAY,
    Town,
    days,
    process_environment,
    simulated_town,
)

ROOT: Final = Path(__file__).parents[2]
SECOND_DAY: Final = days(2)[1]
ONE: Final = Person(1)


@dataclass(frozen=True)
class World:
    """All that an installation can write to, beside what its publishers keep."""

    disk: Path
    town: Town
    people: People
    said: str


@pytest.fixture
def city(tmp_path: Path) -> World:
    """An installation through which everything went once, in a process of its own.

    What it says and keeps lies in one folder.
    """
    outside, disk = tmp_path / "publishers", tmp_path / "disk"
    outside.mkdir()
    disk.mkdir()
    sources = simulated_town(outside, days=2, only=None).sources
    people = plant(sources / "town", outside / "contracts")
    town = Town(home=disk / "gemello", sources=sources, contracts=outside / "contracts")
    folders = {name: disk / name.lower() for name in ("HOME", "TMPDIR", "DAGSTER_HOME")}
    for folder in (*folders.values(), disk / "work"):
        folder.mkdir()
    places = {name: str(folder) for name, folder in folders.items()}
    places["PYTHONPATH"] = str(ROOT)
    arguments = [FIRST_DAY, SECOND_DAY, sources / "town" / "gate.csv"]
    with (disk / "output.txt").open("wb") as output, (disk / "errors.txt").open("wb") as errors:
        subprocess.run(
            [sys.executable, "-m", "tests.promises.canary_runs", *map(str, arguments)],
            env=process_environment(town.environment | places),
            cwd=disk / "work",
            stdout=output,
            stderr=errors,
            check=True,
        )
    said = (disk / "output.txt").read_text() + (disk / "errors.txt").read_text()
    return World(disk, town, people, said)


def in_delta_rows(folder: Path) -> None:
    frame = pl.DataFrame({"a": [f"row {n}" for n in range(500)] + [ONE.name]})
    write_deltalake(folder / "table", frame.to_arrow())


def in_delta_checkpoint(folder: Path) -> None:
    write_deltalake(folder / "table", pl.DataFrame({"a": [ONE.plate]}).to_arrow())
    table = DeltaTable(folder / "table")
    table.create_checkpoint()
    for path in folder.glob("table/*.parquet"):
        path.unlink()
    for path in folder.glob("table/_delta_log/*.json"):
        path.unlink()


def in_unread_parquet(folder: Path) -> None:
    # Among texts with the same beginnings, so that it is packed: no byte scan would see it.
    alike = [f"{ONE.fiscal_code[: n % 16]}{n}" for n in range(300)]
    frame = pl.DataFrame({"a": [*alike, ONE.fiscal_code]})
    frame.write_parquet(folder / "a.parquet", statistics=False, compression="zstd")
    assert ONE.fiscal_code.encode() not in (folder / "a.parquet").read_bytes()


def in_sqlite(folder: Path) -> None:
    connection = sqlite3.connect(folder / "runs.db")
    connection.execute("CREATE TABLE event_logs (event TEXT)")
    connection.execute("INSERT INTO event_logs VALUES (?)", (f'{{"message": "{ONE.email}"}}',))
    connection.commit()
    connection.close()


def in_zip_name(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr(f"{ONE.name}.csv", "x")


PLANTED: Final[dict[str, Callable[[Path], object]]] = {
    "rows of a table": in_delta_rows,
    "checkpoint of a table": in_delta_checkpoint,
    "Parquet without statistics": in_unread_parquet,
    "SQLite": in_sqlite,
    "what was said": lambda folder: (folder / "errors.txt").write_text(f"Error: {ONE.phone}\n"),
    "gzip": lambda folder: (folder / "a.gz").write_bytes(gzip.compress(ONE.pod.encode())),
    "zip": in_zip_name,
    "name of a file": lambda folder: (folder / f"{ONE.name}.csv").write_text("x"),
    "other letters": lambda folder: (folder / "a").write_bytes(ONE.plate.lower().encode("utf-16")),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_the_scanner_finds_a_value_planted_in_every_kind_of_file(
    tmp_path: Path, planted: Callable[[Path], object]
) -> None:
    planted(tmp_path)

    assert scan(tmp_path, ONE.values)


@pytest.mark.longest
@pytest.mark.slow
def test_neither_what_was_planted_nor_anybody_of_the_simulated_city_is_found_on_the_disk(
    city: World,
) -> None:
    truth = city.town.sources / "_ground_truth" / "canaries.txt"
    citizens = truth.read_text(encoding="utf-8").splitlines()

    hits = scan(city.disk, city.people.canaries)
    citizen_hits = scan(city.disk, citizens)

    assert_every_way_in_was_met(city)
    assert [(h.path, h.form, h.place, city.people.place_of(h.canary)) for h in hits] == []
    assert [(hit.path, hit.form, hit.place) for hit in citizen_hits] == []


def assert_every_way_in_was_met(world: World) -> None:
    """The proof is worth what the runs went through: kept, refused, blocked, crashed."""
    kept = pl.read_delta(str(world.town.lake / "bronze/canary/sessions"))
    refused = pl.read_delta(str(world.town.lake / "quarantine/canary/sessions"))
    rules = {rule.partition("(")[0] for rule in refused["rule"]}
    assert kept.height >= 24
    assert {
        "unreadable",
        "required",
        "duplicate_key",
        "event_time_out_of_range",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_between",
    } < rules
    for words in (
        "canary/undeclared: 1 of 1 undeclared column looks personal",
        "canary/headerless: ",
        "canary/json_broken: ",
        "canary/damaged: ",
        "a web page came in place of csv",
        "KeyError at",
        "RuntimeError at",
        "OSError at",
        "InvalidOperationError at",
        "the gate failed on this delivery (InvalidOperationError)",
        "gemello failed with KeyError",
        "the query failed on the data (ConversionException)",
        "$ gemello run --from-archive",
        "ER-1: erased and proved; 1 row removed",
        "1 table restored, 1 row of erased people taken out again",
    ):
        assert words in world.said, words
    tables = {path.parent.name for path in world.town.lake.glob("bronze/canary/*/_delta_log")}
    assert tables == {"sessions", "left_out", "one_address", "one_name", "packed"}
