"""The small tables that the lake's tests write."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl

from infra.lake import Lake, TableSpec
from infra.settings import Settings
from infra.windows import Window

KEY = "bronze/a2a/electricity_readings"
ROOT = Path(__file__).parents[3]
READINGS = TableSpec(
    pl.Schema({"meter_pid": pl.String, "energy_kwh": pl.Float64}),
    labels={"meter_pid": "pseudonymise", "energy_kwh": "keep"},
    descriptions={"energy_kwh": "Energia prelevata nel quarto d'ora"},
    statistics=("energy_kwh",),
    description="Letture elettriche",
)


def readings(*rows: tuple[str | None, float | None, date]) -> pl.DataFrame:
    """Rows of the table of readings: meter, energy, window."""
    return pl.DataFrame(list(rows), schema=READINGS.with_own("window_on"), orient="row")


def day(number: int) -> date:
    """A day of January 2025."""
    return date(2025, 1, number)


def days(first: int, last: int) -> Window:
    """Consecutive days of January 2025, both included."""
    return Window.between(day(first), day(last), "daily")


def write(lake: Lake, frame: pl.DataFrame, window: Window, *, mark: int = 1, **notes: str) -> int:
    """Write readings to the windows, all with the same mark."""
    marks = dict.fromkeys(window.starts(), mark)
    return lake.replace_windows(KEY, frame, window=window, spec=READINGS, notes=notes, marks=marks)


def rows(lake: Lake, key: str = KEY) -> list[tuple[object, ...]]:
    """All rows of a table, sorted."""
    return sorted(lake.read(key).collect().rows(), key=repr)


def lake_at(location: str) -> Lake:
    """The lake of another process of this installation."""
    return Lake.open(Settings.load({"GEMELLO_LAKE": location}, Path("/")))


def start_process(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """Run code in a process of its own, which sees this repository and our environment."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
