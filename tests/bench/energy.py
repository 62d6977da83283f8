"""A day of a hundred thousand electricity meters through the energy tables, from bronze to gold."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from assets.indicators.electricity_by_section import electricity_by_section
from assets.indicators.load_shape import load_shape
from assets.maps import cell_shapes
from assets.silver.electricity_consumption import electricity_consumption
from assets.silver.electricity_load import electricity_load
from tests.assets.indicators.defined import COMPLETENESS, defined

_METERS: Final = 100_000
_SECTIONS: Final = 1_900
_QUARTERS: Final = 33
_ZONES: Final = ("Centro", "Est", "Nord", "Ovest", "Sud")
_DAY: Final = date(2025, 3, 24)


def readings() -> pl.DataFrame:
    """The day's quarter hours of every meter, in the order of the delivery."""
    chance = np.random.default_rng(1)
    start = datetime(2025, 3, 23, 23, tzinfo=UTC)
    pids = pl.Series([f"{number:032x}" for number in range(_METERS)])
    sections = pl.Series([f"017029{number:07}" for number in range(_SECTIONS)])
    meter = np.tile(np.arange(_METERS), 96)
    instants = pl.Series([start + timedelta(minutes=15 * quarter) for quarter in range(96)])
    return pl.DataFrame(
        {
            "meter_pid": pids[meter],
            "section_id": sections[meter % _SECTIONS],
            "read_at": instants[np.repeat(np.arange(96), _METERS)],
            "energy_kwh": np.round(chance.gamma(2, 0.03, meter.size), 3),
            "window_on": pl.Series([_DAY]).new_from_index(0, meter.size),
        }
    )


def run(*, runs: int) -> None:
    """Measure and print."""
    rows = readings()
    places = {
        "sections": pl.DataFrame(
            {
                "section_id": [f"017029{number:07}" for number in range(_SECTIONS)],
                "quarter_id": [f"Q{number % _QUARTERS:02}" for number in range(_SECTIONS)],
                "municipality_code": "017029",
            }
        ),
        "quarters": pl.DataFrame(
            {
                "quarter_id": [f"Q{number:02}" for number in range(_QUARTERS)],
                "zone_name": [_ZONES[number % len(_ZONES)] for number in range(_QUARTERS)],
                "border_geom": cell_shapes(pl.Series(["881f9cad4bfffff"] * _QUARTERS)),
            }
        ),
        "limits": defined("disclosure_limits"),
    }

    def energy() -> None:
        electricity_by_section(electricity_consumption(rows, **places), COMPLETENESS)
        load_shape(
            electricity_load(rows, **places),
            places["quarters"],
            rules=defined("load_rules"),
            completeness=COMPLETENESS,
        )

    ways: dict[str, Callable[[], object]] = {
        "sum by section (reference)": lambda: rows.group_by("section_id").agg(
            pl.col("energy_kwh").sum(), pl.col("meter_pid").n_unique()
        ),
        "consumption of sections": lambda: electricity_consumption(rows, **places),
        "load curves": lambda: electricity_load(rows, **places),
        "all of them, to gold": energy,
    }
    for name, way in ways.items():
        wall = []
        for _ in range(runs):
            begin = time.perf_counter()
            way()
            wall.append(time.perf_counter() - begin)
        took = f"{statistics.median(wall):6.2f} s"
        sys.stdout.write(f"{name:<30} {rows.height} readings  {took}\n")
