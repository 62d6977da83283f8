"""Scenarios in the lake: their numbers beside the baseline, and what each was made of."""

import json
from datetime import datetime
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.scenarios.impact import GROUPS, IMPACT, groups_of, impact_of
from assets.scenarios.kind import find_kinds
from assets.scenarios.plan import Scenario
from assets.scenarios.planned import PlannedTwin, current_rows
from assets.scenarios.running import Outcome, Progress, outcome_of
from assets.small_groups import LIMITS, limit_of
from assets.twin import Twin, code_version
from infra.errors import UsageError
from infra.lake import TableSpec

IMPACT_TABLE: Final = "gold/actions/scenario_impact"
GROUPS_TABLE: Final = "gold/actions/scenario_impact_by_group"
REGISTER_TABLE: Final = "gold/actions/scenario_register"
_POPULATION: Final = "silver/services/population_by_section"
_SUBJECT: Final = "scenario_groups"
COLUMNS: Final = {
    "scenario_id": "The scenario.",
    "indicator_id": "Indicator and value, as in the long form.",
    "entity_id": "The place or thing, as an NGSI-LD id.",
    "period_start": "Where the period begins, UTC; empty for a state.",
    "unit": "Unit of the numbers (UCUM).",
    "value_code": "Which value of the indicator.",
    "baseline_value": "The number without the scenario, in its unit.",
    "scenario_value": "The number with the scenario.",
    "delta": "With less without.",
    "lo": "Lower end of the difference; empty where nothing gives one.",
    "hi": "Upper end of the difference.",
    "is_better": "Whether it is a gain; empty where neither end is bad, or it is relative.",
    "quality_flag": "How far the number with the scenario may be relied on.",
    "method_version": "Version of the indicator's method.",
    "quarter_id": "The quarter, or all.",
    "age_code": "The ages, or all.",
    "residents_count": "Residents whose number is told.",
    "winners_count": "Residents who gain, in tens; empty for some but too few.",
    "losers_count": "Residents who lose, told alike.",
    "title_text": "Title, as its planner wrote it.",
    "purpose_text": "What for.",
    "decided_by_name": "Who decided; empty while nobody has.",
    "decided_on": "When.",
    "cost_eur": "What it costs; empty while nobody knows.",
    "edits_text": "The edits, as JSON.",
    "plan_code": "Hash of the file that was run.",
    "code_version": "Version of gemello that computed it.",
    "inputs_text": "The pinned versions of the tables that were read, as JSON.",
    "computed_text": "The tables computed, as JSON.",
    "left_out_text": "The tables left out and why, as JSON.",
    "ran_at": "When it was run, UTC.",
    "run_id": "The run.",
}
_REGISTER: Final = pl.Schema(
    {
        "scenario_id": pl.String(),
        "title_text": pl.String(),
        "purpose_text": pl.String(),
        "decided_by_name": pl.String(),
        "decided_on": pl.Date(),
        "cost_eur": pl.Float64(),
        "edits_text": pl.String(),
        "plan_code": pl.String(),
        "code_version": pl.String(),
        "inputs_text": pl.String(),
        "computed_text": pl.String(),
        "left_out_text": pl.String(),
        "ran_at": pl.Datetime("us", "UTC"),
        "run_id": pl.String(),
    }
)
_TABLES: Final = {
    IMPACT_TABLE: (IMPACT, "What scenarios change, by place."),
    GROUPS_TABLE: (GROUPS, "What scenarios change, by quarter and age: who gains and who loses."),
    REGISTER_TABLE: (_REGISTER, "Scenarios that were run: who decided, the cost, the versions."),
}


def run_scenario(
    scenario: Scenario,
    declarations: dict[str, Declaration],
    twin: Twin,
    *,
    run_id: str,
    at: datetime,
    progress: Progress | None = None,
) -> Outcome:
    """Compute a scenario and put its numbers into the tables of scenarios, in place of its former.

    No other table is written. The register is written last: what it names is there.
    """
    outcome = outcome_of(scenario, declarations, twin, progress=progress)
    base = PlannedTwin.of(twin, outcome.pins)
    impact = impact_of(outcome, declarations, scenario=scenario.scenario_id)
    groups = GROUPS.to_frame()
    limits = current_rows(LIMITS, base) if LIMITS in outcome.pins else None
    limit = None if limits is None else limit_of(limits, _SUBJECT, at.date())
    if limit is not None and _POPULATION in outcome.pins:
        groups = groups_of(
            outcome,
            impact,
            declarations,
            population=current_rows(_POPULATION, base),
            least_count=limit.least_count,
            scenario=scenario.scenario_id,
        )
    register = _register(scenario, outcome, declarations, run_id=run_id, at=at)
    notes = {"run": run_id, "code": code_version(), "plan": scenario.text_hash}
    for table, rows in (
        (IMPACT_TABLE, impact), (GROUPS_TABLE, groups), (REGISTER_TABLE, register),
    ):  # fmt: skip
        _replace(scenario.scenario_id, table, rows, twin, notes)
    return outcome


def drop_scenario(scenario_id: str, twin: Twin, *, run_id: str) -> None:
    """Take a scenario's numbers out of the tables. Raises UsageError where it was never run."""
    if scenario_id not in scenarios_run(twin)["scenario_id"]:
        raise UsageError(f"{scenario_id} has not been run, and there is nothing to drop")
    notes = {"run": run_id, "code": code_version(), "dropped": scenario_id}
    for table in (REGISTER_TABLE, GROUPS_TABLE, IMPACT_TABLE):
        _replace(scenario_id, table, _TABLES[table][0].to_frame(), twin, notes)


def scenarios_run(twin: Twin) -> pl.DataFrame:
    """The register: a row a scenario that was run, by name."""
    return _rows(REGISTER_TABLE, twin).sort("scenario_id")


def impact_rows(twin: Twin) -> pl.DataFrame:
    """All numbers that scenarios change, by place."""
    return _rows(IMPACT_TABLE, twin)


def group_rows(twin: Twin) -> pl.DataFrame:
    """All that scenarios change, by quarter and age."""
    return _rows(GROUPS_TABLE, twin)


def _rows(table: str, twin: Twin) -> pl.DataFrame:
    if not twin.lake.exists(table):
        return _TABLES[table][0].to_frame()
    return twin.lake.read(table).collect()


def _replace(
    scenario_id: str, table: str, rows: pl.DataFrame, twin: Twin, notes: dict[str, str]
) -> None:
    schema, description = _TABLES[table]
    spec = TableSpec(
        schema,
        descriptions={name: COLUMNS[name] for name in schema},
        statistics=tuple(schema),
        description=description,
    )
    twin.lake.replace_part(table, rows, of={"scenario_id": scenario_id}, spec=spec, notes=notes)


def _register(
    scenario: Scenario,
    outcome: Outcome,
    declarations: dict[str, Declaration],
    *,
    run_id: str,
    at: datetime,
) -> pl.DataFrame:
    kinds = [find_kinds()[edit.kind] for edit in scenario.edits]
    read = {
        table
        for key in outcome.computed
        for table in (key, *declarations[key].reads.values())
    } | set(outcome.edited) | {
        table
        for kind in kinds
        for table in (*kind.reads.values(), *kind.asks.values(), *kind.after)
        if table in outcome.pins
    }  # fmt: skip
    plan = scenario.plan
    row = {
        "scenario_id": scenario.scenario_id,
        "title_text": plan.title,
        "purpose_text": plan.purpose,
        "decided_by_name": plan.decided_by,
        "decided_on": plan.decided_on,
        "cost_eur": plan.cost_eur,
        "edits_text": json.dumps(
            [edit.model_dump(mode="json") for edit in scenario.edits], ensure_ascii=False
        ),
        "plan_code": scenario.text_hash,
        "code_version": code_version(),
        "inputs_text": json.dumps({table: outcome.pins[table] for table in sorted(read)}),
        "computed_text": json.dumps(list(outcome.computed)),
        "left_out_text": json.dumps(dict(outcome.left_out)),
        "ran_at": at,
        "run_id": run_id,
    }
    return pl.DataFrame([row], schema=_REGISTER)
