"""Measures of the disclosure gate on a million person-units, and a table of cells withheld."""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from quality.disclosure.anonymity import measure
from quality.disclosure.gate import clear
from quality.disclosure.policy import Cells

_ROWS: Final = 1_000_000
_QUASI_IDENTIFIERS: Final = ("section_id", "born_year", "sex_code", "citizen_code")


def people() -> pl.DataFrame:
    """A million people: four quasi-identifiers, a category and a number that are sensitive."""
    chance = np.random.default_rng(1)
    sections = np.array([f"s{number}" for number in range(99)])
    return pl.DataFrame(
        {
            "section_id": sections[chance.integers(0, 99, _ROWS)],
            "born_year": chance.integers(1, 7, _ROWS),
            "sex_code": np.array(["F", "M"])[chance.integers(0, 2, _ROWS)],
            "citizen_code": np.array(["it", "eu", "other"])[chance.integers(0, 3, _ROWS)],
            "outcome_code": np.array(list("abcdef"))[chance.integers(0, 6, _ROWS)],
            "income_level": chance.integers(0, 900, _ROWS),
        }
    )


def run(*, runs: int) -> None:
    """Measure and print."""
    rows = people()
    cells = Cells(quasi_identifiers=("section_id", "sex_code"), count="people_count")
    ways: dict[str, Callable[[], object]] = {
        "k": lambda: measure(rows, _QUASI_IDENTIFIERS),
        "k, l, t of a category": lambda: measure(rows, _QUASI_IDENTIFIERS, ["outcome_code"]),
        "k, l, t of a number": lambda: measure(rows, _QUASI_IDENTIFIERS, ["income_level"]),
        "300 cells, gate and attacks": lambda: clear("open/x/y", rows.head(2_500), cells),
    }
    for name, way in ways.items():
        wall, cpu = [], []
        for _ in range(runs + 1):  # the first imports
            begin, worked = time.perf_counter(), time.process_time()
            way()
            wall.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - worked)
        took = f"{statistics.median(wall[1:]):6.2f} s  {statistics.median(cpu[1:]):6.2f} s of cpu"
        sys.stdout.write(f"{name:<30} {took}\n")
