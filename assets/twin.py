"""The twin at work in this process: its settings, contracts, lake, archive and keys."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import polars as pl

from infra.errors import ContractError, GemelloWarning
from infra.keys import Keyring
from infra.lake import Lake
from infra.seal import Archive
from infra.settings import Settings
from quality.contract.load import BUILT_IN, load_contracts
from quality.contract.model import Adapter, Contract
from quality.contract.strictness import stricter
from quality.workplace import Workplace

# Definitions (index bands, limits) are data sets of ours: versioned rows with their source.
DEFINITIONS: Final = Path(__file__).parent / "definitions"
# A register in which nobody has entered anything yet.
EMPTY_REGISTER: Final = Path(__file__).parent / "register"
REGISTER_FILE: Final = "register.csv"


def own_register(settings: Settings) -> Path:
    """The folder in which an installation's register of actions is left for its contract."""
    return settings.home / "register"


@dataclass(frozen=True)
class Twin:
    """Everything a run needs; opened lazily, so that looking at definitions opens nothing."""

    settings: Settings

    @classmethod
    def here(cls, settings: Settings | None = None) -> "Twin":
        """The twin of this process's settings."""
        settings = settings or Settings.load()
        own = own_register(settings)
        register = own if (own / REGISTER_FILE).exists() else EMPTY_REGISTER
        sources = {"definitions": str(DEFINITIONS), "register": str(register), **settings.sources}
        return cls(replace(settings, sources=sources))

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """All contracts, built in and of GEMELLO_CONTRACTS, by `<publisher>/<dataset>`."""
        return load_contracts([BUILT_IN, *self.settings.contracts])

    @cached_property
    def keyring(self) -> Keyring:
        """The keys; made on first use of the embedded default."""
        return Keyring.open(self.settings)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake.open(self.settings)

    @cached_property
    def archive(self) -> Archive:
        """The sealed deliveries."""
        return Archive(self.settings.archive, self.keyring)

    @property
    def workplace(self) -> Workplace:
        """Lake, archive and keys as a landing needs them."""
        return Workplace(lake=self.lake, archive=self.archive, keyring=self.keyring)

    def adapter(self, contract: Contract) -> Adapter:
        """The adapter of a contract, its placeholders filled from the settings."""
        return contract.source.resolved(
            lambda url: self.settings.resolve(url, contract=contract.key)
        )

    def since(self, first: date | None) -> date:
        """The first day of a series in this installation: its own, or the settings' if later."""
        return max(first or date.min, self.settings.since or date.min)

    def contract_of(self, table: str) -> Contract | None:
        """The contract behind a bronze or quarantine table; None for tables we derive."""
        stage, _, key = table.partition("/")
        return self.contracts.get(key) if stage in ("bronze", "quarantine") else None

    def read(self, table: str, *, version: int | None = None) -> pl.LazyFrame:
        """A table, lazily, unless its contract has become stricter than what its history holds.

        Raises ContractError naming the columns then, and TwinError where there is no such table.
        """
        self.check_readable(table)
        return self.lake.read(table, version=version)

    def free_texts(self, table: str) -> tuple[str, ...]:
        """The columns of redacted free text of a table: no table that is computed may read them."""
        contract = self.contract_of(table)
        columns = contract.stored.items() if contract else ()
        return tuple(name for name, column in columns if column.is_free_text)

    def rows_count(self, table: str) -> int:
        """How many rows a table has now, from its files' footers."""
        if not self.lake.exists(table):
            return 0
        return int(self.lake.read(table).select(pl.len()).collect().item())

    def check_readable(self, table: str) -> None:
        """Raise ContractError when the table's history shows more than its contract now allows."""
        contract = self.contract_of(table)
        if contract is None or not self.lake.exists(table):
            return
        reasons = stricter(self.lake.labels(table), contract)
        if reasons:
            raise ContractError(
                f"{table} may not be read: its contract became stricter than its rows. "
                + " ".join(reasons)
                + " Put the former contract back, or rewrite the table and purge its history: "
                f"gemello upkeep rewrite {contract.key}"
            )


def code_version() -> str:
    """The version of gemello, as written into every commit."""
    try:
        return version("gemello")
    except PackageNotFoundError:
        text = "gemello is not installed: its version is unknown"
        warnings.warn(text, GemelloWarning, stacklevel=2)
        return "unknown"


def commit_notes(run_id: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every commit says about how it came to be."""
    return {"run": run_id, "code": code_version(), **(extra or {})}


def utc_now() -> datetime:
    """Now, in UTC. The one clock of the pipeline; functions on tables take their times as data."""
    return datetime.now(UTC)
