"""The code location: every asset and check that contracts and declarations give, and their jobs."""

import warnings

import dagster as dg

from assets.derived_assets import derived_asset, find_declarations
from assets.freshness import freshness_check
from assets.source_assets import bronze_asset, source_spec
from assets.twin import Twin
from infra.process import keep_private
from orchestration.resources import TwinResource
from quality.tables import bronze_key


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads for the contracts this installation names."""
    keep_private()
    return build(Twin.here())


def build(twin: Twin, *, opened: dg.ResourceDefinition | None = None) -> dg.Definitions:
    """The definitions of a twin; opens neither its lake nor its keys.

    `opened` is the twin that steps get when they run in this process.
    """
    contracts = twin.contracts.values()
    declarations = find_declarations()
    # Partitions in single runs are "beta" to Dagster; saying so at each load helps nobody.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    return dg.Definitions(
        assets=[
            *(source_spec(contract) for contract in contracts),
            *(bronze_asset(contract, twin) for contract in contracts),
            *(derived_asset(item, declarations, twin) for item in declarations.values()),
        ],
        asset_checks=[
            *(freshness_check(bronze_key(contract), contract.cadence) for contract in contracts),
            *(
                freshness_check(item.key, "daily" if item.window_by else "static")
                for item in declarations.values()
            ),
        ],
        resources={"twin": opened or TwinResource()},
        executor=dg.in_process_executor,
    )
