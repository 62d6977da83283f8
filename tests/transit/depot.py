"""An installation that holds nothing yet, and the feed its transport company leaves."""

import os
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from assets.twin import Twin
from infra.settings import Settings
from infra.windows import Window
from quality.contract.load import BUILT_IN, load_contract
from quality.contract.model import Contract
from quality.landing import Landing, land
from quality.rebuilding import land_from_archive
from quality.tables import bronze_key, quarantine_key

NOW: Final = datetime(2025, 12, 1, tzinfo=UTC)
PUBLISHER: Final = BUILT_IN / "brescia_mobilita"
TABLES: Final = sorted(
    path.parent.name
    for path in PUBLISHER.glob("*/contract.yaml")
    if "protocol: gtfs" in path.read_text(encoding="utf-8")
)


class Depot:
    """An installation, and the folder in which the transport company leaves its feed."""

    def __init__(self, home: Path) -> None:
        """Make both in a folder."""
        self.folder = home / "brescia_mobilita_files" / "gtfs"
        self.folder.mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a root key was made
            self.twin = Twin.here(Settings.load({"GEMELLO_SOURCES": str(home)}, home))
            self.workplace = self.twin.workplace

    def land(self, table: str, feed: bytes) -> Landing:
        """Land one table of this feed."""
        self.leave("gtfs_1.zip", feed)
        return self.land_what_is_there(table)

    def leave(self, name: str, feed: bytes, *, at: float = NOW.timestamp()) -> None:
        """Leave a feed in the folder, as changed at this second since 1970."""
        path = self.folder / name
        path.write_bytes(feed)
        os.utime(path, (at, at))

    def land_what_is_there(self, table: str) -> Landing:
        """Land one table of the feeds in the folder."""
        contract = contract_of(table)
        adapter = self.twin.adapter(contract)
        window = Window.always()
        return land(contract, window, at=self.workplace, adapter=adapter, notes={}, now=NOW)

    def lose_the_lake(self) -> None:
        """Delete all tables; the sealed deliveries stay."""
        shutil.rmtree(self.twin.settings.lake)
        self.twin = Twin.here(self.twin.settings)
        self.workplace = self.twin.workplace

    def rebuild(self, table: str) -> Landing:
        """Land the sealed feeds of a table again."""
        contract = contract_of(table)
        adapter = self.twin.adapter(contract)
        window = Window.always()
        return land_from_archive(
            contract, window, at=self.workplace, adapter=adapter, notes={}, now=NOW
        )

    def bronze(self, table: str) -> pl.DataFrame:
        """The rows of a table, with their history."""
        return self.twin.lake.read(bronze_key(contract_of(table))).collect()

    def quarantine(self, table: str) -> pl.DataFrame:
        """The refused rows of a table."""
        return self.twin.lake.read(quarantine_key(contract_of(table))).collect()


def contract_of(table: str) -> Contract:
    """The contract of one table of the feed."""
    return load_contract(PUBLISHER / table)
