"""What a scenario changes, in numbers: by place, and who gains and loses, by quarter and age."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.long_form import SCHEMA as LONG
from assets.long_form import long_form
from assets.measured import Measured
from assets.scenarios.planned import Pair
from assets.scenarios.running import Outcome

IMPACT: Final = pl.Schema(
    {
        "scenario_id": pl.String(),
        "indicator_id": pl.String(),
        "entity_id": pl.String(),
        "period_start": LONG["period_start"],
        "unit": pl.String(),
        "value_code": pl.String(),
        "baseline_value": pl.Float64(),
        "scenario_value": pl.Float64(),
        "delta": pl.Float64(),
        "lo": pl.Float64(),
        "hi": pl.Float64(),
        "is_better": pl.Boolean(),
        "quality_flag": pl.String(),
        "method_version": pl.String(),
    }
)
GROUPS: Final = pl.Schema(
    {
        "scenario_id": pl.String(),
        "indicator_id": pl.String(),
        "quarter_id": pl.String(),
        "age_code": pl.String(),
        "unit": pl.String(),
        "residents_count": pl.Int64(),
        "baseline_value": pl.Float64(),
        "scenario_value": pl.Float64(),
        "delta": pl.Float64(),
        "lo": pl.Float64(),
        "hi": pl.Float64(),
        "winners_count": pl.Int64(),
        "losers_count": pl.Int64(),
    }
)
ALL: Final = "all"
AGES: Final = {
    "age_0_14_count": "0-14",
    "age_15_24_count": "15-24",
    "age_25_44_count": "25-44",
    "age_45_64_count": "45-64",
    "age_65_79_count": "65-79",
    "age_80_count": "80+",
}
_KEY: Final = ("indicator_id", "entity_id", "period_start")
_FINE: Final = 6
_TENS: Final = 10


def impact_of(
    outcome: Outcome, declarations: Mapping[str, Declaration], *, scenario: str
) -> pl.DataFrame:
    """Give each number that a scenario changes: without it, with it, and the difference.

    Only where both are told: what is withheld without the scenario is withheld with it. The
    interval of a difference is the range of those at the ends of both intervals and in the middle:
    what makes the number uncertain (the storm, the factor) is the same with and without it.
    """
    parts = [
        _differences(pair, declarations[table], scenario)
        for table, pair in outcome.indicators.items()
    ]
    return pl.concat([IMPACT.to_frame(), *parts]).sort("indicator_id", "entity_id", "period_start")


def _differences(pair: Pair, declaration: Declaration, scenario: str) -> pl.DataFrame:
    measured = declaration.measured
    if measured is None:
        return IMPACT.to_frame()
    before, after = (long_form(rows, declaration) for rows in (pair.baseline, pair.planned))
    both = before.join(after, on=list(_KEY), suffix="_planned", nulls_equal=True)
    delta = pl.col("value_planned") - pl.col("value")
    ends = [delta, *(pl.col(f"{end}_planned") - pl.col(end) for end in ("lo", "hi"))]
    has_interval = pl.all_horizontal(one.is_not_null() for one in ends)
    name = _value_of(declaration)
    return (
        both.filter(pl.col("value").is_not_null(), pl.col("value_planned").is_not_null())
        .with_columns(delta=delta.round(_FINE))
        .filter(pl.col("delta") != 0)
        .select(
            scenario_id=pl.lit(scenario),
            indicator_id="indicator_id",
            entity_id="entity_id",
            period_start="period_start",
            unit="unit",
            value_code=name,
            baseline_value="value",
            scenario_value="value_planned",
            delta="delta",
            lo=pl.when(has_interval).then(pl.min_horizontal(ends).round(_FINE)),
            hi=pl.when(has_interval).then(pl.max_horizontal(ends).round(_FINE)),
            is_better=_better(measured, name),
            quality_flag="quality_flag_planned",
            method_version="method_version",
        )
        .cast(IMPACT)
    )


def _value_of(declaration: Declaration) -> pl.Expr:
    """Which value of the indicator a row of the long form is of."""
    table = declaration.key.removeprefix("gold/")
    return pl.col("indicator_id").str.strip_prefix(f"{table}.").str.split(";").list.first()


def is_relative(declarations: Mapping[str, Declaration]) -> pl.Expr:
    """Whether a number is relative: it moves where nothing happens, because others move."""
    names = [
        f"{key.removeprefix('gold/')}.{name}"
        for key, one in declarations.items()
        if one.measured is not None
        for name, value in one.measured.values.items()
        if value.is_relative
    ]
    return pl.col("indicator_id").str.split(";").list.first().is_in(names)


def _better(measured: Measured, name: pl.Expr) -> pl.Expr:
    """Whether a difference is a gain, by the value's name; empty where neither end is bad.

    And of what is relative: a place that is overtaken has lost nothing.
    """
    bad = {
        value: None if one.is_relative else one.is_high_bad(of_indicator=measured.is_high_bad)
        for value, one in measured.values.items()
    }
    is_high_bad = name.replace_strict(bad, return_dtype=pl.Boolean())
    return (pl.col("delta") < 0) == is_high_bad


def people_in(
    measured: Measured, entities: pl.Series, population: pl.DataFrame
) -> pl.DataFrame | None:
    """How many people of which quarter and age live in each place: `entity`, `people`.

    Residents of a section are spread evenly over its ground. None for things in which nobody lives,
    such as stretches of street.
    """
    long = (
        population.select("section_id", "quarter_id", "border_geom", *AGES)
        .unpivot(
            index=["section_id", "quarter_id", "border_geom"],
            variable_name="age",
            value_name="people",
        )
        .with_columns(
            age_code=pl.col("age").replace(AGES), people=pl.col("people").cast(pl.Float64)
        )
    )
    match measured.geometry:
        case "section":
            placed = long.with_columns(entity="section_id")
        case "quarter":
            placed = long.with_columns(entity="quarter_id")
        case "cell":
            placed = long.join(_shares(entities, population), on="section_id").with_columns(
                people=pl.col("people") * pl.col("share")
            )
        case _:
            return None
    return (
        placed.filter(pl.col("entity").is_in(entities.unique().implode()))
        .sort("entity", "section_id", "age_code")
        .group_by("entity", "quarter_id", "age_code", maintain_order=True)
        .agg(pl.col("people").sum())
    )


def _shares(cells: pl.Series, population: pl.DataFrame) -> pl.DataFrame:
    """Which share of each section's ground lies in each cell."""
    from assets.cells import shares_of_areas

    known = population.drop_nulls("border_geom").sort("section_id")
    names = cells.unique().sort()
    part, cell, share = shares_of_areas(names, known)
    return pl.DataFrame(
        {
            "section_id": known["section_id"].gather(part),
            "entity": names.gather(cell),
            "share": share,
        }
    )


def groups_of(
    outcome: Outcome,
    impact: pl.DataFrame,
    declarations: Mapping[str, Declaration],
    *,
    population: pl.DataFrame,
    least_count: int,
    scenario: str,
) -> pl.DataFrame:
    """Give the means of residents and who gains and loses, by quarter and by age and for the city.

    Of indicators of places where people live. Means are over all residents whose number is told,
    touched or not. A group of fewer than `least_count` residents has no row; gainers and losers
    are told in tens, and not at all where there are fewer than that but some: differences of rows
    are of tens, too.
    """
    parts = [
        _groups(pair, impact, declarations[table], population, least_count=least_count)
        for table, pair in outcome.indicators.items()
    ]
    rows = pl.concat([GROUPS.to_frame(), *(part for part in parts if part is not None)])
    return rows.with_columns(scenario_id=pl.lit(scenario)).sort(
        "indicator_id", "quarter_id", "age_code"
    )


def _groups(
    pair: Pair,
    impact: pl.DataFrame,
    declaration: Declaration,
    population: pl.DataFrame,
    *,
    least_count: int,
) -> pl.DataFrame | None:
    measured = declaration.measured
    if measured is None:
        return None
    people = people_in(measured, pair.baseline[measured.entity], population)
    if people is None or people.is_empty():
        return None
    told = long_form(pair.baseline, declaration).filter(pl.col("value").is_not_null())
    newest = told.filter(
        (pl.col("period_start") == pl.col("period_start").max().over("indicator_id"))
        | pl.col("period_start").is_null()
    )
    changed = impact.select(*_KEY, "is_better", "delta", low="lo", high="hi")
    judged = impact.drop_nulls("is_better")["indicator_id"].unique()
    rows = (
        newest.filter(pl.col("indicator_id").is_in(changed["indicator_id"].unique().implode()))
        .join(changed, on=list(_KEY), how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            entity=pl.col("entity_id").str.strip_prefix(measured.urn),
            has_bad_end=pl.col("indicator_id").is_in(judged.implode()),
        )
        .join(people, on="entity", maintain_order="left")
    )
    if rows.is_empty():
        return None
    both = pl.concat(
        rows.with_columns(**{name: pl.lit(ALL) for name in together})
        for together in ((), ("quarter_id",), ("age_code",), ("quarter_id", "age_code"))
    )
    weight = pl.col("people")
    delta = pl.col("delta").fill_null(0.0)
    # Of a place that did not change the interval is nought; where one has none, none is told.
    ends = {
        end: pl.when(pl.col("delta").is_null()).then(0.0).otherwise(pl.col(end))
        for end in ("low", "high")
    }
    found = (
        both.sort("indicator_id", "quarter_id", "age_code", "entity", "people")
        .group_by("indicator_id", "quarter_id", "age_code", maintain_order=True)
        .agg(
            unit=pl.col("unit").first(),
            residents=weight.sum(),
            baseline=(pl.col("value") * weight).sum(),
            moved=(delta * weight).sum(),
            **{
                end: pl.when(one.is_not_null().all()).then((one * weight).sum())
                for end, one in ends.items()
            },
            winners=weight.filter(pl.col("is_better")).sum(),
            losers=weight.filter(~pl.col("is_better")).sum(),
            is_judged=pl.col("is_better").is_not_null().any()
            | (pl.col("delta").is_null().all() & pl.col("has_bad_end").all()),
        )
        .filter(pl.col("residents").round() >= least_count)
    )
    mean = {
        name: (pl.col(name) / pl.col("residents")).round(_FINE)
        for name in ("baseline", "moved", "low", "high")
    }
    return found.select(
        scenario_id=pl.lit(""),
        indicator_id="indicator_id",
        quarter_id="quarter_id",
        age_code="age_code",
        unit="unit",
        residents_count=pl.col("residents").round(),
        baseline_value=mean["baseline"],
        scenario_value=(mean["baseline"] + mean["moved"]).round(_FINE),
        delta=mean["moved"],
        lo=mean["low"],
        hi=mean["high"],
        winners_count=_in_tens("winners", least_count),
        losers_count=_in_tens("losers", least_count),
    ).cast(GROUPS)


def _in_tens(name: str, least_count: int) -> pl.Expr:
    """So many people in tens; empty for some, but fewer than may be told, or if no end is bad."""
    people = pl.col(name)
    is_told = pl.col("is_judged") & ((people == 0) | (people.round() >= least_count))
    return pl.when(is_told).then(((people / _TENS).round() * _TENS).cast(pl.Int64))
