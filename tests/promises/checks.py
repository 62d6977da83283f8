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
