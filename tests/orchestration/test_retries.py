from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from infra.errors import TwinError
from infra.lake import Lake
from orchestration.definitions import build
from orchestration.resources import OpenTwin
from tests.orchestration.asking import Daemon
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import Town

TABLES = ("bronze/parks/visits", "quarantine/parks/visits")
DAY = "2025-03-24"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return parks_town(tmp_path)


@pytest.fixture
def daemon(town: Town) -> Iterator[Daemon]:
    twin = town.twin()
    opened = dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(build(twin, opened=opened), instance)


def attempts(done: dg.ExecuteInProcessResult) -> int:
    starts = ("STEP_START", "STEP_RESTARTED")
    return len([event for event in done.all_events if event.event_type_value in starts])


def test_a_publisher_who_does_not_answer_is_asked_three_times(daemon: Daemon):
    done = daemon.run(*TABLES, day=DAY)

    assert not done.success
    assert attempts(done) == 3


def test_a_delivery_that_is_refused_is_not_asked_for_again(daemon: Daemon, town: Town):
    path = town.sources / "town" / f"visits_{DAY}.csv"
    path.write_text(VISITS_HEADER.replace("parco", "luogo") + "1;AB123CD;DUCOS;;1,00;\n")

    done = daemon.run(*TABLES, day=DAY)

    assert not done.success
    assert attempts(done) == 1


def test_a_fault_of_ours_is_not_tried_again(daemon: Daemon, town: Town):
    path = town.sources / "town" / f"visits_{DAY}.csv"
    path.write_text(VISITS_HEADER + "1;AB123CD;DUCOS;24/03/2025 10:00;1,00;\n")
    town.lake.parent.mkdir(exist_ok=True)
    town.lake.write_text("a file where the lake should be")

    done = daemon.run(*TABLES, day=DAY)

    with pytest.raises(TwinError):
        Lake.open(town.settings).probe()
    assert not done.success
    assert attempts(done) == 1
