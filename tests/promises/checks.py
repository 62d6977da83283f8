"""What the checks of a run said, as the pages show it."""

import dagster as dg

from orchestration.instance import open_instance
from orchestration.runner import RunSummary
from tests.promises.town import Town


def checks_of(town: Town, done: RunSummary) -> dict[str, dg.AssetCheckEvaluation]:
    """The checks of the first part of a run, by their name."""
    with open_instance(town.settings) as instance:
        logs = instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [log.dagster_event.asset_check_evaluation_data for log in logs if log.dagster_event]
    return {check.check_name: check for check in found}


def metadata_of(check: dg.AssetCheckEvaluation) -> dict[str, object]:
    """The metadata of a check as plain values."""
    return {name: value.value for name, value in check.metadata.items()}


def metadata_of_run(town: Town, done: RunSummary) -> dict[str, object]:
    """What the last materialisation of a run's first table says."""
    with open_instance(town.settings) as instance:
        logs = instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    found: dict[str, object] = {}
    for log in logs:
        event = log.dagster_event
        if event is not None and (event.asset_key or dg.AssetKey("")).path[0] == "bronze":
            shown = event.step_materialization_data.materialization.metadata
            found |= {name: value.value for name, value in shown.items()}
    return found
