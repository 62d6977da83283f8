"""The publishers of the month: folders, three web servers and an SSH server, and their outages."""

import contextlib
import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from assets.twin import Twin
from infra.adapters.patience import Patience, Time
from infra.adapters.source import WebSource
from infra.settings import Settings
from infra.simulator.publishers import Fault, Offer, PublisherServer, Record, make_certificate
from quality.contract.load import BUILT_IN, load_contracts
from quality.contract.model import Adapter, Contract
from tests.infra.adapters.ssh_servers import Server, server_in_process
from tests.promises.month import DAYS_COUNT, dated
from tests.promises.month_contracts import write_contracts
from tests.promises.town import Town

# Every way in which a web server fails; the certificate has days of its own.
OUTAGES: Final = (
    Fault("down"),
    Fault("slow", pause_s=0.03),
    Fault("flapping"),
    Fault("rate_limited", times=2, retry_after_s=1),
    Fault("rate_limited", retry_after_s=7200),
    Fault("not_found"),
    Fault("gone"),
    Fault("forbidden"),
    Fault("server_error"),
    Fault("server_error", status=500),
    Fault("truncated"),
    Fault("shrinking"),
    Fault("login"),
    Fault("moved"),
)
EXPIRED_ON: Final = (6, 7, 19)
_LONGEST_OUTAGE: Final = 5
_NAMES: Final = ("arpa_files", "abcd-0001", "soste", "alberi", "transit")


@dataclass(frozen=True)
class MonthTown(Town):
    """A town some of whose publishers have addresses; the others each have a folder."""

    addresses: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _places(self) -> str:
        found = load_contracts([BUILT_IN, self.contracts or Path()]).values()
        texts = [text for one in found for text in one.source.filled_texts().values()]
        settings = Settings.load({}, self.home)
        # Definitions are ours: no setting says where they are.
        names = {name for text in texts for name in settings.places(text)} - {"definitions"}
        places = {name: str(self.sources / name) for name in names} | dict(self.addresses)
        return ",".join(f"{name}={place}" for name, place in places.items())

    @property
    def environment(self) -> dict[str, str]:
        """As any town's, with the addresses of its servers."""
        return {**super().environment, "GEMELLO_SOURCES": self._places}


@dataclass
class Publishers:
    """What they hold at present, by file, and since when.

    `certificate` is the one they show; whoever trusts it sees when it has expired.
    """

    town: MonthTown
    servers: Mapping[str, PublisherServer]
    uploads: Server
    certificates: Mapping[bool, Path]
    held: dict[str, tuple[int, bytes]]
    certificate: Path

    def deliver(self, name: str, content: bytes | None, *, number: int) -> None:
        """Have a publisher hold this under this name, dated of a day; None: it holds it no more."""
        place, _, path = name.partition("/")
        if place == "energy":
            self._upload(path, content, number)
        elif place in ("arpa_files", "arpa", "parking", "portal", "transit"):
            self.held.pop(name, None)
            if content is not None:
                self.held[name] = number, content
        else:
            self._drop(self.town.sources / name, content, number)

    @staticmethod
    def _drop(path: Path, content: bytes | None, number: int) -> None:
        if content is None:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        at = dated(number).timestamp()
        os.utime(path, (at, at))

    def _upload(self, path: str, content: bytes | None, number: int) -> None:
        """Upload a file; the marker that it is whole comes with its last line."""
        at = int(dated(number).timestamp())
        for gone in (path, f"{path}.ok"):
            with contextlib.suppress(FileNotFoundError):
                (self.uploads.folder / gone).unlink()
        if content is not None:
            self.uploads.put(path, content, at=at)
            if content.endswith(b"\n"):
                self.uploads.put(f"{path}.ok", b"", at=at)

    def fail(self, faults: Mapping[str, Fault], *, is_expired: bool, is_shut: bool) -> None:
        """Let those named fail as they do today, and all others answer."""
        for name in _NAMES:
            server = self.servers[name]
            if name in faults:
                server.fail(name, faults[name])
            else:
                server.recover(name)
        self.certificate = self.certificates[is_expired]
        self.servers["arpa_files"].show(self.certificate)
        self.uploads.faults[:] = ["break", "refuse"] * 8 if is_shut else []

    def recover(self) -> None:
        """Let all of them answer again."""
        self.fail({}, is_expired=False, is_shut=False)

    def asked(self) -> dict[str, int]:
        """How often each was asked so far."""
        return {name: self.servers[name].requests[name] for name in _NAMES}


def outages(chance: random.Random) -> list[dict[str, Fault]]:
    """For each day who fails how, for one to five days each; all kinds come in turn."""
    days: list[dict[str, Fault]] = [{} for _ in range(DAYS_COUNT)]
    kinds = cycle(chance.sample(OUTAGES, len(OUTAGES)))
    for name in _NAMES:
        number = chance.randrange(3)
        while number < DAYS_COUNT:
            fault = next(kinds)
            until = number + chance.randrange(1, _LONGEST_OUTAGE + 1)
            for day in days[number:until]:
                day[name] = fault
            number = until + chance.randrange(1, 4)
    return days


@contextmanager
def publishers(folder: Path) -> Iterator[Publishers]:
    """A town nobody delivered anything to yet, and its publishers' servers."""
    held: dict[str, tuple[int, bytes]] = {}

    def files(name: str) -> Mapping[str, bytes]:
        prefix = f"{name}/"
        return {
            path.removeprefix(prefix): content
            for path, (_, content) in held.items()
            if path.startswith(prefix)
        }

    def records(name: str) -> list[Record]:
        found: list[Record] = []
        for _, content in sorted(files(name).items()):
            for line in content.splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def listed_at() -> Any:  # a datetime
        return dated(held.get("portal/alberi/alberi.csv", (0, b""))[0])

    contracts, secrets = folder / "contracts", folder / "certificates"
    certificates = {}
    for is_expired in (False, True):
        (secrets / str(is_expired)).mkdir(parents=True)
        valid_for = timedelta(days=-1 if is_expired else 1)
        certificates[is_expired] = make_certificate(secrets / str(is_expired), valid_for=valid_for)
    with ExitStack() as stack:
        agency = stack.enter_context(
            PublisherServer(
                {
                    "arpa_files": Offer(files=lambda: files("arpa_files")),
                    "abcd-0001": Offer(records=lambda: records("arpa/abcd-0001")),
                },
                certificate=certificates[False],
            )
        )
        stays = Offer(records=lambda: records("parking/soste"), time_field="ingresso")
        parking = stack.enter_context(PublisherServer({"soste": stays}))
        portal = stack.enter_context(
            PublisherServer(
                {
                    "alberi": Offer(files=lambda: files("portal/alberi"), modified_at=listed_at),
                    "transit": Offer(files=lambda: files("transit")),
                }
            )
        )
        uploads = stack.enter_context(server_in_process(folder / "uploads"))
        (uploads.access / "known_hosts").write_text(uploads.known_hosts)
        write_contracts(contracts)
        town = MonthTown(
            home=folder / "home",
            sources=folder / "sources",
            contracts=contracts,
            addresses={
                "arpa_files": f"{agency.url}/files/arpa_files",
                "arpa": agency.url,
                "parking": parking.url,
                "portal": portal.url,
                "transit": f"{portal.url}/files/transit",
                "energy": uploads.address("").rstrip("/"),
                "energy_access": str(uploads.access),
            },
        )
        town.sources.mkdir()
        servers = {"arpa_files": agency, "abcd-0001": agency, "soste": parking}
        servers |= {"alberi": portal, "transit": portal}
        yield Publishers(town, servers, uploads, certificates, held, certificates[False])


class HurriedTwin(Twin):
    """A twin that waits for nobody: a second at most for a pull, and not in between."""

    def adapter(self, contract: Contract) -> Adapter:
        """The adapter of a contract, without its patience."""
        found = super().adapter(contract)
        if isinstance(found, WebSource):
            hurry = Patience(timeout_s=5, deadline_s=0.8)
            return found.timed(Time(sleep=lambda _: None)).waiting(hurry)
        return found
