"""The real files through the real pipeline, each data set once."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.twin import Twin
from infra.settings import Settings
from infra.windows import Window
from quality.contract.load import load_contract
from quality.contract.model import Contract
from quality.landing import Landing, land
from quality.tables import bronze_key, quarantine_key
from tests.real_sources.real_files import CONTRACTS, REAL_FILES, REAL_SOURCES, WRITTEN


@dataclass(frozen=True, repr=False)
class Landed:
    """A data set after its landing: what the pipeline says of it, and both tables."""

    contract: Contract
    landing: Landing
    bronze: pl.DataFrame
    quarantine: pl.DataFrame

    @property
    def refused_by_reason(self) -> Mapping[str, int]:
        """How many rows were refused, by rule and reason."""
        counted = self.quarantine.group_by("rule", "reason").len().sort("rule", "reason")
        return {f"{rule} ({reason})": count for rule, reason, count in counted.iter_rows()}


def contract_of(name: str) -> Contract:
    """A contract for recorded files; one of a real publisher is pointed to the file recorded."""
    if (CONTRACTS / name).is_dir():
        return load_contract(CONTRACTS / name)
    contract = load_contract(REAL_SOURCES / name)
    (file,) = WRITTEN[name].files
    recorded = contract.source.model_copy(update={"url": f"{{real_files}}/{file}"})
    return contract.model_copy(update={"source": recorded})


def land_real(name: str, folder: Path) -> Landed:
    """Land one data set as a user of this installation would, with its lake in the folder."""
    contract = contract_of(name)
    twin = Twin.here(Settings.load({"GEMELLO_SOURCES": f"real_files={REAL_FILES}"}, folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a root key was made
        return land_in(twin, contract)


def land_in(twin: Twin, contract: Contract) -> Landed:
    """Land everything the publisher has, from the first day of the series until today."""
    now = datetime.now(UTC)
    window = Window.always()
    if contract.since is not None:
        window = Window.between(contract.since, now.date(), contract.cadence)
    adapter = twin.adapter(contract)
    landing = land(contract, window, at=twin.workplace, adapter=adapter, notes={}, now=now)
    bronze, quarantine = tables_of(twin, contract)
    return Landed(contract, landing, bronze, quarantine)


def tables_of(twin: Twin, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bronze, as it stands today, and quarantine."""
    bronze = twin.lake.read(bronze_key(contract)).collect()
    if "valid_to" in bronze.columns:
        bronze = bronze.filter(pl.col("valid_to").is_null())
    return bronze, twin.lake.read(quarantine_key(contract)).collect()
