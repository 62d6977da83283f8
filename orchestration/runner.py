"""Running assets in this process, on the installation's Dagster instance, with progress."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Final

import dagster as dg

from assets.freshness import CHECK
from assets.resuming import RESUMES
from assets.twin import Twin
from assets.upkeep import upkeep
from orchestration.backfill import backfill
from orchestration.definitions import build
from orchestration.instance import open_instance
from orchestration.lost_runs import end_lost_runs, this_process
from orchestration.resources import OpenTwin, Told
from orchestration.selection import newest_day, selected, with_inputs
from orchestration.summary import RunSummary, joined, summary_of

__all__ = ["Progress", "RunSummary", "run_assets"]

# The tag that says what a run is about.
ASKED_FOR: Final = "gemello/asked_for"
# Called with the step's name, whether it ended, and whether it ended well.
Progress = Callable[[str, bool, bool], None]


def run_assets(
    twin: Twin,
    *,
    select: str = "*",
    first: date | None = None,
    last: date | None = None,
    from_archive: bool = False,
    progress: Progress | None = None,
    told: Told | None = None,
) -> RunSummary:
    """Bring the selected tables up to date for the days from `first` to `last`.

    First every source lands, then what is computed from them, then their freshness is judged:
    three Dagster runs (docs/decisions/0001). One source that fails stops nothing else. The same
    call after one that was killed goes on where that stopped. `told` hears how many windows of a
    data set are done. Raises UsageError for a selection that names nothing.
    """
    definitions = build(twin)
    keys = selected(definitions, select)
    asked = {"select": select, "first": first, "last": last, "from_archive": from_archive}
    with (
        open_instance(twin.settings) as instance,
        backfill(twin.settings, **asked) as under_way,  # type: ignore[arg-type] # one dict, four types
    ):
        end_lost_runs(instance)
        tags = _tags(first, last, from_archive=from_archive, begun=under_way.begun)
        tags |= {"gemello/asked_by": "gemello run", ASKED_FOR: select}
        opened = OpenTwin(twin, told)
        run = partial(
            _execute, definitions, opened=opened, instance=instance, tags=tags, progress=progress
        )
        summary = _run_stages(run, keys, twin, last=last)
        under_way.is_whole = "unavailable" not in summary.families
    return summary


def _run_stages(
    run: Callable[..., RunSummary], keys: Sequence[dg.AssetKey], twin: Twin, *, last: date | None
) -> RunSummary:
    """What lands, then what is made of it, then how fresh all of it is."""
    landed = [key for key in keys if key.path[0] in ("bronze", "quarantine")]
    computed = [key for key in keys if key not in landed]
    parts: list[RunSummary] = []
    if landed:
        parts.append(run(landed, part="deliveries"))
        upkeep(twin)
    ready, waiting = with_inputs(computed, twin)
    if ready:
        parts.append(run(ready, part="computed tables", day=newest_day(twin, last)))
    parts.append(run(keys, part="freshness", only=CHECK))
    return joined(parts, waiting)


def _tags(
    first: date | None, last: date | None, *, from_archive: bool, begun: datetime | None
) -> dict[str, str]:
    """What the steps of a run are told."""
    tags = {"gemello/from_archive": str(from_archive).lower(), **this_process()}
    tags |= {"gemello/from": first.isoformat()} if first else {}
    tags |= {"gemello/to": last.isoformat()} if last else {}
    return tags | ({RESUMES: begun.isoformat()} if begun else {})


def _execute(
    definitions: dg.Definitions,
    keys: Sequence[dg.AssetKey],
    *,
    opened: OpenTwin,
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
    progress: Progress | None,
    part: str,
    day: date | None = None,
    only: str | None = None,
) -> RunSummary:
    """One Dagster run: the tables with the checks of their steps, or `only` a check of each.

    `part` says which part of what was asked for it is; `day` is the partition of those that have
    any.
    """
    run_id = str(uuid.uuid4())
    if progress is not None:
        instance.add_event_listener(run_id, _listener(progress))
    graph = definitions.resolve_asset_graph()
    checks = graph.get_check_keys_for_assets(set(keys))
    job = _job_of(
        definitions.resolve_implicit_global_asset_job_def(),
        frozenset() if only else frozenset(keys),
        frozenset(check for check in checks if (check.name == CHECK) == (only == CHECK)),
    )
    # Dagster refuses a partition for tables none of which has any.
    is_cut = any(graph.get(key).is_partitioned for key in keys)
    result = job.execute_in_process(
        instance=instance,
        resources={"twin": opened},
        # The list of runs shows no tables for runs of this kind: the tag says what it is about.
        tags={**tags, ASKED_FOR: f"{part} of {tags[ASKED_FOR]}"},
        partition_key=day.isoformat() if day and is_cut else None,
        run_id=run_id,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return summary_of(run_id, result)


# The tables of a backfill's runs, or of a test's, are mostly those of the run before.
@lru_cache(maxsize=16)
def _job_of(
    job: dg.JobDefinition, keys: frozenset[dg.AssetKey], checks: frozenset[dg.AssetCheckKey]
) -> dg.JobDefinition:
    return job.get_subset(asset_selection=keys, asset_check_selection=checks)


def _listener(progress: Progress) -> Callable[..., None]:
    def on_event(entry: dg.EventLogEntry, _cursor: object = None) -> None:
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if event.event_type_value == "STEP_START":
            progress(event.step_key, False, True)
        elif event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE"):
            progress(event.step_key, True, event.event_type_value == "STEP_SUCCESS")

    return on_event
