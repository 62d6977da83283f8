"""When tables are asked for: a condition for every cadence, put on all assets by one rule.

Nothing here runs before somebody switches on the sensor `automation` (docs/operations.md). Times
are those of the city's clock.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import dagster as dg

from assets.resuming import look_back

CLOCK: Final = "Europe/Rome"
# Publishers send a day after midnight, a month in the first week of the next, sometimes twice.
_DELIVERY_CRONS: Final[Mapping[str, str]] = {
    "stream": "0 5 * * *",
    "daily": "0 5 * * *",
    "monthly": "0 5 2-8 * *",
    "yearly": "0 5 8 1-3 *",
    "static": "30 4 * * *",
}
# What failed is asked for again every morning: a publisher who was down for days is back with the
# days in between.
_AGAIN_CRON: Final = "0 5 * * *"
_LEFT_OVER_CRON: Final = "0 7 * * *"
_FRESHNESS_CRON: Final = "30 7 * * *"

Condition = dg.AutomationCondition[dg.AssetKey]
on_tick = dg.AutomationCondition.cron_tick_passed


def on_delivery(cron: str, *, back: timedelta) -> Condition:
    """Ask for the newest window at each tick, and once more, at once, after it failed.

    Windows that failed are asked for again every morning, for as long as `back` says.

    Not `AutomationCondition.on_cron`: it waits for what is upstream to be updated, and the outside
    world never reports that it was.
    """
    failed = dg.AutomationCondition.execution_failed()
    newest = dg.AutomationCondition.in_latest_time_window()
    recent = dg.AutomationCondition.in_latest_time_window(back)
    return (
        (
            (newest & on_tick(cron, CLOCK))
            | (recent & failed & on_tick(_AGAIN_CRON, CLOCK))
            | failed.newly_true()
        )
        & ~dg.AutomationCondition.in_progress()
    ).with_label(f"on_delivery({cron})")


def on_refresh(minute: int = 5) -> Condition:
    """Ask for today every hour, and once more for yesterday when the day is over.

    What failed is asked for again then, as in `on_delivery`; the next hour comes by itself.
    """
    failed = dg.AutomationCondition.execution_failed()
    today = dg.AutomationCondition.in_latest_time_window()
    yesterday = dg.AutomationCondition.in_latest_time_window(timedelta(days=2))
    recent = dg.AutomationCondition.in_latest_time_window(look_back("daily"))
    # At three, yesterday is over in UTC as well, winter and summer.
    day_is_over = on_tick(f"{minute} 3 * * *", CLOCK)
    return (
        (
            (today & on_tick(f"{minute} * * * *", CLOCK))
            | ((yesterday | (recent & failed)) & day_is_over)
        )
        & ~dg.AutomationCondition.in_progress()
    ).with_label("on_refresh")


def on_new_inputs() -> Condition:
    """Ask for what is made of a table as soon as its rows have changed, whichever days they are of.

    `AutomationCondition.eager()` with three differences. Days other than the newest count: a late
    correction belongs to one of them. Rows count, not looks: a list that was pulled and found
    unchanged would have every day computed again. And one input that is missing does not hold
    back what can be said without it; what was not asked for by seven is asked for then.
    """
    changed = (
        dg.AutomationCondition.data_version_changed()
        & ~dg.AutomationCondition.executed_with_root_target()
    ) | dg.AutomationCondition.will_be_requested()
    news = dg.AutomationCondition.any_deps_match(changed).since_last_handled()
    left_over = (
        dg.AutomationCondition.in_latest_time_window()
        & dg.AutomationCondition.missing()
        & on_tick(_LEFT_OVER_CRON, CLOCK)
    )
    return (
        (news | left_over)
        & ~dg.AutomationCondition.any_deps_in_progress()
        & ~dg.AutomationCondition.in_progress()
    ).with_label("on_new_inputs")


def on_the_clock() -> dg.AutomationCondition[dg.AssetCheckKey]:
    """Look at the freshness of every table each morning, whether or not anything was written."""
    return on_tick(_FRESHNESS_CRON, CLOCK)


def condition_of(spec: dg.AssetSpec) -> Condition | None:
    """The condition of a table, by its tags alone; None for what lies outside."""
    stage, cadence = spec.tags.get("stage"), spec.tags.get("cadence", "static")
    if stage in ("silver", "gold", "open"):
        return on_new_inputs()
    if stage not in ("bronze", "quarantine"):
        return None
    if spec.tags.get("refresh") == "hourly":
        return on_refresh()
    return on_delivery(_DELIVERY_CRONS[cadence], back=look_back(cadence))


def with_conditions(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The same assets, each with the condition of its cadence."""
    return [
        asset.map_asset_specs(
            lambda spec: spec.replace_attributes(automation_condition=condition_of(spec))
        )
        for asset in assets
    ]


def automation_sensor() -> dg.AutomationConditionSensorDefinition:
    """What looks at all conditions twice a minute, once it is switched on."""
    return dg.AutomationConditionSensorDefinition(
        "automation",
        target=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Asks for deliveries at their time and for what is made of them.",
        run_tags={"gemello/asked_by": "automation"},
    )
