"""Each way in which an SSH server fails: what is said, what is left alone, what is in the pages."""

import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import asyncssh
import polars as pl
import pytest

from assets.twin import Twin
from infra.adapters import sftp_access, sftp_fetch, sftp_files
from infra.adapters.sftp import SftpAdapter
from infra.errors import ContractError, GemelloError, PublisherUnavailable
from infra.settings import Settings
from infra.windows import Window
from quality.contract.load import load_contract
from quality.contract.model import Contract
from quality.landing import Landing, land
from tests.infra.adapters.ssh_servers import PASSWORD, USER, Server, server_in_process
from tests.infra.adapters.test_sftp_lands import CONTRACT
from tests.promises.contracts import write_contract

pytestmark = pytest.mark.filterwarnings("ignore::infra.errors.GemelloWarning")
OPERATIONS: Final = Path(__file__).parents[3] / "docs" / "operations.md"
FIRST, SECOND = date(2025, 3, 1), date(2025, 3, 2)
ATTEMPTS: Final = 1 + len(sftp_fetch.PAUSES_S)
Strike = Callable[[Server], AbstractContextManager[None]]


@contextmanager
def refused(server: Server) -> Iterator[None]:
    with socket.socket() as bound_only:
        bound_only.bind(("127.0.0.1", 0))
        yield from _elsewhere(server, bound_only.getsockname()[1])


@contextmanager
def silent(server: Server) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as says_nothing:
        yield from _elsewhere(server, says_nothing.getsockname()[1])


@contextmanager
def hung_up(server: Server) -> Iterator[None]:
    server.hangs_up = True
    yield
    server.hangs_up = False


def _elsewhere(server: Server, port: int) -> Iterator[None]:
    agreed, server.port = server.port, port
    yield
    server.port = agreed


@contextmanager
def another_key(server: Server) -> Iterator[None]:
    agreed = server.fingerprint
    server.fingerprint = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint("sha256")
    yield
    server.fingerprint = agreed


@contextmanager
def wrong_password(server: Server) -> Iterator[None]:
    password = server.access / "password"
    password.write_text("sbagliata")
    yield
    password.write_text(PASSWORD)


@contextmanager
def wrong_key(server: Server) -> Iterator[None]:
    password, key = server.access / "password", server.access / "key"
    password.unlink()
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
    yield
    key.unlink()
    password.write_text(PASSWORD)


@contextmanager
def lost_mid_file(server: Server) -> Iterator[None]:
    server.faults[:] = ["half", "break"] * ATTEMPTS
    yield
    assert server.faults == []


@contextmanager
def silent_mid_file(server: Server) -> Iterator[None]:
    server.faults[:] = ["half", "freeze"]
    yield
    assert server.faults == []
    server.is_awake.set()


@contextmanager
def no_folder(server: Server) -> Iterator[None]:
    folder = server.folder / "drop"
    folder.rename(server.folder / "elsewhere")
    yield
    (server.folder / "elsewhere").rename(folder)


def forbidden(name: str) -> Strike:
    @contextmanager
    def strike(server: Server) -> Iterator[None]:
        server.forbidden.add(name)
        yield
        server.forbidden.clear()

    return strike


@dataclass(frozen=True)
class Fault:
    """What goes wrong, what is said of it, and how often the server is connected to."""

    strike: Strike
    family: type[GemelloError]
    said: str
    connections_count: int
    line: str  # of the table in docs/operations.md

    def __str__(self) -> str:
        return self.line


FAULTS: Final = {
    "connection refused": Fault(
        refused, PublisherUnavailable, "the server cannot be reached", 0, "refuses the connection"
    ),
    "time-out": Fault(
        silent, PublisherUnavailable, "did not answer in time", 0, "says nothing"
    ),
    "hangs up": Fault(
        hung_up, PublisherUnavailable, "the connection broke off", ATTEMPTS, "breaks off"
    ),
    "lost mid-file": Fault(
        lost_mid_file, PublisherUnavailable, "the connection broke off", ATTEMPTS, "breaks off"
    ),
    "silent mid-file": Fault(
        silent_mid_file, PublisherUnavailable, "did not answer in time", 1, "says nothing"
    ),
    "wrong host key": Fault(
        another_key, ContractError, "key is not the one that was agreed", 1, "key is not the agreed"
    ),
    "wrong password": Fault(
        wrong_password, ContractError, "does not accept our user", 1, "user is not let in"
    ),
    "wrong key": Fault(
        wrong_key, ContractError, "does not accept our user", 1, "user is not let in"
    ),
    "missing folder": Fault(
        no_folder, PublisherUnavailable, "nothing was found there", 1, "folder is missing"
    ),
    "forbidden folder": Fault(
        forbidden("drop"), ContractError, "our user may not read", 1, "may not read"
    ),
    "forbidden file": Fault(
        forbidden(f"letture_{SECOND}.csv"), ContractError, "our user may not read", 1,
        "may not read",
    ),
}  # fmt: skip
EACH: Final = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@dataclass
class Town:
    """An installation that fetches from a server."""

    server: Server
    twin: Twin
    contract: Contract

    def adapter(self) -> SftpAdapter:
        """What fetches, by where the server is at present."""
        source = self.contract.source.model_copy(update={"host_key": (self.server.fingerprint,)})
        places = {
            "{a2a_sftp}": self.server.address("drop"),
            "{a2a_access}": str(self.server.access),
        }

        def filled(text: str) -> str:
            for name, place in places.items():
                text = text.replace(name, place)
            return text

        resolved = source.resolved(filled)
        assert isinstance(resolved, SftpAdapter)
        return resolved

    def land(self) -> Landing:
        """Land both days."""
        return land(
            self.contract,
            Window.between(FIRST, SECOND, "daily"),
            at=self.twin.workplace,
            adapter=self.adapter(),
            notes={},
            now=datetime(2025, 3, 3, tzinfo=UTC),
        )

    def upload(self, day: date, kwh: str) -> None:
        """Have the publisher upload a day, marker and all."""
        self.server.put(f"drop/letture_{day}.csv", f"sezione;energia\n17029001;{kwh}\n")
        self.server.put(f"drop/letture_{day}.csv.ok", "")

    def rows(self) -> list[tuple[object, ...]]:
        """Every reading of the lake."""
        rows = self.twin.lake.read("bronze/a2a/readings").select("window_on", "used_kwh")
        return rows.sort(pl.all()).collect().rows()


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(sftp_fetch, "PAUSES_S", (0.0, 0.0))
    text = CONTRACT.replace(".csv", "*.csv")
    folder = write_contract(tmp_path / "contracts", "a2a/readings", text)
    with server_in_process(tmp_path / "server") as server:
        twin = Twin.here(Settings.load({}, tmp_path / "home"))
        town = Town(server, twin, load_contract(folder))
        town.upload(FIRST, "1,5")
        town.land()
        yield town


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody longer than a moment."""
    monkeypatch.setattr(sftp_access, "LOGIN_TIMEOUT_S", 0.3)
    monkeypatch.setattr(sftp_access, "CONNECT_TIMEOUT_S", 0.3)
    monkeypatch.setattr(sftp_files, "TIMEOUT_S", 0.3)


@EACH
def test_whatever_fails_is_told_at_once_the_table_stays_and_the_next_run_makes_it_whole(
    town: Town, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    town.upload(SECOND, "2,5")
    connected, began = town.server.connections_count, time.monotonic()

    with monkeypatch.context() as patch, fault.strike(town.server):
        hurry(patch)
        with pytest.raises(fault.family, match=fault.said) as failure:
            town.land()
        took_s = time.monotonic() - began
        during = town.rows()
    again = town.server.connections_count - connected
    town.land()

    assert type(failure.value) in {fault.family, *fault.family.__subclasses__()}
    assert during == [(FIRST, 1.5)]
    assert town.rows() == [(FIRST, 1.5), (SECOND, 2.5)]
    assert again == fault.connections_count
    assert took_s < 10


@EACH
def test_no_word_of_the_server_the_account_or_the_file_is_shown(
    town: Town, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    hurry(monkeypatch)
    town.upload(SECOND, "2,5")

    with fault.strike(town.server), pytest.raises(fault.family) as failure:
        town.land()

    said = str(failure.value)
    shown = "".join(traceback.format_exception(failure.value))
    assert said.startswith("{a2a_sftp}")
    words = ["sbagliata", PASSWORD, USER, "127.0.0.1", "17029001", str(town.server.folder)]
    assert not [word for word in words if word in shown]


@EACH
def test_each_fault_has_its_line_in_the_pages_for_operators(fault: Fault):
    lines = [line for line in OPERATIONS.read_text().splitlines() if line.startswith("| `sftp` |")]

    (line,) = [line for line in lines if fault.line in line]

    assert fault.family.__name__ in line


@pytest.mark.parametrize("loss", [["half", "break"], ["break"], ["half", "half", "break"]])
def test_a_connection_lost_once_in_the_middle_of_a_file_costs_nothing(town: Town, loss: list[str]):
    town.upload(SECOND, "2,5")
    town.server.faults[:] = loss

    town.land()

    assert town.server.faults == []
    assert town.rows() == [(FIRST, 1.5), (SECOND, 2.5)]


def test_nothing_is_said_to_a_server_with_another_key(town: Town):
    logins = list(town.server.logins)

    with another_key(town.server), pytest.raises(ContractError):
        town.land()

    assert town.server.logins == logins


def test_a_server_that_lets_us_in_and_then_says_nothing_is_not_waited_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    hurry(monkeypatch)
    town.server.falls_asleep = True
    began = time.monotonic()

    with pytest.raises(PublisherUnavailable, match="did not answer in time"):
        town.land()
    took_s = time.monotonic() - began

    assert took_s < 10
