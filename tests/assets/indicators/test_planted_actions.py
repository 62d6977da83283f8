"""The actions that the simulator planted, judged on as many years as each of them needs."""

import dataclasses
from datetime import date

import pytest

from assets.indicators.action_effect import action_effect
from infra.simulator.actions import Action
from infra.simulator.city import City
from tests.assets import simulated_actions as simulated
from tests.assets.indicators.test_action_effect import inputs_of, registered

START = date(2025, 11, 10)
# A winter before the retrofit's works, and one after them.
HEAT_FROM, HEAT_UNTIL = date(2023, 9, 1), date(2026, 3, 31)
ACTIONS = ("AZ-01", "AZ-02", "AZ-03", "AZ-04", "AZ-05", "AZ-06", "AZ-07", "AZ-08")
JUDGED = ("AZ-01", "AZ-02", "AZ-06", "AZ-07")


def judged(actions: dict[str, Action], *, seed: int) -> dict[str, dict[str, object]]:
    """The effect of each action in a city where these were taken; crashes are the full city's."""
    city = simulated.with_actions(City("small", 2, seed, START), actions)
    large = simulated.with_actions(City("full", 2, seed, START), actions)
    years = City("small", (HEAT_UNTIL - HEAT_FROM).days, seed, HEAT_FROM)
    retrofit = actions["AZ-06"]
    # Which meters are in the area, nobody outside the simulator knows by title.
    own = registered(
        action_id="AZ-06", action_name=retrofit.title, goal_indicator_code="heat",
        goal_ratio=retrofit.goal_ratio, started_on=retrofit.started_on,
        finished_on=retrofit.finished_on, treated_ids="retrofit",
    )  # fmt: skip
    read = inputs_of(
        published=simulated.published(city, *ACTIONS),
        register=own,
        bikes=simulated.bikes(city),
        nights=simulated.nights(city),
        heat=simulated.heat(simulated.with_actions(years, {"AZ-06": retrofit})),
        **simulated.streets(large),
    )
    return {row["action_id"]: row for row in action_effect(**read).to_dicts()}


def without_effect(action: Action) -> Action:
    return dataclasses.replace(action, effect_ratio=1.0)


@pytest.mark.shows("planted", "gold/actions/action_effect")
@pytest.mark.slow
def test_planted_actions_get_the_right_verdict_and_those_without_effect_none():
    seed = 1
    planted = City("small", 2, seed, START).actions
    # The list of substations hangs on the ratio: a meter of the retrofit is one below 1.
    none = {name: without_effect(one) for name, one in planted.items()}
    none["AZ-06"] = dataclasses.replace(planted["AZ-06"], effect_ratio=1 - 1e-9)

    true, null = judged(planted, seed=seed), judged(none, seed=seed)

    wanted = dict.fromkeys(("AZ-01", "AZ-02", "AZ-06"), "effective") | {"AZ-07": "no_evidence"}
    assert {name: row["verdict_code"] for name, row in true.items()} == {
        name: wanted.get(name, "not_enough_data") for name in ACTIONS
    }
    assert {null[name]["verdict_code"] for name in JUDGED} == {"no_evidence"}
    for name, row in (("AZ-01", true["AZ-01"]), ("AZ-02", true["AZ-02"])):
        assert row["effect_low_ratio"] < planted[name].effect_ratio < row["effect_high_ratio"]
    heat = true["AZ-06"]
    # Of the slope 18 % is saved; of what hot water needs, nothing.
    assert 0.82 < heat["effect_low_ratio"] < heat["effect_high_ratio"] < 0.9
