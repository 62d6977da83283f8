import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, get_args

import polars as pl
import pytest

from infra.settings import ADDRESSES
from infra.simulator import simulate
from infra.simulator.publishers import FaultKind
from infra.simulator.run import found_datasets
from infra.simulator.serving import is_served, publishing
from orchestration.cli import main
from orchestration.cli.city import _simulate_once
from orchestration.cli.exit_codes import EXIT_UNAVAILABLE, EXIT_USAGE
from tests.promises.town import Town, process_environment, versions_of

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 1)  # the portal begins another data set
SERVED: Final = sorted(one.KEY for one in found_datasets() if hasattr(one, "HANDOVER"))
EVENTS: Final = "comune_brescia/events"
RENTALS: Final = "brescia_mobilita/shared_vehicles"
GEMELLO: Final = (sys.executable, "-m", "orchestration.cli")


@dataclass(frozen=True)
class City(Town):
    """A town that begins when its publishers began."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "GEMELLO_SINCE": f"{FIRST}"}

    def rows(self, table: str) -> pl.DataFrame:
        return pl.read_delta(str(self.lake / table))

    def addresses(self) -> Mapping[str, str]:
        return self.settings.sources


Said = tuple[int, str]
Command = Callable[..., Said]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "sources"
    simulate(profile="small", days=2, seed=3, out=folder, start=FIRST, only=SERVED)
    return folder


@pytest.fixture
def city(sources: Path, tmp_path: Path) -> City:
    return City(home=tmp_path / "home", sources=sources)


@pytest.fixture
def gemello(
    city: City, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """The command line in this process; it does not wait long before it tries again."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(city.home.parent)
    for name, text in city.environment.items():
        monkeypatch.setenv(name, text)

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["gemello", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        streams = capfd.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else 0, streams.out + streams.err

    return run


def run_of(*datasets: str) -> tuple[str, ...]:
    select = " or ".join(f'key:"bronze/{dataset}"' for dataset in datasets)
    return ("run", "--select", select, "--from", f"{FIRST}", "--to", f"{LAST}")


@contextmanager
def serving(city: City, *options: str) -> Iterator[str]:
    """What `gemello simulate --serve` says, while it runs."""
    arguments = [*GEMELLO, "simulate", "--out", str(city.sources), "--serve", *options]
    with subprocess.Popen(
        arguments,
        env=process_environment({}),
        cwd=city.home.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Run on it with" not in said:
            line = process.stdout.readline()
            assert line, "it ended before it served"
            said += line
        try:
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/whole/events", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def comes_true(what: Callable[[], bool], within_s: float = 60) -> bool:
    end = time.monotonic() + within_s
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def test_every_row_that_an_api_delivers_is_in_bronze_or_in_quarantine(
    city: City, gemello: Command
) -> None:
    truth = json.loads((city.sources / "_ground_truth" / "rows.json").read_text())

    code, said = gemello(*run_of(*SERVED))

    assert code == 0, said
    found = {
        key: {
            "kept_count": city.rows(f"bronze/{key}").height,
            "refused_count": city.rows(f"quarantine/{key}").height,
        }
        for key in SERVED
    }
    assert found == {
        key: {name: count for name, count in rows.items() if name != "delivered_count"}
        for key, rows in truth.items()
    }
    assert len(SERVED) >= 5


def test_a_run_without_news_writes_no_version_though_the_publishers_moved_to_another_port(
    city: City, gemello: Command
) -> None:
    gemello(*run_of(*SERVED))
    versions, before = versions_of(city), city.addresses()
    port = int(before["comune_api"].rpartition(":")[2])

    code, same = gemello(*run_of(*SERVED))
    at_the_same_port = city.addresses()
    with socket.create_server(("127.0.0.1", port)):
        other_code, other = gemello(*run_of(*SERVED))

    assert (code, other_code) == (0, 0), same + other
    assert at_the_same_port == before
    assert city.addresses() != before
    assert versions_of(city) == versions
    assert same.count("nothing new") == other.count("nothing new") == len(SERVED)


FAULTS: Final[Mapping[str, tuple[int, str]]] = {
    "down": (EXIT_UNAVAILABLE, "cannot be reached, or broke off"),
    "slow": (0, "Done in"),
    "flapping": (0, "Done in"),
    "rate_limited": (EXIT_UNAVAILABLE, "HTTP 429 (4 attempts)"),
    "rate_limited:1": (0, "Done in"),
    "not_found": (EXIT_UNAVAILABLE, "HTTP 404"),
    "gone": (EXIT_UNAVAILABLE, "HTTP 410 (withdrawn for good)"),
    "forbidden": (EXIT_UNAVAILABLE, "HTTP 403"),
    "server_error": (EXIT_UNAVAILABLE, "HTTP 503 (4 attempts)"),
    "truncated": (EXIT_UNAVAILABLE, "cannot be reached, or broke off"),
    "login": (EXIT_UNAVAILABLE, "web page in place of data"),
    "moved": (EXIT_UNAVAILABLE, "a host that the contract does not name"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_simulated_publisher_fails_as_it_was_told_to(
    fault: str, city: City, gemello: Command
) -> None:
    expected, words = FAULTS[fault]

    with serving(city, "--fail", f"{EVENTS}={fault}"):
        code, said = gemello(*run_of(EVENTS))

    assert code == expected, said
    assert words in said
    assert (city.lake / "bronze" / EVENTS).exists() == (expected == 0)


def test_a_simulated_series_that_shrinks_leaves_what_was_published(
    city: City, gemello: Command
) -> None:
    gemello(*run_of(RENTALS))
    rows = city.rows(f"bronze/{RENTALS}").height

    with serving(city, "--fail", f"{RENTALS}=shrinking"):
        code, said = gemello(*run_of(RENTALS))

    assert code == 0, said
    assert "drift" in said
    assert city.rows(f"bronze/{RENTALS}").height == rows


def test_every_way_to_fail_is_tried() -> None:
    tried = {fault.partition(":")[0] for fault in FAULTS} | {"shrinking"}

    assert tried == set(get_args(FaultKind))


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (f"{EVENTS}=hungry", "the faults are down, slow"),
        (f"{EVENTS}=down:often", "the faults are down, slow"),
        ("a2a/gas_readings=down", "no such publisher with an API"),
    ],
)
def test_a_fault_that_nobody_can_show_is_refused(
    fail: str, words: str, city: City, gemello: Command
) -> None:
    ended, said = gemello("simulate", "--out", str(city.sources), "--serve", "--fail", fail)

    assert ended == EXIT_USAGE
    assert words in said


def test_faults_are_for_publishers_that_are_served(city: City, gemello: Command) -> None:
    code, said = gemello("simulate", "--out", str(city.sources), "--fail", f"{EVENTS}=down")

    assert code == EXIT_USAGE
    assert "--serve" in said


def test_it_is_said_where_the_publishers_are_and_how_to_run_on_them(city: City) -> None:
    with serving(city) as said:
        address = city.addresses()["comune_api"]
        was_there = answers(address)

    assert f"{{comune_api}} is {address}" in said
    assert f"GEMELLO_SOURCES={city.sources} gemello run --from {FIRST} --to {LAST}" in said
    assert was_there
    assert not answers(address)


def test_who_comes_second_asks_the_first_and_goes_on_in_its_place(sources: Path) -> None:
    first = ExitStack()
    began = first.enter_context(publishing(sources))

    with publishing(sources) as found:
        first.close()
        goes_on = comes_true(lambda: answers(found["comune_api"]))

    assert found == began
    assert goes_on
    assert not answers(found["comune_api"])


@pytest.mark.longest
@pytest.mark.slow
def test_the_pages_find_the_publishers_while_they_are_open(city: City) -> None:
    environment = process_environment({**city.environment, "HOME": str(city.home.parent)})
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pages = subprocess.Popen(
        [*GEMELLO, "ui", "--port", str(port)],
        cwd=city.home.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        began = comes_true(
            lambda: answers(city.addresses().get("comune_api", "http://127.0.0.1:9"))
        )
        # Two processes that make the same Dagster instance at once are in each other's way.
        comes_true(lambda: answers(f"http://127.0.0.1:{port}/server_info"))
        landed = subprocess.run(
            [
                Path(sys.executable).with_name("dagster"),
                *("asset", "materialize", "-m", "orchestration.definitions"),
                *("--select", f'key:"bronze/{EVENTS}" or key:"quarantine/{EVENTS}"'),
            ],
            cwd=city.home.parent,
            env={**environment, "DAGSTER_HOME": str(city.home / "dagster")},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.killpg(pages.pid, signal.SIGINT)
        pages.wait(60)

    assert began
    assert landed.returncode == 0, landed.stdout + landed.stderr
    assert city.rows(f"bronze/{EVENTS}").height > 0
    assert not answers(city.addresses()["comune_api"])
    assert (city.sources / ADDRESSES).is_file()


def test_a_city_that_an_earlier_version_simulated_gets_the_publishers_it_lacks(
    tmp_path: Path,
) -> None:
    made = {"days": 1, "seed": 3, "start": f"{FIRST}"}
    (tmp_path / "simulation.json").write_text(json.dumps(made))

    start = _simulate_once(tmp_path, days=1, seed=3, start=LAST)

    assert start == FIRST
    assert is_served(tmp_path)
