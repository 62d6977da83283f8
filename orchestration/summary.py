"""What a run did, told from Dagster's events in our own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import dagster as dg

from assets.source_report import STOPPED_BY

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


def joined(parts: Sequence[RunSummary], waiting: Sequence[str]) -> RunSummary:
    """The summary of a run in several parts; `waiting` says what could not be computed yet."""
    return RunSummary(
        run_id=parts[0].run_id if parts else "",
        tables=tuple(table for part in parts for table in part.tables),
        failures={name: text for part in parts for name, text in part.failures.items()},
        warnings={name: text for part in parts for name, text in part.warnings.items()}
        | {text.split(" ", 1)[0]: text.split(" ", 1)[1] for text in waiting},
        families=frozenset(family for part in parts for family in part.families),
    )


def summary_of(run_id: str, result: dg.ExecuteInProcessResult) -> RunSummary:
    """What one Dagster run did: its tables, and why what failed did."""
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
        if not check.passed
        and STOPPED_BY not in check.metadata
        and _own_words(check.description or "") not in failures.values()
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
