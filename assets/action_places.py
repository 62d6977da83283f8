"""Whether the places that a planner writes down are ones by which an action can be judged."""

import re
from collections.abc import Mapping
from typing import Final

from assets.action_register import Entry
from assets.twin import Twin

# The one place of what is only told of the city as a whole.
WHOLE_CITY: Final = "brescia"
_SERIES: Final = "silver/actions/goal_by_day"
_LISTED: Final = "bronze/comune_brescia/actions"
_WORD: Final = r"\w+"
_AREA: Final = "crashes"
_SEE: Final = "see `gemello sql 'FROM silver.actions.goal_by_day'`"


def named_by(title: str, places: Mapping[str, str | None]) -> tuple[str, ...]:
    """The places (name by id) that a title names in whole words; the city where that is all."""
    if set(places) == {WHOLE_CITY}:
        return (WHOLE_CITY,)
    # A zone called Est is not named by a palestra.
    told = f" {' '.join(re.findall(_WORD, title.casefold()))} "
    words = {
        one: " ".join(re.findall(_WORD, (name or "").casefold())) for one, name in places.items()
    }
    return tuple(one for one, name in words.items() if name and f" {name} " in told)


def doubts(entry: Entry, twin: Twin) -> list[str]:
    """Why an entry would not be judged by the places it names, as far as the lake knows today.

    They are no reason to refuse it: a counter may be set up with the action.
    """
    goal = entry.goal.indicator
    if goal == _AREA:
        is_listed = twin.lake.exists(_LISTED) and (
            entry.action_id in twin.read(_LISTED).collect()["action_id"].to_list()
        )
        if entry.area is None and not is_listed:
            return ["no area is stated, and crashes are those of an area"]
        return []
    if not twin.lake.exists(_SERIES):
        return []
    series = twin.read(_SERIES).collect().filter(goal_code=goal)
    places = dict(series.select("place_id", "place_name").unique().sort("place_id").rows())
    if not places:
        return []
    unknown = [one for one in (*entry.treated, *entry.controls) if one not in places]
    said = [f"{one} is no place of {goal} so far; {_SEE}" for one in unknown]
    if not entry.treated and not named_by(entry.title, places):
        said.append(f"`treated` is left out, and the title names no place of {goal}; {_SEE}")
    return said
