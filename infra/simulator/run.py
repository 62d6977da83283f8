"""Running the simulation: every data set delivers, and the truth goes where no asset reads."""

import importlib
import json
import pkgutil
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol, cast

import polars as pl

from infra.errors import TwinError
from infra.simulator import datasets
from infra.simulator.city import City, Profile
from infra.simulator.publication import Publication

TRUTH_FOLDER: Final = "_ground_truth"
FIRST_DAY: Final = date(2025, 3, 24)


class Dataset(Protocol):
    """What a module of `infra.simulator.datasets` holds."""

    KEY: str  # <publisher>/<dataset>, as its contract's folder
    PLACE: str  # the placeholder of its contract's source.url, and the folder of its files
    # And, where its publisher has an API, `HANDOVER` (infra.simulator.handover).

    @staticmethod
    def publish(city: City, publication: Publication) -> None:
        """Deliver the files of all days, and write down what is true and wrong in them."""


@dataclass(frozen=True)
class Rows:
    """How many rows of a data set were delivered, and how many of them must be kept or refused."""

    delivered_count: int
    kept_count: int
    refused_count: int


@dataclass(frozen=True)
class Simulation:
    """What was simulated and where it lies: point GEMELLO_SOURCES to `out`."""

    out: Path
    truth: Path
    files: tuple[Path, ...]
    rows: dict[str, Rows]


def simulate(
    *,
    profile: Profile,
    days: int,
    seed: int,
    out: Path,
    start: date = FIRST_DAY,
    only: Collection[str] | None = None,
) -> Simulation:
    """Let all publishers of the city deliver so many days, into `<out>/<placeholder>/…`.

    `only` some data sets, by `<publisher>/<dataset>`: they deliver what they would among all. The
    same arguments give the same bytes and file times. Files of an earlier simulation in the same
    folder are replaced. Raises TwinError when there is no day or no such data set to simulate.
    """
    if days < 1:
        raise TwinError("the simulation needs at least one day: write --days 1 or more")
    chosen = [one for one in found_datasets() if only is None or one.KEY in only]
    if only is not None and (unknown := set(only) - {one.KEY for one in chosen}):
        known = ", ".join(one.KEY for one in found_datasets())
        raise TwinError(f"nobody simulates {', '.join(sorted(unknown))}; choose among {known}")
    city = City(profile=profile, days=days, seed=seed, start=start)
    out.mkdir(parents=True, exist_ok=True)
    truth = out / TRUTH_FOLDER
    _remove_earlier(out)
    publications = []
    traces: dict[str, None] = {}
    for dataset in chosen:
        publication = Publication(dataset.KEY, out / dataset.PLACE)
        dataset.publish(city, publication)
        publications.append(publication)
        # Many data sets know the same people: each of them once, or a full city needs gigabytes.
        traces |= publication.traces
        publication.traces.clear()
    files = tuple(sorted(path for each in publications for path in each.files))
    _write_truth(truth, city, publications, [str(path.relative_to(out)) for path in files])
    with (truth / "canaries.txt").open("w", encoding="utf-8") as file:
        file.writelines(f"{trace}\n" for trace in traces)
    return Simulation(out, truth, files, {each.key: _rows(each) for each in publications})


def canaries(simulation: Simulation) -> list[str]:
    """Every personal datum that was delivered, in any row and column, as it was written."""
    return (simulation.truth / "canaries.txt").read_text(encoding="utf-8").splitlines()


def found_datasets() -> list[Dataset]:
    """The modules of the folder `datasets`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(datasets.__path__))
    return [cast("Dataset", importlib.import_module(f"{datasets.__name__}.{n}")) for n in names]


def _rows(publication: Publication) -> Rows:
    delivered, refused = publication.delivered_count, publication.refused_count
    return Rows(delivered, delivered - refused, refused)


def _remove_earlier(out: Path) -> None:
    """Remove the files that an earlier simulation wrote here, and no others."""
    listing = out / TRUTH_FOLDER / "files.json"
    if listing.is_file():
        for name in json.loads(listing.read_text(encoding="utf-8")):
            (out / name).unlink(missing_ok=True)


def _write_truth(
    folder: Path, city: City, publications: Sequence[Publication], files: Sequence[str]
) -> None:
    folder.mkdir(exist_ok=True)
    rows = {each.key: asdict(_rows(each)) for each in publications}
    defects = [
        {"dataset": each.key, **asdict(defect), "day": defect.day.isoformat()}
        for each in publications
        for defect in each.defects
    ]
    facts = [fact for each in publications for fact in each.facts]
    told = {
        "city": {**asdict(city), "start": city.start.isoformat()},
        "rows": rows,
        "defects": defects,
        "planted": facts,
        "files": files,
    }
    for name, value in told.items():
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    for each in publications:
        for name, frame in each.tables.items():
            frame.write_parquet(folder / f"{name}.parquet")


def truth_table(simulation: Simulation, name: str) -> pl.DataFrame:
    """One table of the ground truth, such as `electricity_by_section`."""
    return pl.read_parquet(simulation.truth / f"{name}.parquet")
