from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import Settings
from infra.simulator import Simulation, simulate
from infra.simulator.serving import publishing


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    folder: Path = tmp_path_factory.mktemp("week")
    return simulate(profile="small", days=7, seed=1, out=folder / "sources")


@pytest.fixture(scope="session")
def served(week: Simulation) -> Iterator[Settings]:
    """The settings of an installation beside the publishers of the week, those with an API too."""
    with publishing(week.out):
        yield Settings.load({"GEMELLO_SOURCES": str(week.out)}, week.out.parent)
