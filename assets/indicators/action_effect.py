"""Whether each action of the city worked: its effect, how sure that is, and the verdict."""

from html import escape
from typing import Final

import polars as pl

from assets.action_crashes import streets_of
from assets.action_effects import Outcome, outcome_of, rules_of
from assets.action_plans import Plan, plans_of
from assets.action_words import verdict_text
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.plots import svg_page
from assets.small_groups import LIMITS, limited_by, newest_limit

_PRECISION: Final = 4
# Which limit says how few crashes are not told.
_CRASHES: Final = "crashes_by_place"
_SCHEMA: Final = pl.Schema(
    {
        "action_id": pl.String(),
        "action_name": pl.String(),
        "goal_code": pl.String(),
        "goal_name": pl.String(),
        "goal_ratio": pl.Float64(),
        "verdict_code": pl.String(),
        "reason_code": pl.String(),
        "verdict_text": pl.String(),
        "effect_ratio": pl.Float64(),
        "effect_low_ratio": pl.Float64(),
        "effect_high_ratio": pl.Float64(),
        "value": pl.Float64(),
        "unit_code": pl.String(),
        "chance_ratio": pl.Float64(),
        "fit_error_ratio": pl.Float64(),
        "placebo_rank_count": pl.Int64(),
        "placebos_count": pl.Int64(),
        "before_count": pl.Int64(),
        "after_count": pl.Int64(),
        "method_code": pl.String(),
        "registered_code": pl.String(),
        "registered_on": pl.Date(),
        "changes_count": pl.Int64(),
        "decided_by_name": pl.String(),
        "started_on": pl.Date(),
        "finished_on": pl.Date(),
        "cost_eur": pl.Float64(),
        "lat_deg": pl.Float64(),
        "lng_deg": pl.Float64(),
        "radius_m": pl.Float64(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def action_effect(
    *,
    published: pl.DataFrame,
    register: pl.DataFrame,
    goals: pl.DataFrame,
    segments: pl.DataFrame,
    accidents: pl.DataFrame,
    series: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give each action with a goal what was measured after it, over what was to be expected.

    An effect of 1.35 is 35 % more than expected without the action, with the interval of 95 %.
    What planners registered holds instead of the Comune's own list. Works are left out. Bicycles
    and heat are foreseen from the places without the action (or compared with them by difference in
    differences, where that was registered), nights from their own course over
    years and weeks, crashes by empirical Bayes. The verdict is `effective` or `adverse` only where
    chance seldom gives such an effect and placebos (other places, earlier dates) hardly one as
    large; `registered_code` says whether the goal was fixed before the result could be known:
    before or after by the register, declared (or declared_after) by the Comune's word alone.
    """
    found = []
    plans = plans_of(published, register)
    rules = rules_of(goals)
    held = {row["goal_code"]: row for row in newest(goals).iter_rows(named=True)}
    least = newest_limit(limits, _CRASHES).least_count
    streets = streets_of(segments, accidents, least_told=least)
    for plan in plans:
        goal = held.get(plan.goal_code, {})
        rule = rules.get(plan.goal_code)
        outcome = outcome_of(plan, rule, series=series, streets=streets)
        found.append(
            _said(plan, outcome)
            | {
                "goal_name": goal.get("goal_name"),
                "unit_code": goal.get("unit_code"),
                "method_code": rule.method_of(plan) if rule else "none",
                "definition_from_on": goal.get("valid_from_on"),
            }
        )
    return pl.DataFrame(found, schema=_SCHEMA)


def _said(plan: Plan, outcome: Outcome) -> dict[str, object]:
    is_known = outcome.verdict != "not_enough_data"
    counts = (outcome.before or 0) + (outcome.after or 0)
    return {
        "action_id": plan.action_id,
        "action_name": plan.action_name,
        "goal_code": plan.goal_code,
        "goal_ratio": plan.goal_ratio,
        "verdict_code": outcome.verdict,
        "reason_code": outcome.reason or None,
        "verdict_text": verdict_text(outcome, plan),
        "effect_ratio": _rounded(outcome.ratio),
        "effect_low_ratio": _rounded(outcome.low),
        "effect_high_ratio": _rounded(outcome.high),
        "value": _rounded(outcome.difference),
        "chance_ratio": _rounded(outcome.chance),
        "fit_error_ratio": _rounded(outcome.fit_error),
        "placebo_rank_count": outcome.placebo_rank,
        "placebos_count": outcome.placebos,
        "before_count": outcome.before,
        "after_count": outcome.after,
        "registered_code": plan.registered,
        "registered_on": plan.registered_on,
        "changes_count": plan.changes_count,
        "decided_by_name": plan.decided_by_name,
        "started_on": plan.started_on,
        "finished_on": plan.finished_on,
        "cost_eur": plan.cost_eur,
        "lat_deg": plan.lat_deg,
        "lng_deg": plan.lng_deg,
        "radius_m": plan.radius_m,
        "completeness_ratio": round(outcome.completeness, _PRECISION),
        "observations_count": counts,
        "quality_code": "ok" if is_known else "no_data",
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _PRECISION)


_COLOURS: Final = {"effective": "#15803d", "adverse": "#b91c1c"}
_LEFT: Final = 300
_WIDE: Final = 260
_MOST: Final = 2.0


def _picture(frame: pl.DataFrame) -> str:
    """The effect of each action with its interval; the upright line is no effect."""

    def at(ratio: float) -> float:
        return _LEFT + min(max(ratio, 0.0), _MOST) / _MOST * _WIDE

    parts = []
    for row, one in enumerate(frame.sort("action_id").head(40).iter_rows(named=True)):
        y = 44 + 20 * row
        colour = _COLOURS.get(one["verdict_code"], "#475569")
        name = escape(f"{one['action_name'][:38]} ({one['verdict_code']})")
        parts.append(f"<text x='8' y='{y + 4}' font-size='10' fill='{colour}'>{name}</text>")
        if one["effect_ratio"] is not None:
            low, mid, high = (at(one[f"effect{end}_ratio"]) for end in ("_low", "", "_high"))
            parts.append(
                f"<path d='M{low:.0f} {y}H{high:.0f}' stroke='{colour}' stroke-width='2'/>"
                f"<circle cx='{mid:.0f}' cy='{y}' r='4' fill='{colour}'/>"
            )
    height = 60 + 20 * min(frame.height, 40)
    none = f"<path d='M{at(1):.0f} 34V{height - 14}' stroke='#94a3b8' stroke-dasharray='3 3'/>"
    title = "Measured over expected, 95 % (0 to 2; dashed: no effect)"
    return svg_page(title, _LEFT + _WIDE + 20, height, [none, *parts])


def _both(*columns: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in columns for table in ("published", "register"))


_KEY: Final = (
    *_both("action_id", "goal_indicator_code", "goal_ratio", "started_on", "finished_on"),
    "published.valid_to", "register.revision_count",
)  # fmt: skip
_AREA: Final = _both("lat_deg", "lng_deg", "radius_m")
_RULE: Final = ("goals.goal_code", "goals.valid_from_on")
_METHOD: Final = ("goals.method_code", "goals.also_method_code", "register.method_code")
_DATA: Final = (
    *_AREA, *_RULE, *_both("action_name"), "register.before_from_on", "register.until_on",
    "register.treated_ids", "register.control_ids", *_METHOD,
    "goals.least_before_count", "goals.least_after_count",
    "goals.least_shared_ratio", "segments.edge_id",
    "segments.line_geom", "segments.traffic_count", "segments.length_m", "accidents.edge_id",
    "accidents.occurred_on", "series.goal_code", "series.place_id", "series.place_name",
    "series.day_on", "series.value",
)  # fmt: skip
_COUNTED: Final = (*_DATA, *limited_by("limits"))
_JUDGED: Final = (
    *_DATA, "goals.significance_ratio", "goals.most_placebo_ratio", "goals.most_error_ratio",
)  # fmt: skip
# What an entry of the register has to say again to be the same.
_SAME: Final = (
    *_KEY, *_AREA, "register.action_name", "register.method_code", "register.before_from_on",
    "register.until_on", "register.treated_ids", "register.control_ids",
)  # fmt: skip
_FIXED: Final = (
    *_SAME, "published.registered_on", "register.registered_on", "register.is_before",
)  # fmt: skip

declaration = Declaration(
    function=action_effect,
    key="gold/actions/action_effect",
    reads={
        "published": "bronze/comune_brescia/actions",
        "register": "bronze/comune_brescia/action_register",
        "goals": "bronze/definitions/action_goals",
        "segments": "silver/mobility/road_segment",
        "accidents": "silver/safety/road_accident",
        "series": "silver/actions/goal_by_day",
        "limits": LIMITS,
    },
    with_history=("published",),
    gives={
        "action_id": given("Code of the action.", *_KEY),
        "action_name": given("Its title.", *_both("action_name")),
        "goal_code": given("What was to change.", *_KEY),
        "goal_name": given("The same in words.", *_RULE, "goals.goal_name"),
        "goal_ratio": given("What was to become of it, over before.", *_KEY),
        "verdict_code": given(
            "effective, no_evidence, adverse or not_enough_data.", *_JUDGED
        ),
        "reason_code": given("Why there is no effect, where there is none.", *_JUDGED),
        "verdict_text": given("The verdict in Italian.", *_JUDGED, *_FIXED),
        "effect_ratio": given("Measured after the action, over expected without it.", *_DATA),
        "effect_low_ratio": given("Lower end of its 95 % interval.", *_DATA),
        "effect_high_ratio": given("Upper end of its 95 % interval.", *_DATA),
        "value": given("Measured less expected, a day; crashes: a year.", *_DATA),
        "unit_code": given("Its unit, UCUM.", *_RULE, "goals.unit_code"),
        "chance_ratio": given("How likely so large a difference is by chance.", *_DATA),
        "fit_error_ratio": given("MASE of the fit before the action.", *_DATA),
        "placebo_rank_count": given("Rank of the effect among placebos; 1 is largest.", *_DATA),
        "placebos_count": given("Other places and earlier dates looked at.", *_DATA),
        "before_count": given("Days (crashes) before; null for too few crashes.", *_COUNTED),
        "after_count": given("Days (crashes) after; null for too few crashes.", *_COUNTED),
        "method_code": given("How it was found.", *_KEY, *_RULE, *_METHOD),
        "registered_code": given("Whether the goal was fixed in time.", *_FIXED),
        "registered_on": given("When the goal was fixed.", *_FIXED),
        "changes_count": given("How often what it is judged by was changed since.", *_SAME),
        "decided_by_name": given("Who decided.", "register.decided_by_name"),
        "started_on": given("When the works began.", *_KEY),
        "finished_on": given("First day after them.", *_KEY),
        "cost_eur": given("What it cost.", *_both("cost_eur")),
        "lat_deg": given("Latitude of the middle.", *_AREA),
        "lng_deg": given("Longitude of the middle.", *_AREA),
        "radius_m": given("Radius of the area.", *_AREA),
        "definition_from_on": given("Day from which the rules hold.", *_RULE),
        "completeness_ratio": given("Days measured, of those due.", *_DATA),
        "observations_count": given("Days (crashes) before and after.", *_COUNTED),
        "quality_code": given("no_data where data do not suffice.", *_JUDGED),
    },
    key_columns=("action_id",),
    window_by=None,
    title="Effect of each action",
    method_version="2",
    literature=(
        "Brodersen et al. (2015), Annals of Applied Statistics 9(1); Lopez Bernal et al. (2017), "
        "Int. J. Epidemiology 46(1); Hauer (1997), Observational Before-After Studies in Road "
        "Safety; Abadie et al. (2010), JASA 105(490)."
    ),
    plot=_picture,
    measured=Measured(
        entity="action_id",
        urn="urn:ngsi-ld:Action:brescia:comune_brescia:",
        geometry="point",
        grain="always",
        definition_from="definition_from_on",
        values={
            "effect_ratio": Value(
                "Misurato rispetto all'atteso",
                "1",
                low="effect_low_ratio",
                high="effect_high_ratio",
            ),
        },
        title="Effetto delle azioni",
        how=(
            "Ciò che si è misurato dopo l'intervento, diviso per ciò che ci si sarebbe atteso "
            "senza: lo dicono i luoghi non toccati, il periodo di prima e le stagioni. Il "
            "verdetto è positivo solo se il caso dà di rado un effetto così e se altrove, o in "
            "altre date, non se ne trova uno altrettanto grande."
        ),
        is_high_bad=None,
    ),
)  # fmt: skip
