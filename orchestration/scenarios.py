"""Scenarios in Dagster: a partition a scenario, so that a planner's run shows in the pages."""

import uuid
from collections.abc import Callable
from typing import Final

import dagster as dg

from assets.boundary import value_free
from assets.derived_assets import find_declarations
from assets.metadata import column_schema
from assets.scenarios.impact import IMPACT
from assets.scenarios.plan import folder_of, read_scenario
from assets.scenarios.running import Outcome
from assets.scenarios.stored import (
    COLUMNS,
    IMPACT_TABLE,
    drop_scenario,
    impact_rows,
    run_scenario,
)
from assets.twin import Twin, utc_now
from orchestration.instance import open_instance
from orchestration.lost_runs import this_process
from orchestration.resources import OpenTwin

PARTITIONS: Final = "scenario"

# Hears of each table that is computed, and what came of it all.
Progress = Callable[[str], None]
Heard = Callable[[Outcome], None]


def scenario_asset(
    progress: Progress | None = None, heard: Heard | None = None
) -> dg.AssetsDefinition:
    """What scenarios change; its partition is the name of a file in the folder of scenarios."""

    @dg.asset(
        key=dg.AssetKey(IMPACT_TABLE.split("/")),
        group_name="gold_actions",
        description=(
            "What scenarios change, by place: the same functions as production on edited tables. "
            "A partition is a scenario; gemello scenario run adds it. The baseline is not touched."
        ),
        owners=["team:gemello"],
        kinds={"gold", "deltalake"},
        tags={"stage": "gold", "theme": "actions"},
        partitions_def=dg.DynamicPartitionsDefinition(name=PARTITIONS),
        required_resource_keys={"twin"},
        metadata={"dagster/column_schema": column_schema(IMPACT, COLUMNS, {})},
    )
    def scenario_impact(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with value_free(IMPACT_TABLE):
            twin: Twin = context.resources.twin.open()
            path = folder_of(twin.settings.home) / f"{context.partition_key}.yaml"
            scenario = read_scenario(path)
            outcome = run_scenario(
                scenario, find_declarations(), twin, run_id=context.run.run_id, at=utc_now(),
                progress=progress,
            )  # fmt: skip
            if heard is not None:
                heard(outcome)
            changed = impact_rows(twin).filter(scenario_id=scenario.scenario_id)
            return dg.MaterializeResult(
                metadata={
                    "dagster/partition_row_count": changed.height,
                    "title": scenario.plan.title,
                    "decided by": scenario.plan.decided_by or "nobody yet",
                    "indicators that change": ", ".join(outcome.indicators) or "none",
                    "tables computed": len(outcome.computed),
                    "file": scenario.text_hash,
                }
            )

    return scenario_impact


def run_in_dagster(names: list[str], twin: Twin, *, progress: Progress, heard: Heard) -> None:
    """Run scenarios one after the other, each as a run of its partition. Raises what stopped one.

    They are read before the first one runs.
    """
    for name in names:
        read_scenario(folder_of(twin.settings.home) / f"{name}.yaml")
    definitions = dg.Definitions(
        assets=[scenario_asset(progress, heard)],
        resources={"twin": dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin))},
        executor=dg.in_process_executor,
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    with open_instance(twin.settings) as instance:
        instance.add_dynamic_partitions(PARTITIONS, names)
        for name in names:
            job.execute_in_process(
                instance=instance,
                run_id=str(uuid.uuid4()),
                partition_key=name,
                tags={
                    **this_process(),
                    "gemello/asked_by": "gemello scenario run",
                    "gemello/asked_for": name,
                },
                raise_on_error=True,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )


def drop_with_partition(name: str, twin: Twin) -> None:
    """Take a scenario out of the tables and out of Dagster's pages."""
    drop_scenario(name, twin, run_id=str(uuid.uuid4()))
    with open_instance(twin.settings) as instance:
        instance.delete_dynamic_partition(PARTITIONS, name)
