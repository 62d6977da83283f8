from pathlib import Path

import pytest

from infra.simulator.publishers import Fault
from tests.promises.web_town import AIR, SESSIONS, WebTown, web_town


@pytest.fixture
def town(tmp_path: Path):
    with web_town(tmp_path) as running:
        yield running


def sources(town: WebTown) -> tuple[int, str]:
    done = town.town.command("doctor", "--sources")
    return done.returncode, done.stdout


def test_the_doctor_says_what_it_found_at_each_endpoint(town):
    town.fail(AIR, Fault("login"))

    code, said = sources(town)

    assert code == 1
    assert f"source {SESSIONS}: answers" in said
    assert f"BAD  source {AIR}: refused" in said
    assert "web page in place of data" in said.replace("\n", " ")


def test_without_a_network_the_doctor_says_that_it_is_the_network(tmp_path):
    with web_town(tmp_path) as town:
        pass

    code, said = sources(town)

    assert code == 3
    assert "is there a way to the network from here" in said.replace("\n", " ")
