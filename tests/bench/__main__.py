"""`make bench`: what governance costs, each figure beside a reference of the same run.

--part ingestion   a large CSV: the plain copy, ours, and what one would write first (it needs
                   presidio-structured, which is no dependency: where it is missing it is left out)
--part adapters    rows a second by protocol, beside the plain library
--part gigabyte    a gigabyte of the full city landed by one process, and its memory
--part ranges      memory of backfills that grow
--part tables      what a table costs a run beyond its own work
--part indicators  journeys through the city, its terrain, and a real timetable end to end
--part disclosure  k, l and t of a million person-units, and cells withheld
--part energy      a day of 100,000 electricity meters from bronze to gold
--part forecasts   200 series of 1,680 hours, with intervals
--part scenarios   scenarios whose edits grow, and whose city does

All of them, unless parts are named; results are also written to bench-results/ as JSON.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench import (
    adapters,
    disclosure,
    energy,
    forecasts,
    gigabyte,
    indicators,
    per_asset,
    ranges,
    scenarios,
)
from tests.bench.readings import write_readings

_ROUNDS: Final = 3
PARTS = (
    "ingestion",
    "adapters",
    "gigabyte",
    "ranges",
    "tables",
    "indicators",
    "disclosure",
    "energy",
    "forecasts",
    "scenarios",
)


def main() -> None:
    """Measure the parts that were asked for."""
    arguments = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arguments.add_argument("--part", choices=PARTS, action="append", help="may be repeated")
    arguments.add_argument("--rows", type=int, default=5_000_000, help="rows of the large file")
    arguments.add_argument("--runs", type=int, default=3, help="runs of which the median counts")
    chosen = arguments.parse_args()
    for part in chosen.part or PARTS:
        sys.stdout.write(f"\n{part} (load {os.getloadavg()[0]:.1f})\n")
        sys.stdout.flush()
        match part:
            case "ingestion":
                ingestion(chosen.rows, chosen.runs)
            case "adapters":
                adapters.run(runs=chosen.runs)
            case "gigabyte":
                gigabyte.run()
            case "ranges":
                ranges.run()
            case "tables":
                per_asset.run()
            case "indicators":
                indicators.run(runs=chosen.runs)
            case "disclosure":
                disclosure.run(runs=chosen.runs)
            case "energy":
                energy.run(runs=chosen.runs)
            case "forecasts":
                forecasts.run(runs=chosen.runs)
            case "scenarios":
                scenarios.run(runs=chosen.runs)


def ingestion(rows_count: int, runs: int) -> None:
    """A large file by each way; print a table, write JSON."""
    with tempfile.TemporaryDirectory(prefix="gemello-bench-") as name:
        folder = Path(name)
        large, small = folder / "large.csv", folder / "small.csv"
        write_readings(large, rows_count=rows_count)
        write_readings(small, rows_count=rows_count // 5)
        ours = _in_turn(("ungoverned", "governed", "governed_and_sealed"), large, runs)
        theirs = []
        if importlib.util.find_spec("presidio_structured"):
            theirs = [_measured(way, small, 1) for way in ("obvious", "governed")]
    _show(ours, theirs)
    _write(ours, theirs)


def _in_turn(ways: Sequence[str], file: Path, runs: int) -> list[dict[str, Any]]:
    """The median figures of each way, asked in turn, each with its ratio to the first of its round.

    What else the machine does falls on all of them alike.
    """
    rounds = [[_measured(way, file, runs) for way in ways] for _ in range(_ROUNDS)]
    medians = []
    for place, way in enumerate(ways):
        own = [each[place] for each in rounds]
        figures = {
            name: statistics.median(one[name] for one in own)
            for name in own[0]
            if name not in ("way", "is_cut_off")
        }
        for name in ("seconds", "cpu_seconds"):
            ratios = (each[place][name] / each[0][name] for each in rounds)
            figures[f"{name}_ratio"] = statistics.median(ratios)
        medians.append({"way": way, **figures})
    return medians


def _measured(way: str, file: Path, runs: int) -> dict[str, Any]:  # figures of several types
    sys.stderr.write(f"measuring {way} on {file.stem} ...\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.ways", way, str(file), str(runs)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _show(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    line = "{:<22} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8}  {}\n"
    out = sys.stdout.write
    out(line.format("way", "rows", "wall s", "cpu s", "wall ×", "cpu ×", "MB", "first run s"))
    for one in ours:
        out(
            line.format(
                one["way"],
                f"{one['rows']:.0f}",
                f"{one['seconds']:.2f}",
                f"{one['cpu_seconds']:.2f}",
                f"{one['seconds_ratio']:.2f}",
                f"{one['cpu_seconds_ratio']:.2f}",
                f"{one['peak_mb']:.0f}",
                f"{one['first_seconds']:.1f}",
            )
        )
    if not theirs:
        out("obvious way: left out, for presidio-structured is not installed in this environment\n")
        return
    slow, fast = theirs
    over = "over " if slow["is_cut_off"] else ""
    for one in theirs:
        per_row = one["seconds"] / one["rows"] * 1e6
        said = f"{one['seconds']:.2f} s  {per_row:.2f} µs a row"
        out(f"{one['way']:<22} {one['rows']:>10} {over if one is slow else '':>5}{said}\n")
    times = slow["seconds"] / slow["rows"] / (fast["seconds"] / fast["rows"])
    out(f"governed is {over}{times:.0f} times as fast as the obvious way\n")


def _write(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    results = {"ingestion": ours, "obvious": theirs, "load": os.getloadavg()[0]}
    (folder / "ingestion.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
