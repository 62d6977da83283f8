from pathlib import Path

import pytest

from infra.simulator import Simulation, simulate


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    folder: Path = tmp_path_factory.mktemp("week")
    return simulate(profile="small", days=7, seed=1, out=folder / "sources")
