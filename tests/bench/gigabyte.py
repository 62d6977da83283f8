"""A gigabyte of the full city's deliveries landed by one process: how long, and how much memory.

Everything that the publishers of the full city deliver for two days, but for the second day's
electricity: about 1.1 GB in files of up to 670 MB. Beside it the plain copy: polars reads each file
and writes it to Delta. What it takes to invent the deliveries is not counted.
"""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from tests.bench.memory import peak_mb
from tests.bench.plain import write

FIRST_DAY: Final = date(2025, 3, 24)
DAYS_COUNT: Final = 2
_LAID_ASIDE: Final = "a2a_files/letture_20250325_*.csv"

Figures = dict[str, Any]  # of several types


def invented(folder: Path) -> int:
    """Let the publishers of the full city deliver, streamed to disk; how many bytes."""
    from infra.simulator import simulate

    made = simulate(profile="full", days=DAYS_COUNT, seed=1, out=folder, start=FIRST_DAY)
    for path in folder.glob(_LAID_ASIDE):
        path.unlink()
    return sum(path.stat().st_size for path in made.files if path.exists())


def governed(sources: Path, folder: Path) -> Iterator[Figures]:
    """Land each data set as a run does; rows, seconds and the peak of each."""
    from assets.twin import Twin, utc_now
    from infra.errors import GemelloError
    from infra.settings import Settings
    from infra.windows import Window
    from quality.by_window import land_by_window

    twin = Twin.here(Settings.load({"GEMELLO_SOURCES": str(sources)}, folder))
    last = FIRST_DAY + timedelta(days=DAYS_COUNT - 1)
    for key, contract in twin.contracts.items():
        cadence = contract.cadence
        window = Window.always() if contract.is_static else Window.between(FIRST_DAY, last, cadence)
        with measured(key) as figures:
            try:
                landing = land_by_window(
                    contract,
                    window,
                    at=twin.workplace,
                    adapter=twin.adapter(contract),
                    notes={},
                    now=utc_now(),
                )
                figures["rows"] = landing.kept_count
            except GemelloError as error:
                figures["failed"] = str(error)
        yield figures


def plain(sources: Path, folder: Path) -> Iterator[Figures]:
    """Copy each file as it is."""
    for number, path in enumerate(sorted(sources.glob("*/**/*"))):
        if path.is_file() and not path.is_relative_to(sources / "_ground_truth"):
            with measured(path.suffix) as figures:
                figures["rows"] = write(_read(path), folder / str(number))
            yield figures


class measured:  # noqa: N801 # reads as a verb
    """The seconds of what is done within, and the most memory this process had meanwhile."""

    def __init__(self, name: str) -> None:
        self.figures: Figures = {"name": name, "rows": 0}

    def __enter__(self) -> Figures:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        self._started = time.perf_counter()
        return self.figures

    def __exit__(self, *_: object) -> None:
        self.figures["seconds"] = time.perf_counter() - self._started
        self.figures["peak_mb"] = peak_mb()


def _read(path: Path) -> pl.DataFrame:
    """A file of the city, every column as polars finds it; bad lines are left out."""
    content: Any = path  # or bytes
    if path.suffix == ".gz":
        content = gzip.decompress(path.read_bytes())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(max(archive.infolist(), key=lambda one: one.file_size))
    match path.suffix:
        case ".parquet":
            return pl.read_parquet(path)
        case ".xlsx":
            return pl.read_excel(path, infer_schema_length=0)
        case ".jsonl":
            whole = (line for line in path.open("rb") if line.rstrip().endswith(b"}"))
            return pl.read_ndjson(
                io.BytesIO(b"".join(whole)), infer_schema_length=None, ignore_errors=True
            )
        case ".json" | ".geojson":
            return pl.DataFrame({"record": [json.dumps(one) for one in _records(path)]})
    head = path.open("rb").read(4096) if content is path else content[:4096]
    separator = ";" if head.count(b";") > head.count(b",") else ","
    return pl.read_csv(
        content if content is path else io.BytesIO(content),
        separator=separator,
        encoding="utf8-lossy",
        infer_schema=False,
        truncate_ragged_lines=True,
        ignore_errors=True,
    )


def _records(path: Path) -> list[object]:
    """The longest list in a JSON file, wherever it stands."""
    found: object = json.loads(path.read_bytes())
    while isinstance(found, dict):
        found = max(found.values(), key=lambda value: len(json.dumps(value)))
    return found if isinstance(found, list) else [found]


WAYS: Final = {"governed": governed, "plain": plain}


def run() -> dict[str, Figures]:
    """Invent, land, copy, each in a process of its own; print a table and write JSON."""
    from infra.simulator.serving import publishing

    out = sys.stdout.write
    with tempfile.TemporaryDirectory(prefix="gemello-bench-") as name:
        sources = Path(name) / "sources"
        bytes_count = int(_in_its_own_process("invented", sources))
        out(f"{bytes_count / 1e9:.2f} GB of deliveries\n")
        with publishing(sources):  # by this process: what serving takes is not counted
            results = {way: json.loads(_in_its_own_process(way, sources)) for way in WAYS}
    line = "{:<12} {:>11} {:>9} {:>9} {:>6}  {}\n"
    out(line.format("way", "rows", "seconds", "peak MB", "load", "peak in"))
    for way, one in results.items():
        one["bytes"] = bytes_count
        peak = max(one["parts"], key=lambda part: part["peak_mb"])
        figures = f"{one['seconds']:.1f}", f"{one['peak_mb']:.0f}", f"{one['load']:.1f}"
        out(line.format(way, one["rows"], *figures, peak["name"]))
        for part in one["parts"]:
            if "failed" in part:
                out(f"  {part['failed']}\n")
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    (folder / "gigabyte.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    return results


def _in_its_own_process(way: str, sources: Path) -> str:
    from orchestration import ALLOCATOR

    sys.stderr.write(f"measuring a gigabyte, {way} ...\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.gigabyte", way, str(sources)],
        capture_output=True,
        env={**os.environ, **(ALLOCATOR if way == "governed" else {})},
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()[-1]


def main() -> None:
    """One way, for the process that measures it; or all."""
    if len(sys.argv) < 2:
        run()
        return
    warnings.simplefilter("ignore")
    way, sources = sys.argv[1], Path(sys.argv[2])
    if way == "invented":
        sys.stdout.write(f"{invented(sources)}\n")
        return
    with tempfile.TemporaryDirectory(prefix="gemello-bench-") as folder:
        parts = list(WAYS[way](sources, Path(folder)))
    figures = {
        "rows": sum(part["rows"] for part in parts),
        "seconds": sum(part["seconds"] for part in parts),
        "peak_mb": max(part["peak_mb"] for part in parts),
        "load": os.getloadavg()[0],
        "parts": parts,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
