"""A town small enough to be run in seconds, and what can be seen of its lake from outside.

Its publishers are some of those of the simulated city: so many days, with few electricity meters.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable

from assets.twin import Twin
from infra.settings import Settings
from infra.simulator import simulate
from orchestration.runner import RunSummary, run_assets

FIRST_DAY: Final = date(2025, 3, 24)
PARKING: Final = "bronze/brescia_mobilita/parking_sessions"
ELECTRICITY: Final = "bronze/a2a/electricity_readings"
RESIDENTS: Final = "bronze/comune_brescia/residents"
CAR_PARKS: Final = "bronze/brescia_mobilita/car_parks"
PRESSURE: Final = "gold/mobility/hourly_parking_pressure"
# What the town's publishers send, unless a test asks for all of the city.
DATASETS: Final = (
    "a2a/electricity_readings",
    "arpa_lombardia/air_quality",
    "arpa_lombardia/weather",
    "brescia_mobilita/car_parks",
    "brescia_mobilita/parking_sessions",
    "comune_brescia/quarters",
    "comune_brescia/residents",
    "istat/census_sections",
)
_ALL_TABLES: Final = (
    *(f"bronze/{dataset}" for dataset in DATASETS),
    "bronze/definitions/air_quality_index_bands",
    "bronze/definitions/sensor_limits",
    "bronze/definitions/completeness_rules",
    "bronze/definitions/disclosure_limits",
    "silver/air/air_quality_observed",
    "silver/energy/electricity_consumption_by_day",
    "silver/mobility/off_street_parking",
    "silver/sensors/air_sensor_health_by_day",
    "silver/territory/quarters",
    "gold/air/hourly_european_air_quality_index",
    "gold/energy/daily_electricity_by_section",
    PRESSURE,
)
# Enough for six census sections of about twenty meters: ten are needed to show a section, a hundred
# to show the city's load.
_SECTIONS_COUNT: Final = 6
COMMAND: Final = Path(sys.executable).with_name("gemello")


@dataclass(frozen=True)
class Town:
    """One installation and the folder in which its publishers leave their files."""

    home: Path
    sources: Path
    contracts: Path | None = None

    @property
    def settings(self) -> Settings:
        """Its settings, as a process with `environment` reads them."""
        return Settings.load(self.environment, folder=self.home.parent)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works on this town and on nothing else."""
        values = {"GEMELLO_HOME": str(self.home), "GEMELLO_SOURCES": str(self.sources)}
        return values | ({"GEMELLO_CONTRACTS": str(self.contracts)} if self.contracts else {})

    @property
    def lake(self) -> Path:
        """The folder of its tables."""
        return self.home / "lake"

    def copied(self, folder: Path) -> "Town":
        """The same town in another folder, for a test that goes on from there."""
        root = self.sources.parent
        shutil.copytree(root, folder)
        return Town(
            home=folder / self.home.relative_to(root),
            sources=folder / "sources",
            contracts=self.contracts and folder / self.contracts.relative_to(root),
        )

    def twin(self) -> Twin:
        """The town's twin, opened anew."""
        return Twin.here(self.settings)

    def run(
        self,
        *tables: str,
        first: date | None = None,
        last: date | None = None,
        from_archive: bool = False,
        twin: Twin | None = None,
    ) -> RunSummary:
        """Run these tables, or all of the town, in this process."""
        select = " or ".join(f'key:"{table}"' for table in tables or _ALL_TABLES)
        twin = twin or self.twin()
        return run_assets(twin, select=select, first=first, last=last, from_archive=from_archive)

    def command(self, *arguments: str, **options: str) -> "subprocess.CompletedProcess[str]":
        """What `gemello` says and how it ends, in a process of its own."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=process_environment(self.environment | options),
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            check=False,
        )


def process_environment(values: Mapping[str, str]) -> dict[str, str]:
    """These variables, with what of ours a process needs to start; nothing else of GEMELLO_*."""
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("GEMELLO_", "DAGSTER_", "AWS_"))
    }
    return {**kept, "PYTHONWARNINGS": "ignore", "POLARS_MAX_THREADS": "2", **values}


def simulated_town(
    folder: Path, *, days: int, seed: int = 7, only: Collection[str] | None = DATASETS
) -> Town:
    """A town whose publishers have delivered so many days from `FIRST_DAY` on.

    With `only=None` they are all publishers of the city.
    """
    sources = folder / "sources"
    simulate(profile="small", days=days, seed=seed, out=sources, start=FIRST_DAY, only=only)
    for path in sorted(sources.glob("a2a_files/letture_*.csv")):
        _thin_out(path)
    folder.joinpath("installation").mkdir()
    return Town(home=folder / "installation" / "home", sources=sources)


def _thin_out(path: Path) -> None:
    """Keep the readings of a few census sections, bad lines included, in the file's own time."""
    stat = path.stat()
    header, *lines = path.read_text().splitlines(keepends=True)
    sections = sorted({line.split(",")[2] for line in lines if line.count(",") == 4})
    kept = set(sections[:_SECTIONS_COUNT])
    few = [line for line in lines if line.count(",") < 4 or line.split(",")[2] in kept]
    path.write_text(header + "".join(few))
    os.utime(path, (stat.st_atime, stat.st_mtime))


def rows_of(town: Town) -> dict[str, pl.DataFrame]:
    """Every row of every table as any reader of Delta sees it, sorted by all columns."""
    found = {}
    for log in sorted(town.lake.glob("*/*/*/_delta_log")):
        frame = pl.read_delta(str(log.parent))
        name = log.parent.relative_to(town.lake).as_posix()
        found[name] = frame.sort(pl.all(), nulls_last=True)
    return found


def row_hashes(frame: pl.DataFrame) -> list[int]:
    """One number per row that changes with any of its values."""
    return sorted(frame.hash_rows(seed=7).to_list())


def versions_of(town: Town) -> dict[str, int]:
    """The newest version of every table."""
    logs = sorted(town.lake.glob("*/*/*/_delta_log"))
    return {
        log.parent.relative_to(town.lake).as_posix(): DeltaTable(log.parent).version()
        for log in logs
    }


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def days(count: int) -> list[date]:
    """So many days from `FIRST_DAY` on."""
    return [FIRST_DAY + timedelta(days=number) for number in range(count)]


def assert_same_rows(
    found: Mapping[str, pl.DataFrame],
    expected: Mapping[str, pl.DataFrame],
    *,
    but_for: Iterable[str] = (),
) -> None:
    """Fail naming the tables and how many of their rows differ, never showing one."""
    assert sorted(found) == sorted(expected)
    dropped = list(but_for)
    differing = {
        name: (frame.height, expected[name].height)
        for name, frame in found.items()
        if row_hashes(frame.drop(dropped, strict=False))
        != row_hashes(expected[name].drop(dropped, strict=False))
    }
    assert differing == {}, differing
