"""How many rows a second each adapter lands, beside the plain library; see __main__.

The same rows come by every protocol from the same server, on this machine. The plain way fetches
and writes them, and nothing else: no contract, no pseudonyms, no judgement, no quarantine. Both
ways take turns in one process; the server is in another.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench.plain import PLAIN
from tests.bench.sources import PROTOCOLS, ROWS, Sources, served, twin_of

RUNS: Final = 5


def measured(protocol: str, sources: Sources, runs: int) -> dict[str, Any]:  # figures of two types
    """Rows a second of both ways, taking turns; the first turn of each pays for imports."""
    from assets.twin import utc_now
    from infra.windows import Window
    from quality.landing import land
    from tests.bench.sources import DAY

    def governed(folder: Path) -> Callable[[], int]:
        # A process reads its contracts once, however much it lands.
        twin = twin_of(sources, folder)
        contract = twin.contracts[f"bench/{protocol}"]
        window = Window.of(DAY, contract.cadence)
        at, adapter = twin.workplace, twin.adapter(contract)

        def act() -> int:
            landing = land(contract, window, at=at, adapter=adapter, notes={}, now=utc_now())
            return landing.kept_count

        return act

    ways: Mapping[str, Callable[[Path], Callable[[], int]]] = {
        "plain": lambda folder: partial(PLAIN[protocol], sources, folder),
        "governed": governed,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    counts: set[int] = set()
    for _ in range(runs + 1):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(prefix="gemello-bench-") as folder:
                act = way(Path(folder))
                started = time.perf_counter()
                counts.add(act())
                seconds[name].append(time.perf_counter() - started)
    (rows,) = counts  # both took every row
    plain, ours = (statistics.median(seconds[name][1:]) for name in ways)
    return {
        "protocol": protocol,
        "rows": rows,
        "plain_seconds": plain,
        "governed_seconds": ours,
        "plain_rows_per_s": rows / plain,
        "governed_rows_per_s": rows / ours,
        "times": ours / plain,
        "load": os.getloadavg()[0],
    }


def run(*, rows: int = ROWS, runs: int = RUNS) -> list[dict[str, Any]]:  # as above
    """Measure every protocol whose server is there, print a table, write JSON."""
    results: list[dict[str, Any]] = []  # as above
    out = sys.stdout.write
    line = "{:<14} {:>9} {:>9} {:>11} {:>12} {:>15} {:>8} {:>6}\n"
    out(
        line.format(
            "adapter", "rows", "plain s", "governed s", "plain rows/s", "governed rows/s", "times",
            "load",
        )
    )  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="gemello-bench-") as name,
        served(Path(name), rows=rows) as sources,
    ):
        for protocol in PROTOCOLS:
            if protocol == "sftp" and not sources.sftp:
                out("sftp           left out, for there is no sshd on this machine\n")
                continue
            one = _in_its_own_process(protocol, sources, runs)
            results.append(one)
            out(
                line.format(
                    protocol,
                    one["rows"],
                    f"{one['plain_seconds']:.2f}",
                    f"{one['governed_seconds']:.2f}",
                    f"{one['plain_rows_per_s']:,.0f}",
                    f"{one['governed_rows_per_s']:,.0f}",
                    f"{one['times']:.2f}",
                    f"{one['load']:.1f}",
                )
            )
            sys.stdout.flush()
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    (folder / "adapters.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    return results


def _in_its_own_process(protocol: str, sources: Sources, runs: int) -> dict[str, Any]:  # as above
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.adapters", protocol, sources.written(), str(runs)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{protocol} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # as above
    return figures


def main() -> None:
    """All protocols; or one of them, for the process that measures it."""
    if len(sys.argv) < 2:
        run()
        return
    warnings.simplefilter("ignore")
    protocol, sources, runs = sys.argv[1:]
    figures = measured(protocol, Sources.read(sources), int(runs))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
