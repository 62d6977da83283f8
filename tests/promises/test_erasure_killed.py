"""An erasure that was killed at any step is finished by the same command."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.scan import scan
from infra.signing import Signed
from tests.promises.erased_town import ANNA, ROWS, Killed, counts, erase_in, write_request
from tests.promises.town import Town, process_environment

ROOT = Path(__file__).parents[2]


def killed_and_finished(town: Town, last: int) -> Signed:
    """The certificate of an erasure that was killed after so many steps and asked for again."""
    request = write_request(town, ANNA)
    seen: list[str] = []

    def kill(step: str) -> None:
        seen.append(step)
        if len(seen) > last:
            raise Killed

    with pytest.raises(Killed):
        erase_in(town, request, kill)
    return erase_in(town, request)


def copy_of(town: Town, folder: Path) -> Town:
    shutil.copytree(town.home.parent, folder)
    return Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")


def assert_finished(town: Town, signed: Signed) -> None:
    assert counts(town) == {table: left for table, (_, left) in ROWS.items()}
    assert scan(town.home, list(ANNA.values[1:])) == []
    assert signed.document["rows_erased"] == 6
    assert signed.document["sealed_deliveries"] == {
        "canary/holders": {"cut": 2},
        "canary/notes": {"cut": 1},
        "canary/sessions": {"cut": 3},
    }


@pytest.mark.parametrize("last", [2, 13])
def test_an_erasure_that_was_killed_is_finished_by_the_same_command(
    settled: Town, last: int
) -> None:
    signed = killed_and_finished(settled, last)

    assert_finished(settled, signed)


KILLED_BY_THE_SYSTEM = """
import os, signal, sys
from pathlib import Path
from assets.erasing import office_of
from assets.twin import Twin, utc_now
from quality.erasure.erase import erase
from quality.erasure.request import read_request

def told(step):
    if step.endswith("sessions: history purged"):
        os.kill(os.getpid(), signal.SIGKILL)

twin = Twin.here()
office = office_of(twin, twin.settings.home / "dagster")
erase(read_request(Path(sys.argv[1])), office, clock=utc_now, told=told)
"""


def test_a_process_that_the_system_kills_leaves_no_lease_and_is_gone_on_with(
    settled: Town,
) -> None:
    request = write_request(settled, ANNA)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_BY_THE_SYSTEM, str(request)],
        env=process_environment(settled.environment),
        cwd=ROOT,
        check=False,
        capture_output=True,
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert_finished(settled, erase_in(settled, request))


@pytest.mark.longest
@pytest.mark.slow
def test_an_erasure_killed_at_any_step_is_finished_by_the_same_command(
    settled: Town, tmp_path: Path
) -> None:
    steps: list[str] = []
    erase_in(copy_of(settled, tmp_path / "whole"), write_request(settled, ANNA), steps.append)
    assert len(steps) > 15

    for last in range(len(steps)):
        town = copy_of(settled, tmp_path / f"killed-{last}")
        signed = killed_and_finished(town, last)
        assert_finished(town, signed)
        shutil.rmtree(town.home.parent)
