"""Running assets in this process, on the installation's Dagster instance, with progress."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal

import dagster as dg

from assets.declaration import FIRST_DAY, Declaration
from assets.derived_assets import find_declarations
from assets.freshness import CHECK
from assets.resuming import RESUMES
from assets.twin import Twin, utc_now
from assets.upkeep import upkeep
from infra.errors import ContractError
from orchestration.backfill import backfill
from orchestration.definitions import build
from orchestration.instance import open_instance
from orchestration.lost_runs import end_lost_runs, this_process
from orchestration.resources import OpenTwin, Told
from quality.tables import bronze_key

# Called with the step's name, whether it ended, and whether it ended well.
Progress = Callable[[str, bool, bool], None]

# Whose move it is after a failure, as infra/errors.py has it: the publisher's server, the publisher
# or the contract, or ours.
Family = Literal["unavailable", "refused", "ours"]


@dataclass(frozen=True)
class TableRun:
    """What a run did to one table. Counts only."""

    table: str
    rows: int
    version: int | None
    is_news: bool
    refused: int | None = None


@dataclass(frozen=True)
class RunSummary:
    """What a run did: tables, checks that did not pass, steps that failed."""

    run_id: str
    tables: tuple[TableRun, ...]
    failures: Mapping[str, str]
    warnings: Mapping[str, str] = field(default_factory=dict)
    families: frozenset[Family] = frozenset()

    @property
    def is_success(self) -> bool:
        """Whether every step ended well."""
        return not self.failures


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
    data set are done. Raises ContractError for a selection that names nothing.
    """
    opened = dg.ResourceDefinition.hardcoded_resource(OpenTwin(twin, told))
    definitions = build(twin, opened=opened)
    keys = _selected(definitions, select)
    asked = {"select": select, "first": first, "last": last, "from_archive": from_archive}
    with (
        open_instance(twin.settings) as instance,
        backfill(twin.settings, **asked) as under_way,  # type: ignore[arg-type] # one dict, four types
    ):
        end_lost_runs(instance)
        tags = _tags(first, last, from_archive=from_archive, begun=under_way.begun)
        run = partial(_execute, definitions, instance=instance, tags=tags, progress=progress)
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
        parts.append(run(landed))
        upkeep(twin)
    ready, waiting = _with_inputs(computed, twin)
    if ready:
        parts.append(run(ready, day=_newest_day(twin, last)))
    parts.append(run(keys, only=CHECK))
    return _joined(parts, waiting)


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
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
    progress: Progress | None,
    day: date | None = None,
    only: str | None = None,
) -> RunSummary:
    """One Dagster run: the tables with the checks of their steps, or `only` a check of each."""
    run_id = str(uuid.uuid4())
    if progress is not None:
        instance.add_event_listener(run_id, _listener(progress))
    checks = definitions.resolve_asset_graph().get_check_keys_for_assets(set(keys))
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=frozenset() if only else frozenset(keys),
        asset_check_selection=frozenset(
            check for check in checks if (check.name == CHECK) == (only == CHECK)
        ),
    )
    result = job.execute_in_process(
        instance=instance,
        tags=dict(tags),
        partition_key=day.isoformat() if day else None,
        run_id=run_id,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return _summary(run_id, result)


def _with_inputs(keys: Sequence[dg.AssetKey], twin: Twin) -> tuple[list[dg.AssetKey], list[str]]:
    """The tables that can be computed, and sentences on those that lack an input."""
    declarations = find_declarations()
    there = set(twin.lake.tables()) | {key.to_user_string() for key in keys}
    lacking: dict[str, str] = {}
    for name, declaration in _in_order(declarations).items():
        for table in declaration.reads.values():
            if table not in there or table in lacking:
                lacking[name] = table
                there.discard(name)
                break
    ready = [key for key in keys if key.to_user_string() not in lacking]
    names = {key.to_user_string() for key in keys}
    return ready, [
        f"{name} was not computed: it reads {table}, which does not exist yet"
        for name, table in lacking.items()
        if name in names
    ]


def _in_order(declarations: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """Declarations with their inputs first."""
    ordered: dict[str, Declaration] = {}

    def add(name: str) -> None:
        if name in declarations and name not in ordered:
            for table in declarations[name].reads.values():
                add(table)
            ordered[name] = declarations[name]

    for name in declarations:
        add(name)
    return ordered


def _newest_day(twin: Twin, last: date | None) -> date:
    """The partition Dagster is given for what is computed: the newest day there is, at most `last`.

    A run over partitioned inputs must name one (docs/decisions/0001).
    """
    yesterday = utc_now().date() - timedelta(days=1)
    windows = [
        max(starts)
        for contract in twin.contracts.values()
        if contract.cadence == "daily" and twin.lake.exists(bronze_key(contract))
        for starts in [twin.lake.changed_windows(bronze_key(contract), after_version=None)]
        if starts
    ]
    newest = min(max(windows, default=yesterday), yesterday, last or yesterday)
    return max(newest, twin.since(FIRST_DAY))


def _joined(parts: Sequence[RunSummary], waiting: Sequence[str]) -> RunSummary:
    return RunSummary(
        run_id=parts[0].run_id if parts else "",
        tables=tuple(table for part in parts for table in part.tables),
        failures={name: text for part in parts for name, text in part.failures.items()},
        warnings={name: text for part in parts for name, text in part.warnings.items()}
        | {text.split(" ", 1)[0]: text.split(" ", 1)[1] for text in waiting},
        families=frozenset(family for part in parts for family in part.families),
    )


def _selected(definitions: dg.Definitions, select: str) -> list[dg.AssetKey]:
    graph = definitions.resolve_asset_graph()
    bronze = dg.AssetKey(["bronze", *select.split("/")])
    if bronze in graph.materializable_asset_keys:
        select = bronze.to_user_string()
    text = f'key:"{select}"' if re.fullmatch(r"[\w/*]+", select) and select != "*" else select
    try:
        # A table and its quarantine are written by one step: whoever asks for one gets both.
        selection = dg.AssetSelection.from_string(text).required_multi_asset_neighbors()
        chosen = selection.resolve(graph)
    except Exception as error:  # noqa: BLE001 # Dagster raises many kinds for a bad selection
        raise ContractError(
            f"--select {select} is not a selection Dagster understands ({type(error).__name__}); "
            'write a table such as gold/air/…, or group:…, kind:…, key:"bronze/*"'
        ) from None
    keys = sorted(chosen & graph.materializable_asset_keys)
    if not keys:
        raise ContractError(f"--select {select} names no table; see: gemello contract check")
    return keys


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


def _summary(run_id: str, result: dg.ExecuteInProcessResult) -> RunSummary:
    failures: dict[str, str] = {}
    families: set[Family] = set()
    for event in result.all_events:
        if event.event_type_value == "STEP_FAILURE" and event.step_key:
            data = event.step_failure_data
            said = data.user_failure_data.description if data.user_failure_data else None
            error = data.error
            if error is not None and error.cls_name == "RetryRequested":
                families.add("unavailable")
            else:
                families.add("refused" if data.user_failure_data else "ours")
            # Dagster wraps what a step raised, more than once: the innermost words are ours.
            while error is not None and error.cause is not None:
                error = error.cause
            failures[event.step_key] = _own_words(said or (error.message if error else "failed"))
    warnings = {
        f"{check.asset_key.to_user_string()}: {check.check_name}": check.description or "failed"
        for check in result.get_asset_check_evaluations()
        # What stopped a step is told as its failure.
        if not check.passed and _own_words(check.description or "") not in failures.values()
    }
    tables: dict[str, TableRun] = {}
    for event in result.get_asset_materialization_events():
        materialization = event.materialization
        if (
            "news" not in materialization.metadata
            and "rows refused" not in materialization.metadata
        ):
            continue  # one of the partitions of a table, reported apart
        values = {name: value.value for name, value in materialization.metadata.items()}
        table = materialization.asset_key.to_user_string()
        tables[table] = TableRun(
            table=table,
            rows=_number(values.get("dagster/row_count")) or 0,
            version=_number(values.get("Delta version")),
            is_news=str(values.get("news", "")).startswith(("new ", "computed")),
            refused=_number(values.get("rows refused")),
        )
    return RunSummary(
        run_id, tuple(tables.values()), failures, warnings, families=frozenset(families)
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _own_words(text: str) -> str:
    """The sentence we wrote, without Dagster's class names in front of it."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    first = lines[0] if lines else "failed"
    for mark in ("Error: ", "Failure: "):
        first = first.rpartition(mark)[2].strip() or first
    return first
