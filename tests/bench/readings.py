"""The meter readings that are ingested: a CSV as the energy company delivers it, written once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

METERS = 7_440
_START = datetime(2025, 3, 24, tzinfo=UTC)
_BAD_ROWS_IN_100_000 = 5


def write_readings(path: Path, *, rows_count: int, seed: int = 7) -> None:
    """A file of quarter-hour readings by POD, with a few rows that must be refused."""
    chance = np.random.default_rng(seed)
    pods = np.array([f"IT001E{number:08d}" for number in range(10_000_000, 10_000_000 + METERS)])
    instants = np.array(
        [(_START + timedelta(minutes=15 * n)).isoformat() for n in range(rows_count // METERS + 1)]
    )
    row = np.arange(rows_count)
    energy = pl.Series(chance.integers(0, 4_000, rows_count) / 1_000).round(3).cast(pl.String)
    bad = chance.choice(rows_count, max(1, rows_count * _BAD_ROWS_IN_100_000 // 100_000), False)
    frame = pl.DataFrame(
        {
            "pod": pods[row % METERS],
            "matricola": "M1234567",
            "sezione": pl.Series(row % METERS % 150)
            .cast(pl.String)
            .str.zfill(7)
            .str.replace("^", "017029"),
            "istante": instants[row // METERS],
            "energia": energy.scatter(pl.Series(bad), "ERR"),
        }
    )
    frame.write_csv(path)
