"""Jobs: tables by publisher, by theme, and personal or not; upkeep, and its schedule."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.boundary import value_free
from assets.freshness import CHECK
from assets.twin import Twin
from assets.upkeep import end_terms, upkeep
from orchestration.automation import CLOCK
from orchestration.lost_runs import end_lost_runs
from quality.retention import LEDGER

# The tags by which somebody would want to run tables together.
_TAGS: Final = ("publisher", "theme")
_PACES: Final = {
    dg.DailyPartitionsDefinition: "daily",
    dg.MonthlyPartitionsDefinition: "monthly",
    dg.TimeWindowPartitionsDefinition: "yearly",
}


def jobs_by_tag(
    assets: Sequence[dg.AssetsDefinition],
) -> list[UnresolvedAssetJobDefinition]:
    """A job for each publisher and each theme, and for each of their cadences if they have several.

    Dagster runs tables together whose windows are cut alike. Any other selection needs no job:
    the pages and `gemello run --select` take `tag:personal=yes`, `tag:stage=gold` and so on.
    """
    specs = [spec for asset in assets for spec in asset.specs]
    jobs = []
    for tag in _TAGS:
        values = sorted({spec.tags[tag] for spec in specs if tag in spec.tags})
        for value in values:
            chosen = [spec for spec in specs if spec.tags.get(tag) == value]
            jobs += list(_jobs(f"{tag}_{value}", chosen))
    return jobs


def _jobs(name: str, specs: Sequence[dg.AssetSpec]) -> Iterator[UnresolvedAssetJobDefinition]:
    def cut(spec: dg.AssetSpec) -> tuple[str, str]:
        return _cut(spec.partitions_def)

    groups = {how: list(found) for how, found in groupby(sorted(specs, key=cut), key=cut)}
    paces = Counter(pace for pace, _ in groups)
    for (pace, first), found in groups.items():
        since = f"_since_{first.replace('-', '_')}" if paces[pace] > 1 else ""
        yield dg.define_asset_job(
            f"{name}_{pace}{since}",
            selection=dg.AssetSelection.assets(*(spec.key for spec in found)),
            executor_def=dg.in_process_executor,
        )


def _cut(partitions: dg.PartitionsDefinition[str] | None) -> tuple[str, str]:
    """How windows are cut: their cadence, and the first of them."""
    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        return "static", ""
    pace = _PACES[type(partitions)]
    return ("hourly" if partitions.end_offset else pace), f"{partitions.start:%Y-%m-%d}"


def freshness_job(checks: dg.AssetChecksDefinition) -> UnresolvedAssetJobDefinition:
    """Look at the freshness of every table."""
    selection = dg.AssetSelection.checks(checks)
    return dg.define_asset_job(
        f"look_at_{CHECK}", selection=selection, executor_def=dg.in_process_executor
    )


def upkeep_job() -> dg.JobDefinition:
    """Destroy what has had its time: sealed deliveries, keys of days, backups, rows."""

    @dg.op(required_resource_keys={"twin"})
    def destroy_on_time(context: dg.OpExecutionContext) -> None:
        twin: Twin = context.resources.twin.open()
        with value_free("upkeep"):
            upkeep(twin)
            found = end_terms(twin)
        context.log_event(
            dg.AssetMaterialization(
                LEDGER.split("/"),
                description="Retention: the rows whose term has ended are gone in every version.",
                metadata={
                    "tables": len(found),
                    "files removed": sum(kept.files_count for kept in found),
                    "rows removed": sum(kept.rows_count for kept in found),
                },
            )
        )
        end_lost_runs(context.instance)

    @dg.job(name="upkeep", executor_def=dg.in_process_executor)
    def upkeep_daily() -> None:
        destroy_on_time()

    return upkeep_daily


def upkeep_schedule() -> dg.ScheduleDefinition:
    """Upkeep every night, before the deliveries of the day."""
    return dg.ScheduleDefinition(
        name="upkeep",
        job_name="upkeep",
        cron_schedule="30 3 * * *",
        execution_timezone=CLOCK,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Destroys what has had its time: deliveries, keys of days, backups, rows.",
    )
