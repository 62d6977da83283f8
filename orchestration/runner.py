"""Running assets in this process, on the installation's Dagster instance, with progress."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import dagster as dg

from assets.twin import Twin
from assets.upkeep import upkeep
from orchestration.definitions import build
from orchestration.instance import open_instance
from orchestration.resources import OpenTwin
from orchestration.selection import newest_day, selected, with_inputs
from orchestration.summary import RunSummary, joined, summary_of

__all__ = ["Progress", "RunSummary", "run_assets"]

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
) -> RunSummary:
    """Bring the selected tables up to date for the days from `first` to `last`.

    First every source lands, then what is computed from them: two Dagster runs (docs/decisions/
    0001). One source that fails stops nothing else. Raises UsageError for a selection that names
    nothing.
    """
    opened = dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin))
    definitions = build(twin, opened=opened)
    keys = selected(definitions, select)
    tags = {"gemello/from_archive": str(from_archive).lower()}
    tags |= {"gemello/from": first.isoformat()} if first else {}
    tags |= {"gemello/to": last.isoformat()} if last else {}
    landed = [key for key in keys if key.path[0] in ("bronze", "quarantine")]
    computed = [key for key in keys if key not in landed]
    parts: list[RunSummary] = []
    with open_instance(twin.settings) as instance:
        if landed:
            parts.append(_execute(definitions, landed, instance, tags=tags, progress=progress))
            upkeep(twin)
        ready, waiting = with_inputs(computed, twin)
        if ready:
            day = newest_day(twin, last)
            parts.append(
                _execute(definitions, ready, instance, tags=tags, progress=progress, day=day)
            )
    return joined(parts, waiting)


def _execute(
    definitions: dg.Definitions,
    keys: Sequence[dg.AssetKey],
    instance: dg.DagsterInstance,
    *,
    tags: Mapping[str, str],
    progress: Progress | None,
    day: date | None = None,
) -> RunSummary:
    run_id = str(uuid.uuid4())
    if progress is not None:
        instance.add_event_listener(run_id, _listener(progress))
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=list(keys),
        tags=dict(tags),
        partition_key=day.isoformat() if day else None,
        run_id=run_id,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return summary_of(run_id, result)


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
