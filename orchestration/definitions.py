"""The code location: every asset and check that contracts and declarations give, and their jobs."""

import warnings

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


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads for the contracts this installation names."""
    keep_private()
    return build(Twin.here())


def build(twin: Twin, *, opened: dg.ResourceDefinition | None = None) -> dg.Definitions:
    """The definitions of a twin; opens neither its lake nor its keys.

    `opened` is the twin that steps get when they run in this process.
    """
    # Partitions in single runs are "beta" to Dagster; saying so at each load helps nobody.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    contracts = twin.contracts.values()
    declarations, schemas = checked_declarations(twin)
    tables = with_conditions(
        [
            *(bronze_asset(contract, twin) for contract in contracts),
            *(
                derived_asset(one, declarations, twin, schema=schemas[key])
                for key, one in declarations.items()
            ),
        ]
    )
    freshness = freshness_checks(declarations, twin, condition=on_the_clock())
    return dg.Definitions(
        assets=[*(source_spec(contract) for contract in contracts), *tables],
        asset_checks=[freshness],
        jobs=[*jobs_by_tag(tables), freshness_job(freshness), upkeep_job()],
        schedules=[upkeep_schedule()],
        sensors=[automation_sensor(), *drop_sensors(twin)],
        resources={"twin": opened or TwinResource()},
        executor=dg.in_process_executor,
    )


def checked_declarations(twin: Twin) -> tuple[dict[str, Declaration], dict[str, pl.Schema]]:
    """Every computed table and its columns, by its key.

    Raises TwinError where one disagrees with what it reads, or descends from what it may not.
    """
    declarations = find_declarations()
    schemas = schemas_of(declarations, twin)
    check_lineage(declarations, schemas, twin)
    return declarations, schemas
