"""What is to be verified of each action: from the Comune's own list and the planners' register."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

import polars as pl

Registered = Literal["before", "after", "declared", "declared_after"]

_GOAL: Final = ("goal_indicator_code", "goal_ratio", "finished_on")


@dataclass(frozen=True)
class Plan:
    """How one action is verified, as it was last registered.

    Days from `before_from_on` to `started_on` are before it, those from `finished_on` to `until_on`
    after it; the works between are neither. Without `treated_ids` its places are those that its
    name tells; of crashes, those within `radius_m` of its centre. `registered` is `before` or
    `after` by the planners' register (whether data of after the action were there already),
    `declared` or `declared_after` by the day that the Comune states alone. `changes_count` is how
    often goal or dates were changed since; `method_code` the method that was chosen with the goal.
    """

    action_id: str
    action_name: str
    goal_code: str
    goal_ratio: float
    started_on: date
    finished_on: date
    registered: Registered
    registered_on: date | None
    before_from_on: date | None = None
    until_on: date | None = None
    treated_ids: tuple[str, ...] = ()
    control_ids: tuple[str, ...] = ()
    cost_eur: float | None = None
    decided_by_name: str | None = None
    lat_deg: float | None = None
    lng_deg: float | None = None
    radius_m: float | None = None
    changes_count: int = 0
    method_code: str | None = None


def plans_of(published: pl.DataFrame, register: pl.DataFrame) -> list[Plan]:
    """The plan of each action with a goal and dates, by id.

    What planners registered holds instead of what the Comune's list says of the same action, but
    for an area that they leave out.
    `published` is that list with its history, `register` all revisions that were ever entered.
    """
    known = {plan.action_id: plan for plan in _published(published)}
    for plan in _registered(register):
        known[plan.action_id] = _placed(plan, known.get(plan.action_id))
    return [known[name] for name in sorted(known)]


def _placed(plan: Plan, listed: Plan | None) -> Plan:
    """A plan without an area has that of the Comune's list."""
    if listed is None or plan.radius_m is not None:
        return plan
    return replace(plan, lat_deg=listed.lat_deg, lng_deg=listed.lng_deg, radius_m=listed.radius_m)


def _published(published: pl.DataFrame) -> list[Plan]:
    complete = published.drop_nulls(["action_id", "started_on", *_GOAL])
    changes = {
        name: versions.select(_GOAL).unique().height - 1
        for (name,), versions in complete.group_by("action_id")
    }
    current = complete.filter(pl.col("valid_to").is_null()).sort("action_id")
    found = []
    for row in current.iter_rows(named=True):
        told = row["registered_on"]
        is_before = told is not None and told < row["finished_on"]
        found.append(
            Plan(
                **{name: row[name] for name in _SHARED},
                goal_code=row["goal_indicator_code"],
                registered="declared" if is_before else "declared_after",
                registered_on=told,
                changes_count=changes[row["action_id"]],
            )
        )
    return found


_SHARED: Final = (
    "action_id", "action_name", "goal_ratio", "started_on", "finished_on", "cost_eur", "lat_deg",
    "lng_deg", "radius_m",
)  # fmt: skip


def _registered(register: pl.DataFrame) -> list[Plan]:
    # The first entry, with which the register begins, has no goal.
    complete = register.drop_nulls(["action_id", "started_on", *_GOAL])
    newest = complete.sort("action_id", "revision_count").unique(
        "action_id", keep="last", maintain_order=True
    )
    return [
        Plan(
            **{name: row[name] for name in _SHARED},
            goal_code=row["goal_indicator_code"],
            registered="before" if row["is_before"] else "after",
            registered_on=row["registered_on"],
            method_code=row["method_code"],
            before_from_on=row["before_from_on"],
            until_on=row["until_on"],
            treated_ids=tuple((row["treated_ids"] or "").split()),
            control_ids=tuple((row["control_ids"] or "").split()),
            decided_by_name=row["decided_by_name"],
            changes_count=row["revision_count"] - 1,
        )
        for row in newest.iter_rows(named=True)
    ]
