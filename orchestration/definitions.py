"""The code location: every asset and check that contracts and declarations give, and their jobs."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import dagster as dg
import polars as pl

from assets.columns import schemas_of
from assets.declaration import Declaration
from assets.derived_assets import derived_asset, find_declarations
from assets.freshness import freshness_checks
from assets.lineage import check_lineage
from assets.source_assets import bronze_asset, source_spec
from assets.twin import Twin
from infra.process import keep_private
from orchestration.automation import automation_sensor, on_the_clock, with_conditions
from orchestration.drops import drop_sensors
from orchestration.jobs import freshness_job, jobs_by_tag, upkeep_job, upkeep_schedule
from orchestration.resources import TwinResource
from orchestration.scenarios import scenario_asset
from quality.contract.model import Contract


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads for the contracts this installation names."""
    keep_private()
    return build(Twin.here())


def build(twin: Twin, *, opened: dg.ResourceDefinition | None = None) -> dg.Definitions:
    """The definitions of a twin; opens neither its lake nor its keys.

    `opened` is the twin that steps get when they run in this process. Without it the definitions
    of the same contracts are made once in a process.
    """
    # Partitions in single runs are "beta" to Dagster; saying so at each load helps nobody.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    installation = _Installation(twin.contracts, twin.settings.since, twin)
    return _made_once(installation) if opened is None else _defined(installation, opened)


@dataclass(frozen=True)
class _Installation:
    """All that the definitions follow from."""

    contracts: Mapping[str, Contract]
    since: date | None
    twin: Twin = field(compare=False)

    def __hash__(self) -> int:
        return hash((*self.contracts, self.since))


@lru_cache(maxsize=4)
def _made_once(installation: _Installation) -> dg.Definitions:
    return _defined(installation, TwinResource())


def _defined(installation: _Installation, opened: object) -> dg.Definitions:
    twin, contracts = installation.twin, installation.contracts.values()
    declarations, computed = _computed(_Ground.of(twin))
    landed = [_landed(_Delivered(one, one.since and twin.since(one.since))) for one in contracts]
    tables = [*landed, *computed]
    freshness = freshness_checks(declarations, twin, condition=on_the_clock())
    return dg.Definitions(
        assets=[*(source_spec(contract) for contract in contracts), *tables, scenario_asset()],
        asset_checks=[freshness],
        jobs=[*jobs_by_tag(tables), freshness_job(freshness), upkeep_job()],
        schedules=[upkeep_schedule()],
        sensors=[automation_sensor(), *drop_sensors(twin)],
        resources={"twin": opened},
        executor=dg.in_process_executor,
    )


@dataclass(frozen=True)
class _Ground:
    """All that the computed tables follow from: the contracts they read, and the first day."""

    declarations: Mapping[str, Declaration]
    contracts: Mapping[str, Contract]
    since: date | None
    twin: Twin = field(compare=False)

    @classmethod
    def of(cls, twin: Twin) -> "_Ground":
        declarations = find_declarations()
        read = {table for one in declarations.values() for table in one.reads.values()}
        contracts = {table: found for table in read if (found := twin.contract_of(table))}
        return cls(declarations, contracts, twin.settings.since, twin)

    def __hash__(self) -> int:
        return hash((*self.declarations, self.since))


@dataclass(frozen=True)
class _Delivered:
    """All that the step which lands a data set follows from."""

    contract: Contract
    since: date | None

    def __hash__(self) -> int:
        return hash((self.contract.key, self.since))


# As the computed tables below; those of two installations in one process, as tests have them.
@lru_cache(maxsize=512)
def _landed(delivered: _Delivered) -> dg.AssetsDefinition:
    return with_conditions([bronze_asset(delivered.contract, delivered.since)])[0]


# Whoever runs several times in a process, or looks and then runs, makes them once: 0.2 s.
@lru_cache(maxsize=4)
def _computed(ground: _Ground) -> tuple[dict[str, Declaration], list[dg.AssetsDefinition]]:
    declarations, schemas = checked_declarations(ground.twin)
    tables = [
        derived_asset(one, declarations, ground.twin, schema=schemas[key])
        for key, one in declarations.items()
    ]
    return declarations, with_conditions(tables)


def checked_declarations(twin: Twin) -> tuple[dict[str, Declaration], dict[str, pl.Schema]]:
    """Every computed table and its columns, by its key.

    Raises TwinError where one disagrees with what it reads, or descends from what it may not.
    """
    declarations = find_declarations()
    schemas = schemas_of(declarations, twin)
    check_lineage(declarations, schemas, twin)
    return declarations, schemas
