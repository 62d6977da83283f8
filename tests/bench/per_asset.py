"""What a table costs a run beyond its own work: python -m tests.bench.per_asset

Tables of one row and one file each, run with news and without, in installations of two sizes: the
difference between the sizes, over the tables it is of, is what each adds. Beside it, the same
deliveries landed without Dagster.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from assets.twin import utc_now
from infra.windows import Window
from orchestration.runner import run_assets
from quality.by_window import land_by_window
from tests.promises.contracts import PLACES, VISITS, VISITS_HEADER, write_contract
from tests.promises.town import FIRST_DAY, Town

SIZES: Final = (10, 40)
ROUNDS: Final = 3


def trivial_town(folder: Path, count: int) -> Town:
    """An installation with so many data sets: every other one a list, the others by day."""
    town = Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")
    drop = town.sources / "town"
    drop.mkdir(parents=True)
    for number in range(count):
        if number % 2:
            text = PLACES.replace("places.csv", f"places_{number}.csv")
            (drop / f"places_{number}.csv").write_text("codice;nome;area\nDUCOS;Ducos;100\n")
        else:
            text = VISITS.replace("visits_{", f"visits_{number}_{{")
            row = f"1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
            (drop / f"visits_{number}_{FIRST_DAY}.csv").write_text(VISITS_HEADER + row)
        write_contract(folder / "contracts", f"parks/set_{number:02}", text)
    return town


def seconds(act: Callable[[], object]) -> tuple[float, float]:
    """Wall clock and processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def measured(count: int) -> dict[str, tuple[float, float]]:
    """Seconds of a first run, of runs without news, and of landings without Dagster."""
    with TemporaryDirectory() as folder:
        town = trivial_town(Path(folder), count)
        twin = town.twin()
        day = {"first": FIRST_DAY, "last": FIRST_DAY}

        def run() -> None:
            summary = run_assets(twin, select='key:"bronze/parks/*"', **day)
            assert summary.is_success, summary.failures

        def land() -> None:
            for key, contract in twin.contracts.items():
                if key.startswith("parks/"):
                    land_by_window(
                        contract,
                        Window.of(FIRST_DAY, contract.cadence),
                        at=twin.workplace,
                        adapter=twin.adapter(contract),
                        notes={},
                        now=utc_now(),
                    )

        first = seconds(run)
        again = [seconds(run) for _ in range(ROUNDS)]
        bare = [seconds(land) for _ in range(ROUNDS)]
    return {
        "first run, all new": first,
        "run without news": (min(x for x, _ in again), min(x for _, x in again)),
        "the same without Dagster": (
            statistics.median(x for x, _ in bare),
            statistics.median(x for _, x in bare),
        ),
    }


def run() -> None:
    """Measure both sizes and say what each table more costs."""
    warnings.simplefilter("ignore")
    measured(2)  # the first run of a process imports everything
    small, large = (measured(count) for count in SIZES)
    more = SIZES[1] - SIZES[0]
    head = f"{'seconds':28}{SIZES[0]:>4} tables{SIZES[1]:>7} tables"
    print(f"{head}   each more (wall, processor)")  # noqa: T201 # a report
    for name, (wall, cpu) in large.items():
        few, few_cpu = small[name]
        each = f"{(wall - few) / more:16.3f}{(cpu - few_cpu) / more:9.3f}"
        print(f"{name:28}{few:11.2f}{wall:14.2f}{each}")  # noqa: T201 # a report


if __name__ == "__main__":
    run()
