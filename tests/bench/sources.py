"""The rows that every protocol brings in the benchmark of adapters, and who holds them."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from assets.twin import Twin
from infra.settings import Settings
from infra.simulator.publishers import Offer, PublisherServer, Record
from tests.infra.adapters.ssh_servers import SSHD, openssh_server
from tests.promises.contracts import write_contract
from tests.transit.feeds import FEED, zipped

ROWS: Final = 100_000
PAGE: Final = 5_000
DAY: Final = date(2025, 3, 24)
PROTOCOLS: Final = (
    "csv",
    "jsonl",
    "parquet",
    "http_json",
    "socrata",
    "ckan",
    "gtfs",
    "sftp",
)
_CONTRACT: Final = """\
    title: Soste
    owner: team:parcheggi
    purpose: Contare le auto.
    legal_basis: public_task
    key_domain: parking
    retention_days: 90
    cadence: daily
    since: 2025-03-24
    source: {source}
    primary_key: [session_pid]
    event_time: entered_at
    columns:
      session_pid: {{from: id, type: string, personal: indirect, treatment: pseudonymise}}
      vehicle_pid:
        from: targa
        type: string
        personal: direct
        entity: IT_PLATE
        treatment: pseudonymise
      car_park_id: {{from: parcheggio, type: string}}
      entered_at: {{from: ingresso, type: timestamp, personal: indirect}}
      paid_eur: {{from: importo, type: float}}
    expectations:
      - expect_column_values_to_be_between: {{column: paid_eur, min_value: 0, max_value: 80}}
      - expect_column_values_to_be_in_set:
          column: car_park_id
          value_set: [P-STAZIONE, P-VITTORIA, P-ARNALDO, P-GOITO]
    """
_FEED: Final = """\
    title: Orari alle fermate
    owner: team:trasporti
    purpose: Sapere quando ogni corsa passa da ogni fermata.
    legal_basis: not_personal
    cadence: static
    archive_days: 14
    source: {source}
    columns:
      trip_id: {{type: string}}
      stop_sequence_index: {{from: stop_sequence, type: integer}}
      stop_id: {{type: string}}
      arrives_s: {{from: arrival_time, type: integer, sent_as: {{format: gtfs_time}}}}
      departs_s: {{from: departure_time, type: integer, sent_as: {{format: gtfs_time}}}}
    expectations:
      - expect_column_values_to_be_between: {{column: stop_sequence_index, min_value: 0}}
    """
_FIELDS: Final = ("id", "targa", "parcheggio", "ingresso", "importo")
_SOURCES: Final = {
    "csv": '{protocol: file, url: "{web}/files/csv/sessions.csv"}',
    "jsonl": '{protocol: file, url: "{web}/files/jsonl/sessions.jsonl"}',
    "parquet": '{protocol: file, url: "{web}/files/parquet/sessions.parquet"}',
    "http_json": '{protocol: http_json, url: "{web}/api/offset/http_json", records: data.items, '
    f"paging: {{by: offset, size: {PAGE}, total: data.count}}}}",
    "socrata": '{protocol: socrata, url: "{web}", datasets: [abcd-0001], '
    f"select: [{', '.join(_FIELDS)}]}}",
    "ckan": '{protocol: ckan, url: "{web}", package: ckan, format: csv}',
    "gtfs": '{protocol: gtfs, url: "{web}/files/gtfs/gtfs.zip", table: stop_times}',
    "sftp": '{protocol: sftp, url: "{ssh}/sessions.csv", access: "{ssh_access}", '
    "ready: {suffix: .ok}}",
}


@dataclass(frozen=True)
class Sources:
    """Where the servers are, and the contracts of what they hold."""

    contracts: str
    web: str
    sftp: str = ""
    access: str = ""

    def written(self) -> str:
        """All of it as text, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Sources":
        """What `written` gave."""
        return cls(**json.loads(text))


def twin_of(sources: Sources, folder: Path) -> Twin:
    """A new installation that knows these servers."""
    places = {"web": sources.web, "ssh": sources.sftp, "ssh_access": sources.access}
    environment = {
        "GEMELLO_CONTRACTS": sources.contracts,
        "GEMELLO_SOURCES": ",".join(f"{name}={place}" for name, place in places.items()),
    }
    return Twin.here(Settings.load(environment, folder))


def sessions(rows: int) -> pl.DataFrame:
    """So many parking sessions of one day, as they are delivered."""
    chance = np.random.default_rng(7)
    letters = np.array(list("ABCDEFGHJKLMNPRSTVWXYZ"))
    picks = letters[chance.integers(0, len(letters), (rows, 4))]
    numbers = chance.integers(100, 1000, rows)
    began = datetime(DAY.year, DAY.month, DAY.day)  # noqa: DTZ001 # as the publisher writes it
    seconds = chance.integers(0, 86_000, rows)
    return pl.DataFrame(
        {
            "id": [f"S{number:09d}" for number in range(rows)],
            "targa": [f"{a}{b}{n}{c}{d}" for (a, b, c, d), n in zip(picks, numbers, strict=True)],
            "parcheggio": np.array(["P-STAZIONE", "P-VITTORIA", "P-ARNALDO", "P-GOITO"])[
                chance.integers(0, 4, rows)
            ],
            "ingresso": [(began + timedelta(seconds=int(s))).isoformat() for s in seconds],
            "importo": chance.integers(0, 800, rows) / 10,
        }
    )


def feed(rows: int) -> bytes:
    """A timetable of so many stops at times, twenty to a trip."""
    trips = max(1, rows // 20)
    route = "".join(f"1,week,T{trip:07d},Ospedale,0\n" for trip in range(trips))
    times = "".join(
        f"T{trip:07d},{5 + minute // 60:02d}:{minute % 60:02d}:00,"
        f"{5 + minute // 60:02d}:{minute % 60:02d}:00,{'ABC'[stop % 3]},{stop + 1}\n"
        for trip in range(trips)
        for stop, minute in ((stop, trip % 1000 + 2 * stop) for stop in range(20))
    )
    head = FEED["trips.txt"].partition("\n")[0], FEED["stop_times.txt"].partition("\n")[0]
    files = {name: text for name, text in FEED.items() if name != "frequencies.txt"}
    files |= {"trips.txt": f"{head[0]}\n{route}", "stop_times.txt": f"{head[1]}\n{times}"}
    return zipped(files)


class _Held:
    """The rows in each form, made once, when somebody asks for them first."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    @cached_property
    def frame(self) -> pl.DataFrame:
        return sessions(self._rows)

    @cached_property
    def csv(self) -> bytes:
        return self.frame.write_csv().encode()

    @cached_property
    def records(self) -> list[Record]:
        return self.frame.to_dicts()

    @cached_property
    def numbered(self) -> list[Record]:
        """As a portal gives them: with row ids of its own, all changed at one time."""
        at = "2025-03-25T00:00:00.000Z"
        return [
            {":id": f"row-{n:09d}", ":updated_at": at, **row} for n, row in enumerate(self.records)
        ]

    @cached_property
    def parquet(self) -> bytes:
        import io

        out = io.BytesIO()
        self.frame.write_parquet(out)
        return out.getvalue()

    @cached_property
    def jsonl(self) -> bytes:
        return self.frame.write_ndjson().encode()

    @cached_property
    def gtfs(self) -> bytes:
        return feed(self._rows)


@contextmanager
def served(folder: Path, *, rows: int) -> Iterator[Sources]:
    """Servers of all protocols, while they are needed; the SSH server where there is one."""
    held = _Held(rows)
    contracts = folder / "contracts"
    for protocol, source in _SOURCES.items():
        text = _FEED if protocol == "gtfs" else _CONTRACT
        write_contract(contracts, f"bench/{protocol}", text.format(source=source))
    offers = {
        "csv": Offer(files=lambda: {"sessions.csv": held.csv}),
        "jsonl": Offer(files=lambda: {"sessions.jsonl": held.jsonl}),
        "parquet": Offer(files=lambda: {"sessions.parquet": held.parquet}),
        "ckan": Offer(files=lambda: {"sessions.csv": held.csv}),
        "gtfs": Offer(files=lambda: {"gtfs.zip": held.gtfs}),
        "http_json": Offer(records=lambda: held.records),
        "abcd-0001": Offer(records=lambda: held.numbered),
    }
    with ExitStack() as stack:
        web = stack.enter_context(PublisherServer(offers, most_records=PAGE))
        if SSHD is None:
            yield Sources(str(contracts), web.url)
            return
        ssh = stack.enter_context(openssh_server())
        (ssh.access / "known_hosts").write_text(ssh.known_hosts)
        ssh.put("sessions.csv", held.csv, at=int(time.time()))
        ssh.put("sessions.csv.ok", b"", at=int(time.time()))
        address = ssh.address("").rstrip("/")
        yield Sources(str(contracts), web.url, address, os.fspath(ssh.access))
