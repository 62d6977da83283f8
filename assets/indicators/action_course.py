"""What was measured where an action was taken, day by day, and what would have been without it."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from assets.action_effects import Course, course_of, rules_of
from assets.action_plans import plans_of
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value

_PRECISION: Final = 4
_SCHEMA: Final = pl.Schema(
    {
        "action_id": pl.String(),
        "day_on": pl.Date(),
        "measured_index": pl.Float64(),
        "expected_index": pl.Float64(),
        "expected_low_index": pl.Float64(),
        "expected_high_index": pl.Float64(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def action_course(
    *,
    published: pl.DataFrame,
    register: pl.DataFrame,
    goals: pl.DataFrame,
    series: pl.DataFrame,
) -> pl.DataFrame:
    """Give each day of an action's window as a share of what was usual before: 1 is the mean.

    Expected is what the action's effect is counted from, with the 95 % interval of a day (of
    nights: of the line) where there is one. Actions without a series of days, or with too few of
    them, have no row. Days of the works are kept, without what was measured.
    """
    rules = rules_of(goals)
    since = dict(newest(goals).select("goal_code", "valid_from_on").iter_rows())
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for plan in plans_of(published, register):
        course = course_of(plan, rules.get(plan.goal_code), series=series)
        if course is not None:
            parts.append(_rows(plan.action_id, course, since=since.get(plan.goal_code)))
    return pl.concat(parts).sort("action_id", "day_on")


def _rows(action_id: str, course: Course, *, since: date | None) -> pl.DataFrame:
    usual = float(np.nanmean(course.measured[: course.first_after]))
    columns = {
        "measured_index": course.measured,
        "expected_index": course.expected,
        "expected_low_index": course.low,
        "expected_high_index": course.high,
    }
    frame = pl.DataFrame(
        {"day_on": list(course.days)}
        | {name: np.round(values / usual, _PRECISION) for name, values in columns.items()}
    ).with_columns(pl.col(columns).fill_nan(None))
    is_there = pl.col("measured_index").is_not_null()
    return frame.with_columns(
        action_id=pl.lit(action_id),
        definition_from_on=pl.lit(since, pl.Date),
        completeness_ratio=is_there.cast(pl.Float64),
        observations_count=is_there.cast(pl.Int64),
        quality_code=pl.when(is_there).then(pl.lit("ok")).otherwise(pl.lit("no_data")),
    ).select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())


def _both(*columns: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in columns for table in ("published", "register"))


# Which days there are, and of which actions.
_DAYS: Final = (
    *_both("action_id", "goal_indicator_code", "goal_ratio", "started_on", "finished_on"),
    *_both("action_name"), "published.valid_to", "register.revision_count",
    "register.before_from_on", "register.until_on", "register.treated_ids",
    "register.control_ids", "goals.goal_code", "goals.valid_from_on", "goals.method_code",
    "goals.also_method_code", "register.method_code",
    "goals.least_before_count", "goals.least_after_count",
    "goals.least_shared_ratio", "series.goal_code",
    "series.place_id", "series.place_name", "series.day_on", "series.value",
)  # fmt: skip
_AMOUNTS: Final = ("series.value",)

declaration = Declaration(
    function=action_course,
    key="gold/actions/daily_action_course",
    reads={
        "published": "bronze/comune_brescia/actions",
        "register": "bronze/comune_brescia/action_register",
        "goals": "bronze/definitions/action_goals",
        "series": "silver/actions/goal_by_day",
    },
    with_history=("published",),
    gives={
        "action_id": given("Code of the action.", *_DAYS),
        "day_on": given("Day of the city's clock.", *_DAYS),
        "measured_index": given(
            "What was measured, over the mean before; null during the works.", *_AMOUNTS
        ),
        "expected_index": given("What was to be expected without the action.", *_AMOUNTS),
        "expected_low_index": given("Lower end of its 95 % interval.", *_AMOUNTS),
        "expected_high_index": given("Upper end of its 95 % interval.", *_AMOUNTS),
        "definition_from_on": given("Day from which the goal's rules hold.", *_DAYS),
        "completeness_ratio": given("1 where the day was measured.", *_AMOUNTS),
        "observations_count": given("1 where the day was measured.", *_AMOUNTS),
        "quality_code": given("no_data where it was not.", *_AMOUNTS),
    },
    key_columns=("action_id", "day_on"),
    window_by=None,
    title="Course of each action's goal",
    method_version="2",
    literature=(
        "Brodersen et al. (2015), Annals of Applied Statistics 9(1); Lopez Bernal et al. (2017), "
        "Int. J. Epidemiology 46(1)."
    ),
    measured=Measured(
        entity="action_id",
        urn="urn:ngsi-ld:Action:brescia:comune_brescia:",
        geometry="city",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "measured_index": Value(
                "Misurato (1 = media di prima)", "1", no_interval="è una misura"
            ),
            "expected_index": Value(
                "Atteso senza l'azione (1 = media di prima)",
                "1",
                low="expected_low_index",
                high="expected_high_index",
            ),
        },
        title="Prima e dopo le azioni",
        how=(
            "Ciò che si è misurato ogni giorno nei luoghi dell'intervento e ciò che ci si sarebbe "
            "atteso senza, diviso per la media del periodo di prima."
        ),
        is_high_bad=None,
    ),
)  # fmt: skip
