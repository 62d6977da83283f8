"""Whether an action worked: its effect, how sure that is, and the verdict."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.action_crashes import Streets, crash_effect
from assets.action_places import named_by
from assets.action_plans import Plan
from assets.editions import newest
from assets.methods.differences import Difference, difference_in_differences
from assets.methods.interrupted import Break, interrupted, of_season
from assets.methods.placebo import placebo_dates, placebo_places, ranked
from assets.methods.structural import Impact, impact, unexplained

Array = NDArray[np.float64]
Verdict = Literal["effective", "no_evidence", "adverse", "not_enough_data"]
_WEEK: Final = 7
# How far a level is thought to move in a day, of what controls leave open (CausalImpact: 0.01).
_LEVEL: Final = 0.01
_A_YEAR: Final = 365
_LEAST_PLACEBO_BEFORE: Final = 14
_PLACEBO_DATES: Final = 20


@dataclass(frozen=True)
class Course:
    """What was measured in the treated places day by day, and what was to be expected (days,).

    Days from `first_after` on are after the action.
    """

    days: tuple[date, ...]
    measured: Array
    expected: Array
    low: Array
    high: Array
    first_after: int


@dataclass(frozen=True)
class Outcome:
    """The effect of an action: what was measured after it, over what was to be expected.

    `difference` is the same in the goal's own unit, a day (crashes: a year). Everything is empty
    where there is not enough data, and `reason` says of what.
    """

    verdict: Verdict
    reason: str = ""
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    chance: float | None = None
    fit_error: float | None = None
    placebo_rank: int | None = None
    placebos: int = 0
    before: int | None = 0
    after: int | None = 0
    completeness: float = 0.0
    trend_chance: float | None = None


RULES: Final = (
    "method_code", "also_method_code", "least_before_count", "least_after_count",
    "least_shared_ratio", "significance_ratio", "most_placebo_ratio", "most_error_ratio",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """How a goal is verified: a row of the definition `action_goals`."""

    method_code: str
    also_method_code: str | None
    least_before_count: int
    least_after_count: int
    least_shared_ratio: float
    significance_ratio: float
    most_placebo_ratio: float
    most_error_ratio: float | None

    def method_of(self, plan: Plan) -> str:
        """The method that was registered with the goal if it is one of the goal's, else its own."""
        is_other = plan.method_code is not None and plan.method_code == self.also_method_code
        return str(self.also_method_code) if is_other else self.method_code


_BESIDE_OTHERS: Final = ("structural", "differences")


def rules_of(goals: pl.DataFrame) -> dict[str, Rules]:
    """The newest rules of each goal."""
    return {
        row["goal_code"]: Rules(**{name: row[name] for name in RULES})
        for row in newest(goals).iter_rows(named=True)
    }


def outcome_of(
    plan: Plan, rules: Rules | None, *, series: pl.DataFrame, streets: Streets
) -> Outcome:
    """Verify one action by the rules of its goal; a goal that nobody has a series of has none.

    `series` is `silver/actions/goal_by_day`.
    """
    if rules is None or rules.method_code == "none":
        return Outcome("not_enough_data", "no_series")
    if rules.method_code == "empirical_bayes":
        found = crash_effect(plan, streets)
        if found is None:
            return Outcome("not_enough_data", "no_place")
        outcome = Outcome(
            "no_evidence",
            ratio=found.ratio,
            low=found.low,
            high=found.high,
            difference=found.difference,
            chance=found.chance,
            placebo_rank=found.placebo.rank,
            placebos=found.placebo.count,
            before=found.before,
            after=found.after,
            completeness=1.0,
        )
        return _judged(plan, rules, outcome)
    return _of_series(plan, rules, series.filter(goal_code=plan.goal_code))


@dataclass(frozen=True)
class _Panel:
    """The treated places together (days,) and each of the others (days, places)."""

    days: tuple[date, ...]
    values: Array
    controls: Array
    first_after: int
    known: Outcome


def _of_series(plan: Plan, rules: Rules, series: pl.DataFrame) -> Outcome:
    panel = _panel(plan, rules, series)
    if isinstance(panel, Outcome):
        return panel
    verify = {"structural": _structural, "differences": _differences, "interrupted": _interrupted}
    try:
        return _judged(plan, rules, verify[rules.method_of(plan)](plan, panel))
    except ValueError:
        return replace(panel.known, reason="few_before")


def course_of(plan: Plan, rules: Rules | None, *, series: pl.DataFrame) -> Course | None:
    """What was measured day by day and what was to be expected; None where too little is known."""
    if rules is None or rules.method_code not in ("structural", "interrupted"):
        return None
    panel = _panel(plan, rules, series.filter(goal_code=plan.goal_code))
    if isinstance(panel, Outcome):
        return None
    try:
        found: Impact | Break
        if rules.method_of(plan) == "differences":
            return _of_gap(panel)
        if rules.method_code == "structural":
            found = _impact(plan, panel.values, panel.controls, first_after=panel.first_after)
        else:
            found = _break(panel)
    except ValueError:
        return None
    return Course(
        panel.days, panel.values, found.expected, found.low, found.high, panel.first_after
    )


def _panel(plan: Plan, rules: Rules, series: pl.DataFrame) -> _Panel | Outcome:
    """The days of the window, or the verdict that there are too few of them."""
    table = _in_window(plan, series)
    places = [name for name in table.columns if name != "day_on"]
    named = _treated(plan, series)
    treated = [name for name in places if name in named]
    others = [name for name in places if name not in treated]
    if plan.control_ids:
        others = [name for name in others if name in plan.control_ids]
    if not treated or (rules.method_code in _BESIDE_OTHERS and not others):
        return Outcome("not_enough_data", "no_place")
    days = table["day_on"].to_list()
    first_after = int((table["day_on"] < plan.finished_on).sum())
    values = _numbers(table, treated).sum(axis=1)
    is_known = ~np.isnan(values)
    before, after = int(is_known[:first_after].sum()), int(is_known[first_after:].sum())
    due = sum(1 for day in days if not plan.started_on <= day < plan.finished_on)
    known = Outcome(
        "not_enough_data",
        before=before,
        after=after,
        completeness=min(1.0, (before + after) / due) if due else 0.0,
    )
    if before < rules.least_before_count:
        return replace(known, reason="few_before")
    if after < rules.least_after_count:
        return replace(known, reason="few_after")
    controls = _numbers(table, others)
    if others:
        controls = controls[:, _is_beside(values, controls, first_after, rules)]
        if not controls.shape[1]:
            return replace(known, reason="no_place")
    return _Panel(tuple(days), values, controls, first_after, known)


def _is_beside(values: Array, controls: Array, first_after: int, rules: Rules) -> NDArray[np.bool_]:
    """Which places (places,) were measured on enough of the days that count, before and after.

    Days without one of the controls count for nothing: a counter set up last month, or one that is
    broken since, would leave nothing of the years of all others.
    """
    is_due = ~np.isnan(values)
    there = ~np.isnan(controls) & is_due[:, None]
    before, after = there[:first_after].sum(axis=0), there[first_after:].sum(axis=0)
    return np.asarray(
        (before >= rules.least_shared_ratio * is_due[:first_after].sum())
        & (after >= rules.least_shared_ratio * is_due[first_after:].sum())
    )


def _in_window(plan: Plan, series: pl.DataFrame) -> pl.DataFrame:
    """The days of the plan's window, a row each, and its places, a column each."""
    if series.is_empty():
        return pl.DataFrame(schema={"day_on": pl.Date})
    first, last = series["day_on"].min(), series["day_on"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return pl.DataFrame(schema={"day_on": pl.Date})
    first = max(first, plan.before_from_on or first)
    last = min(last, plan.until_on or last)
    within = series.filter(pl.col("day_on").is_between(first, last))
    if within.is_empty():
        return pl.DataFrame(schema={"day_on": pl.Date})
    days = pl.DataFrame({"day_on": pl.date_range(first, last, eager=True)})
    wide = within.sort("place_id", "day_on").pivot(on="place_id", index="day_on", values="value")
    works = pl.col("day_on").is_between(plan.started_on, plan.finished_on, closed="left")
    return (
        days.join(wide, on="day_on", how="left", maintain_order="left")
        .select("day_on", *sorted(name for name in wide.columns if name != "day_on"))
        .with_columns(pl.when(~works).then(pl.exclude("day_on")).name.keep())
    )


def _treated(plan: Plan, series: pl.DataFrame) -> tuple[str, ...]:
    """The plan's places; else those that the action's title names, or the city as a whole."""
    if plan.treated_ids or series.is_empty():
        return plan.treated_ids
    places = dict(series.select("place_id", "place_name").unique().sort("place_id").rows())
    return named_by(plan.action_name, places)


def _numbers(table: pl.DataFrame, places: list[str]) -> Array:
    """The amounts (days, places), NaN where a day is missing."""
    columns = [table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in places]
    return np.column_stack(columns) if columns else np.empty((table.height, 0))


def _seed(plan: Plan) -> int:
    return int.from_bytes(hashlib.sha256(plan.action_id.encode()).digest()[:8], "big")


def _impact(
    plan: Plan, values: Array, controls: Array, *, first_after: int, draws: int = 1_000
) -> Impact:
    return impact(
        values,
        controls,
        first_after=first_after,
        seed=_seed(plan),
        draws=draws,
        warm_up=draws // 4,
        season=_WEEK,
        level_deviation=_LEVEL * unexplained(values, controls, first_after=first_after),
    )


def _structural(plan: Plan, panel: _Panel) -> Outcome:
    def effect(one: Array, others: Array, at: int) -> float:
        try:
            found = _impact(plan, one, others, first_after=at, draws=200)
        except ValueError:
            return float("nan")
        # Places are of different sizes.
        return found.effect / found.predicted if found.predicted else float("nan")

    found = _impact(plan, panel.values, panel.controls, first_after=panel.first_after)
    places = placebo_places(
        panel.controls, estimate=lambda one, others: effect(one, others, panel.first_after)
    )
    dates = placebo_dates(
        np.column_stack([panel.values, panel.controls]),
        first_after=_last_before(panel.values, panel.first_after),
        after=_WEEK,
        least_before=_LEAST_PLACEBO_BEFORE,
        estimate=lambda part, at: effect(part[:, 0], part[:, 1:], at),
        most=_PLACEBO_DATES,
    )
    own = found.effect / found.predicted if found.predicted else float("nan")
    placebo = ranked(own, np.concatenate([places, dates]))
    return replace(
        panel.known,
        ratio=found.ratio,
        low=found.ratio_low,
        high=found.ratio_high,
        difference=found.effect,
        chance=found.p_value,
        fit_error=found.fit_error,
        placebo_rank=placebo.rank,
        placebos=placebo.count,
    )


def _difference(values: Array, controls: Array, at: int) -> tuple[Difference, float]:
    """What changed otherwise, in means before of each place, and that mean of the values."""
    usual, others = np.nanmean(values[:at]), np.nanmean(controls[:at], axis=0)
    if not usual > 0 or not (others > 0).all():
        raise ValueError("places without anything before cannot be compared in size")
    return difference_in_differences(
        values / usual, controls / others, first_after=at, season=_WEEK
    ), float(usual)


def _differences(_: Plan, panel: _Panel) -> Outcome:
    def effect(one: Array, others: Array, at: int) -> float:
        try:
            return _difference(one, others, at)[0].effect
        except ValueError:
            return float("nan")

    at = panel.first_after
    found, usual = _difference(panel.values, panel.controls, at)
    is_both = ~np.isnan(panel.values[at:]) & ~np.isnan(found.expected[at:])
    expected = float(found.expected[at:][is_both].mean())
    places = placebo_places(panel.controls, estimate=lambda one, others: effect(one, others, at))
    dates = placebo_dates(
        np.column_stack([panel.values, panel.controls]),
        first_after=_last_before(panel.values, at),
        after=_WEEK,
        least_before=_LEAST_PLACEBO_BEFORE,
        estimate=lambda part, at: effect(part[:, 0], part[:, 1:], at),
        most=_PLACEBO_DATES,
    )
    placebo = ranked(found.effect, np.concatenate([places, dates]))
    return replace(
        panel.known,
        ratio=1 + found.effect / expected,
        low=1 + found.low / expected,
        high=1 + found.high / expected,
        difference=found.effect * usual,
        chance=found.p_value,
        fit_error=found.fit_error,
        placebo_rank=placebo.rank,
        placebos=placebo.count,
        trend_chance=found.trend_p_value,
    )


def _of_gap(panel: _Panel) -> Course:
    found, usual = _difference(panel.values, panel.controls, panel.first_after)
    blank = np.full(len(panel.days), np.nan)
    return Course(panel.days, panel.values, found.expected * usual, blank, blank, panel.first_after)


def _of_calendar(days: tuple[date, ...]) -> Array:
    """Regressors of the year's course and of the days of the week (days, 10)."""
    weekdays = np.array([day.weekday() for day in days])
    of_week = (weekdays[:, None] == np.arange(1, _WEEK)).astype(float)
    return np.column_stack([of_season([day.timetuple().tm_yday for day in days]), of_week])


def _break(panel: _Panel) -> Break:
    return interrupted(
        panel.values,
        first_after=panel.first_after,
        others=_of_calendar(panel.days),
        season=_WEEK,
    )


def _interrupted(_: Plan, panel: _Panel) -> Outcome:
    def step(part: Array, at: int) -> float:
        try:
            found = interrupted(part[:, 0], first_after=at, others=part[:, 1:], season=_WEEK)
        except ValueError:
            return float("nan")
        return found.level

    found = _break(panel)
    is_after = ~np.isnan(panel.values[panel.first_after :])
    expected = float(found.expected[panel.first_after :][is_after].mean())
    last = _last_before(panel.values, panel.first_after)
    # As long as the true one where that leaves dates to try; an action that lasts keeps some.
    room = max((last - _A_YEAR) // 2, _WEEK)
    dates = placebo_dates(
        np.column_stack([panel.values, _of_calendar(panel.days)]),
        first_after=last,
        after=min(panel.known.after or 0, room),
        least_before=_A_YEAR,
        estimate=step,
    )
    placebo = ranked(found.level, dates)
    return replace(
        panel.known,
        ratio=1 + found.level / expected,
        low=1 + found.level_low / expected,
        high=1 + found.level_high / expected,
        difference=found.level,
        chance=found.p_value,
        fit_error=found.fit_error,
        placebo_rank=placebo.rank,
        placebos=placebo.count,
    )


def _last_before(values: Array, first_after: int) -> int:
    """The step after the last value before: the works that follow it hold none."""
    known = np.flatnonzero(~np.isnan(values[:first_after]))
    return int(known[-1]) + 1 if len(known) else 0


def _judged(plan: Plan, rules: Rules, found: Outcome) -> Outcome:
    """The verdict that the rules give on an effect.

    An effect counts where chance and placebos seldom give one as large. With few placebos it has
    to be the largest of all, and without any nothing is proved.
    """
    if found.before is None or found.before < rules.least_before_count:
        return _without_effect(found, "few_before")
    if found.after is None or found.after < rules.least_after_count:
        return _without_effect(found, "few_after")
    if found.ratio is None or found.chance is None or not np.isfinite(found.ratio):
        return _without_effect(found, "few_before")
    doubt = _doubt(rules, found, found.chance)
    if doubt:
        return replace(found, verdict="no_evidence", reason=doubt)
    is_wanted = (found.ratio > 1) == (plan.goal_ratio > 1)
    return replace(found, verdict="effective" if is_wanted else "adverse")


def _doubt(rules: Rules, found: Outcome, chance: float) -> str:
    """Why an effect is no evidence; nothing where it is."""
    error, most = found.fit_error, rules.most_error_ratio
    if most is not None and (error is None or not error <= most):
        return "poor_fit"
    if found.trend_chance is not None and found.trend_chance < rules.significance_ratio:
        return "trend"
    if chance >= rules.significance_ratio:
        return "chance"
    if not found.placebos:
        return "no_placebo"
    rank, count = found.placebo_rank or 1, found.placebos
    is_usual = rank > 1 and rank / (count + 1) > rules.most_placebo_ratio
    return "placebo" if is_usual else ""


def _without_effect(found: Outcome, reason: str) -> Outcome:
    return Outcome(
        "not_enough_data",
        reason,
        before=found.before,
        after=found.after,
        completeness=found.completeness,
    )
