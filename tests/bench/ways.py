"""The ways to ingest that are compared; each is run in a process of its own."""

import contextlib
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from tests.bench.memory import peak_mb

Way = Callable[[Path, Path], int]


def governed(file: Path, folder: Path, *, archive_days: int = 0) -> int:
    """Our own landing: minimise, pseudonymise, judge with 8 expectations, quarantine, Delta."""
    from infra.keys import Keyring
    from infra.lake import Lake
    from infra.seal import Archive
    from infra.settings import Settings
    from infra.windows import Window
    from quality.contract.load import BUILT_IN, load_contract
    from quality.landing import Workplace, land

    settings = Settings.load({}, folder)
    keyring = Keyring.open(settings)
    at = Workplace(Lake.open(settings), Archive(settings.archive, keyring), keyring)
    contract = load_contract(BUILT_IN / "a2a" / "electricity_readings").model_copy(
        update={"archive_days": archive_days}
    )
    landing = land(
        contract,
        Window.between(date(2025, 3, 24), date(2025, 4, 10), "daily"),
        at=at,
        adapter=contract.source.model_copy(update={"url": str(file)}),
        notes={},
        now=datetime.now(UTC),
    )
    return landing.kept_count


def governed_and_sealed(file: Path, folder: Path) -> int:
    """The same, with the sealed copy of the delivery."""
    return governed(file, folder, archive_days=14)


def ungoverned(file: Path, folder: Path) -> int:
    """The plain copy: polars reads the CSV and writes it to Delta, and nothing else."""
    import polars as pl
    from deltalake import WriterProperties

    frame = pl.read_csv(file, null_values=["ERR"])
    frame.write_delta(
        str(folder / "copy"),
        delta_write_options={
            "writer_properties": WriterProperties(compression="ZSTD", compression_level=1)
        },
    )
    return frame.height


def obvious(file: Path, folder: Path) -> int:
    """What one would write first: pandas, presidio-structured, Great Expectations, deltalake."""
    import great_expectations as gx
    import pandas as pd
    from deltalake import write_deltalake
    from presidio_anonymizer.entities import OperatorConfig
    from presidio_structured import StructuredEngine
    from presidio_structured.config import StructuredAnalysis

    frame = pd.read_csv(file, dtype={"sezione": str})
    analysis = StructuredAnalysis(entity_mapping={"pod": "IT_POD"})
    hashed = OperatorConfig("hash", {"hash_type": "sha256", "salt": b"0123456789abcdef"})
    frame = StructuredEngine().anonymize(frame, analysis, operators={"IT_POD": hashed})
    frame = frame.drop(columns=["matricola"])
    frame["istante"] = pd.to_datetime(frame["istante"], utc=True)
    frame["energia"] = pd.to_numeric(frame["energia"], errors="coerce")
    expect = gx.expectations
    suite = gx.ExpectationSuite(
        name="readings",
        expectations=[
            expect.ExpectColumnValuesToNotBeNull(column="energia"),
            expect.ExpectColumnValuesToBeBetween(column="energia", min_value=0, max_value=25),
            expect.ExpectColumnValuesToNotBeNull(column="sezione"),
            expect.ExpectColumnValuesToMatchRegex(column="sezione", regex="^017029[0-9]{7}$"),
            expect.ExpectTableRowCountToBeBetween(min_value=1),
            expect.ExpectColumnUniqueValueCountToBeBetween(column="sezione", min_value=1),
            expect.ExpectColumnMeanToBeBetween(column="energia", min_value=0.005, max_value=5),
            expect.ExpectCompoundColumnsToBeUnique(column_list=["pod", "istante"]),
        ],
    )
    batch = (
        gx.get_context(mode="ephemeral")
        .data_sources.add_pandas("readings")
        .add_dataframe_asset("readings")
        .add_batch_definition_whole_dataframe("readings")
        .get_batch({"dataframe": frame})
    )
    batch.validate(suite, result_format="BOOLEAN_ONLY")
    good = frame[frame["energia"].between(0, 25)]
    write_deltalake(str(folder / "obvious"), good)
    return len(good)


WAYS: dict[str, Way] = {
    way.__name__: way for way in (ungoverned, governed, governed_and_sealed, obvious)
}


# What takes longer is cut off; its time is then a lower bound. The obvious way's grows with the
# square of the rows: 2.5 s for 20,000, 33 s for 80,000, over ten minutes for a million.
SLOW: dict[str, int] = {"obvious": 120}


class CutOffError(Exception):
    """A way has had all the time it gets."""


@contextlib.contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """End what is inside after so many seconds; 0 lets it take its time."""

    def cut_off(*_: object) -> None:
        raise CutOffError

    signal.signal(signal.SIGALRM, cut_off)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _head(file: Path, *, rows_count: int) -> Path:
    head = file.with_name(f"head-{file.name}")
    with file.open(encoding="utf-8") as lines:
        head.write_text("".join(islice(lines, rows_count + 1)), encoding="utf-8")
    return head


def main() -> None:
    """Run one way some times and print its figures as JSON: wall and CPU seconds, MB, first run."""
    name, file, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    wall, cpu, rows, is_cut_off = [], [], 0, False
    # The first run pays for imports and caches; it is shown apart. A way of many minutes does that
    # on the head of the file.
    files = [file] * (runs + 1)
    if name in SLOW:
        files[0] = _head(file, rows_count=1_000)
    for each in files:
        folder = Path(tempfile.mkdtemp(prefix="gemello-bench-"))
        used, started = time.process_time(), time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr), _at_most(SLOW.get(name, 0)):
                rows = WAYS[name](each, folder)
        except CutOffError:
            is_cut_off, rows = True, sum(1 for _ in each.open("rb")) - 1
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        shutil.rmtree(folder)
    figures = {
        "way": name,
        "rows": rows,
        "is_cut_off": is_cut_off,
        "seconds": statistics.median(wall[1:]),
        "cpu_seconds": statistics.median(cpu[1:]),
        "first_seconds": wall[0],
        "peak_mb": peak_mb(),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
