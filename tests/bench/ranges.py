"""Whether memory grows with the range of a backfill: python -m tests.bench.ranges

The same rows a day, for ranges that grow; each range is landed by a process of its own, whose
largest size is read when it ends.
"""

import subprocess
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from assets.twin import utc_now
from infra.windows import Window
from quality.by_window import land_by_window
from tests.bench.memory import peak_mb
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import FIRST_DAY

RANGES: Final = (1, 8, 32, 64)
ROWS_A_DAY: Final = 100_000


def land(days_count: int, folder: Path) -> str:
    """Land so many days; seconds, and the largest size of this process in MB."""
    warnings.simplefilter("ignore")
    town = parks_town(folder)
    for number in range(days_count):
        day = FIRST_DAY + timedelta(days=number)
        rows = "".join(
            f"{day:%Y%m%d}{row};ZZ{row % 1000:03}ZZ;DUCOS;{day} 10:05:00;1.50;Provini Esempia\n"
            for row in range(ROWS_A_DAY)
        )
        (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + rows)
    twin = town.twin()
    contract = twin.contracts["parks/visits"]
    started = time.perf_counter()
    landing = land_by_window(
        contract,
        Window.between(FIRST_DAY, FIRST_DAY + timedelta(days=days_count - 1), "daily"),
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes={},
        now=utc_now(),
    )
    assert landing.kept_count == days_count * ROWS_A_DAY
    peak = peak_mb()
    return f"{time.perf_counter() - started:9.1f}{peak:10.0f}"


def run() -> None:
    """One line a range."""
    sys.stdout.write("windows       rows  seconds   peak MB\n")
    for count in RANGES:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.bench.ranges", str(count)],
            capture_output=True,
            text=True,
            check=True,
        )
        sys.stdout.write(f"{count:7}{count * ROWS_A_DAY:11,}{done.stdout}\n")


def main() -> None:
    """All ranges; or one, for the process that lands it."""
    if len(sys.argv) < 2:
        run()
        return
    with TemporaryDirectory() as folder:
        sys.stdout.write(land(int(sys.argv[1]), Path(folder)))


if __name__ == "__main__":
    main()
