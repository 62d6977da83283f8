"""A town whose publishers are web servers: what they hold, and an installation that pulls it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from assets.twin import Twin
from infra.settings import Settings
from infra.simulator.publishers import Offer, PublisherServer, Record
from infra.windows import Window
from quality.by_window import land_by_window
from quality.contract.load import BUILT_IN, load_contract, load_contracts
from quality.contract.model import Contract
from quality.landing import Landing, land
from quality.rebuilding import land_from_archive
from quality.tables import bronze_key
from tests.infra.adapters.waiting import Waiting
from tests.promises.town import Town

FIRST_DAY: Final = date(2025, 3, 24)
SESSIONS: Final = "parcheggi/soste"
AIR: Final = "arpa/aria"
ROWS_A_DAY: Final = 12
_NOW: Final = datetime(2025, 4, 1, 5, tzinfo=UTC)
PARK_CONTRACT: Final[dict[str, Any]] = {  # the keys of a contract
    "title": "Soste",
    "owner": "team:parcheggi",
    "purpose": "Contare le auto.",
    "legal_basis": "public_task",
    "key_domain": "parking",
    "retention_days": 90,
    "cadence": "daily",
    "since": FIRST_DAY,
    "source": {
        "protocol": "http_json",
        "url": "{parking}/api/offset/soste?from={window}&to={window_end}",
        "records": "data.items",
        "paging": {"by": "offset", "size": 5, "total": "data.count"},
    },
    "primary_key": "session_pid",
    "event_time": "entered_at",
    "columns": {
        "session_pid": {
            "from": "id",
            "type": "string",
            "personal": "indirect",
            "treatment": "pseudonymise",
        },
        "vehicle_pid": {
            "from": "targa",
            "type": "string",
            "personal": "direct",
            "entity": "IT_PLATE",
            "treatment": "pseudonymise",
        },
        "entered_at": {"from": "ingresso", "type": "timestamp", "personal": "indirect"},
        "paid_eur": {"from": "importo", "type": "float"},
    },
    "expectations": [
        {"expect_column_values_to_be_between": {"column": "paid_eur", "min_value": 0}}
    ],
    "max_quarantined_ratio": 0.5,
}
AIR_CONTRACT: Final[dict[str, Any]] = {  # the keys of a contract
    "title": "Aria",
    "owner": "team:arpa",
    "purpose": "Sapere che aria si respira.",
    "legal_basis": "not_personal",
    "cadence": "daily",
    "since": FIRST_DAY,
    "source": {
        "protocol": "socrata",
        "url": "{arpa}",
        "datasets": ["abcd-0001"],
        "select": ["idsensore", "data", "valore"],
        "where": "data >= '{window}' and data < '{window_end}'",
        "page_size": 5,
    },
    "primary_key": ["sensor_id", "measured_at"],
    "event_time": "measured_at",
    "columns": {
        "sensor_id": {"from": "idsensore", "type": "string"},
        "measured_at": {"from": "data", "type": "timestamp"},
        "value_ugm3": {"from": "valore", "type": "float"},
    },
}


@dataclass
class WebTown:
    """The servers of two publishers, and one installation that knows them."""

    town: Town
    servers: Mapping[str, PublisherServer]
    sessions: list[Record] = field(default_factory=list)
    readings: list[Record] = field(default_factory=list)
    _twin: Twin | None = None

    @property
    def twin(self) -> Twin:
        """The installation's twin."""
        if self._twin is None:
            self._twin = Twin.here(self.town.settings)
        return self._twin

    def contract(self, key: str, **changes: object) -> Contract:
        """A contract of the town, as it stands or with other keys."""
        contract = load_contract(Path(str(self.town.contracts)) / key)
        return contract.model_copy(update=changes)

    def land(self, key: str, *, days_count: int = 2, **changes: object) -> Landing:
        """Pull the first days of a data set, waiting for nobody."""
        contract = self.contract(key, **changes)
        return land(
            contract,
            Window.always() if contract.is_static else self.window(days_count),
            at=self.twin.workplace,
            adapter=self.twin.adapter(contract).timed(Waiting().time()),
            notes={},
            now=_NOW,
        )

    def run(self, key: str, *, days_count: int = 2) -> Landing:
        """Pull the first days of a data set as a run does: each is a delivery of its own."""
        contract = self.contract(key)
        return land_by_window(
            contract,
            self.window(days_count),
            at=self.twin.workplace,
            adapter=self.twin.adapter(contract).timed(Waiting().time()),
            notes={},
            now=_NOW,
        )

    def rebuild(self, key: str, *, days_count: int = 2) -> Landing:
        """Land the sealed deliveries of a data set again."""
        contract = self.contract(key)
        return land_from_archive(
            contract,
            self.window(days_count),
            at=self.twin.workplace,
            adapter=self.twin.adapter(contract),
            notes={},
            now=_NOW,
        )

    @staticmethod
    def window(days_count: int) -> Window:
        """So many days from the first."""
        return Window.between(FIRST_DAY, FIRST_DAY + timedelta(days=days_count - 1), "daily")

    def rows(self, key: str) -> pl.DataFrame:
        """A bronze table, sorted."""
        table = bronze_key(self.contract(key))
        return self.twin.lake.read(table).collect().sort(pl.all())

    def asked(self, key: str) -> tuple[int, int]:
        """How often a publisher was asked so far, and how many bytes it sent."""
        server, name = self.servers[key], _NAMES[key]
        return server.requests[name], server.sent[name]

    def fail(self, key: str, fault: object) -> None:
        """Let a publisher fail."""
        self.servers[key].fail(_NAMES[key], fault)  # type: ignore[arg-type] # a Fault

    def recover(self, key: str) -> None:
        """Let a publisher answer again."""
        self.servers[key].recover(_NAMES[key])


_NAMES: Final = {SESSIONS: "soste", AIR: "abcd-0001"}


def sessions_of(days_count: int) -> list[Record]:
    """Twelve sessions a day, each of another car."""
    return [
        {
            "id": f"{day}-{number}",
            "targa": f"AB{100 + day * ROWS_A_DAY + number}CD",
            "ingresso": f"{FIRST_DAY + timedelta(days=day)}T{number + 8:02d}:00:00",
            "importo": number,
        }
        for day in range(days_count)
        for number in range(ROWS_A_DAY)
    ]


def readings_of(days_count: int) -> list[Record]:
    """Twelve readings a day."""
    return [
        {
            ":id": f"row-{day:03d}-{number:02d}",
            ":updated_at": f"2025-04-01T00:00:{number % 3:02d}.000Z",
            "idsensore": "6951",
            "data": f"{FIRST_DAY + timedelta(days=day)}T{number + 8:02d}:00:00.000",
            "valore": str(number),
        }
        for day in range(days_count)
        for number in range(ROWS_A_DAY)
    ]


@contextmanager
def web_town(folder: Path, *, days_count: int = 2) -> Iterator[WebTown]:
    """A town whose publishers hold so many days."""
    sessions, readings = sessions_of(days_count), readings_of(days_count)
    parking = Offer(records=lambda: sessions, time_field="ingresso")
    with (
        PublisherServer({"soste": parking}) as one,
        PublisherServer({"abcd-0001": Offer(records=lambda: readings)}) as other,
    ):
        contracts = folder / "contracts"
        for key, values in {SESSIONS: PARK_CONTRACT, AIR: AIR_CONTRACT}.items():
            _write(contracts / key, values)
        home = folder / "installation"
        home.mkdir()
        town = _WebTown(home / "home", folder, contracts, {"parking": one.url, "arpa": other.url})
        yield WebTown(town, {SESSIONS: one, AIR: other}, sessions, readings)


@dataclass(frozen=True)
class _WebTown(Town):
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """As any town's, with the addresses of its servers; all else lies in one folder."""
        others = {
            name: str(self.sources)
            for contract in load_contracts([BUILT_IN]).values()
            for name in Settings.load({}, self.home).places(contract.source.url)
        }
        named = (f"{name}={place}" for name, place in (others | dict(self.addresses)).items())
        return {**super().environment, "GEMELLO_SOURCES": ",".join(named)}


def _write(folder: Path, values: Mapping[str, object]) -> None:
    folder.mkdir(parents=True)
    (folder / "contract.yaml").write_text(yaml.safe_dump(dict(values), sort_keys=False))


def by_day(rows: pl.DataFrame) -> Sequence[int]:
    """How many rows each day has, in order."""
    return rows.group_by("window_on").len().sort("window_on")["len"].to_list()
