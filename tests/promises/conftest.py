"""A town that has landed once, for tests that begin with a lake."""

from pathlib import Path

import pytest

from assets.derived_assets import find_declarations
from assets.twin import Twin
from orchestration.cli.publishers import with_publishers
from tests.asked_again import _asked_again_at_once
from tests.dagster_instances import _instances_begin_as_copies
from tests.promises.contracts import parks_town
from tests.promises.erased_town import erased_town, land_twice
from tests.promises.town import FIRST_DAY, Town, days, simulated_town

__all__ = ["_asked_again_at_once", "_instances_begin_as_copies"]

DAYS_COUNT = 3


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the installation of whoever runs it."""
    for name in ("DAGSTER_HOME", "GEMELLO_HOME", "GEMELLO_LAKE", "GEMELLO_SINCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def landed_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Three days of the town in its lake; to be looked at, not to be changed."""
    town = simulated_town(tmp_path_factory.mktemp("town"), days=DAYS_COUNT)
    summary = town.run(first=FIRST_DAY, last=days(DAYS_COUNT)[-1])
    assert summary.is_success, summary.failures
    return town


@pytest.fixture
def landed(landed_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that goes on from there."""
    return landed_once.copied(tmp_path / "town")


@pytest.fixture
def parks(tmp_path: Path) -> Town:
    """An installation with three small contracts of its own; nothing has been delivered yet."""
    return parks_town(tmp_path)


@pytest.fixture(scope="session")
def settled_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Anna, Bruno and Carla in all tables, older versions, quarantine and sealed deliveries."""
    town = erased_town(tmp_path_factory.mktemp("settled"))
    land_twice(town)
    return town


@pytest.fixture
def settled(settled_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that erases somebody."""
    return settled_once.copied(tmp_path / "town")


@pytest.fixture(scope="session")
def whole_city(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """Two days of every publisher, and all silver and gold of them; to be looked at.

    Open tables need weeks of persons to pass their gate. Tests of it are of one group of xdist.
    """
    declarations = find_declarations()
    computed = [key for key, one in declarations.items() if one.release is None]
    read = {table for one in declarations.values() for table in one.reads.values()}
    town = simulated_town(tmp_path_factory.mktemp("city"), days=2, only=None)
    with with_publishers(town.settings) as served:
        summary = town.run(
            *sorted(read - set(declarations)),
            *computed,
            first=FIRST_DAY,
            last=days(2)[-1],
            twin=Twin.here(served),
        )
    assert summary.is_success, summary.failures
    return town.twin()
