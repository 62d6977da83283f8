"""How much of its waste each quarter separates, and how much it throws away, month by month."""

from typing import Final

import polars as pl

from assets.by_quarter import RESIDENTS, of_newest_month, of_quarters, residents, told_mostly
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import in_order
from assets.declaration import Declaration, given
from assets.editions import dated
from assets.measured import Measured, Value
from assets.methods.separate_collection import separate_share
from assets.plots import line_chart
from assets.small_groups import LIMITS, limited_by, newest_limit
from assets.trust import quality

_SUBJECT: Final = "waste_by_month"
_DAYS_A_YEAR: Final = 365
_PRECISION: Final = 6
_TARGET: Final = "separate_collection"


def separate_collection(
    waste: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    targets: pl.DataFrame,
    completeness: pl.DataFrame,
    *,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give each quarter's share of separate collection and its kilograms a resident and year.

    What is brought to bins that open with a tag, by D.M. 26 May 2016: street sweepings, bulky waste
    and what is brought to recycling centres are not in it. A quarter with too few tags has its
    share, by residents, of the rest of its zone or of the city (`told_code`, as on most days): its
    share of separate collection is then theirs. Kilograms are those of the days, for 365 of them; a
    quarter with too few residents has none.
    """
    rule = completeness_of(completeness, _SUBJECT)
    heads = residents(sections, quarters)
    both = waste.with_columns(completeness_ratio=pl.lit(1.0))
    residual = of_quarters(both, weights=heads, amount="residual_kg", period="thrown_on")
    separate = of_quarters(both, weights=heads, amount="separate_kg", period="thrown_on")
    months = (
        residual.join(
            separate.select("thrown_on", "quarter_id", "separate_kg"),
            on=["thrown_on", "quarter_id"],
        )
        .with_columns(month_on=pl.col("thrown_on").dt.month_start())
        .group_by("quarter_id", "month_on")
        .agg(
            in_order("residual_kg"),
            in_order("separate_kg"),
            told_code=told_mostly(),
            observations_count=pl.len().cast(pl.Int64),
        )
    )
    held = targets.filter(pl.col("target_code") == _TARGET)
    whole = pl.col("residual_kg") + pl.col("separate_kg")
    due = pl.col("month_on").dt.days_in_month().cast(pl.Int64)
    share = separate_share(pl.col("separate_kg"), pl.col("residual_kg")).round(_PRECISION)
    return (
        dated(months.join(heads, on="quarter_id"), held, day="month_on")
        .join(held.select("definition_code", "least_ratio"), on="definition_code", how="left")
        .with_columns(
            separate_ratio=share,
            completeness_ratio=(pl.col("observations_count") / due).clip(0, 1),
            a_head=pl.when(pl.col("weight") >= newest_limit(limits, RESIDENTS).least_count).then(
                whole / pl.col("weight") * _DAYS_A_YEAR / pl.col("observations_count")
            ),
        )
        .select(
            "quarter_id",
            "month_on",
            "separate_ratio",
            waste_per_resident_kg=pl.col("a_head").round(_PRECISION),
            is_below_target=pl.col("separate_ratio") < pl.col("least_ratio"),
            told_code="told_code",
            definition_from_on="valid_from_on",
            completeness_ratio="completeness_ratio",
            observations_count="observations_count",
            quality_code=quality(
                no_data=pl.col("separate_ratio").is_null(),
                modelled=pl.col("told_code") != "quarter",
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("quarter_id", "month_on")
    )


def _picture(frame: pl.DataFrame) -> str:
    """The quarters of the newest month, from the least separated on."""
    last = of_newest_month(frame, by="separate_ratio")
    return line_chart(
        "Separate collection of the quarters, per cent",
        x=last["quarter_id"].to_list(),
        series={"separate": (100 * last["separate_ratio"]).to_list()},
        unit="%",
    )


_TOLD: Final = ("waste.quarter_id", "waste.zone_name", "quarters.zone_name", "sections.quarter_id")
_KG: Final = (
    "waste.residual_kg", "waste.separate_kg", *_TOLD, "sections.residents_count",
)  # fmt: skip
_GOAL: Final = ("targets.target_code", "targets.valid_from_on", "targets.definition_code")
_NO_INTERVAL: Final = "è la somma dei conferimenti pesati, non una stima da un campione"

declaration = Declaration(
    function=separate_collection,
    key="gold/waste/monthly_separate_collection_by_quarter",
    reads={
        "waste": "silver/waste/waste_by_day",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "targets": "bronze/definitions/waste_targets",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "month_on": given("First day of the month.", "waste.thrown_on"),
        "separate_ratio": given("Waste collected separately, of all.", *_KG),
        "waste_per_resident_kg": given(
            "Waste a resident and year.", *_KG, *limited_by("limits")
        ),
        "is_below_target": given(
            "Whether it is less than the law asks for.", *_KG, *_GOAL, "targets.least_ratio"
        ),
        "told_code": given(
            "Whose waste it is: its own, or its share of a wider place's.",
            *_TOLD, "sections.residents_count",
        ),
        "definition_from_on": given("Day from which the target holds.", *_GOAL),
        "completeness_ratio": given("Days, of the month's.", *_TOLD, "sections.residents_count"),
        "observations_count": given("Days.", *_TOLD, "sections.residents_count"),
        "quality_code": given(
            "modelled where it is a wider place's; partial of less than the month.",
            *_KG, *completeness_columns("completeness", "complete_ratio"),
        ),
    },
    key_columns=("quarter_id", "month_on"),
    window_by=None,
    title="Separate collection by quarter and month",
    method_version="1",
    literature="D.M. 26 May 2016, annex, point 4; D.Lgs. 152/2006, art. 205.",
    plot=_picture,
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="month",
        period="month_on",
        definition_from="definition_from_on",
        values={
            "separate_ratio": Value("Raccolta differenziata", "1", no_interval=_NO_INTERVAL),
            "waste_per_resident_kg": Value(
                "Rifiuti per abitante all'anno", "kg", no_interval=_NO_INTERVAL
            ),
        },
        title="Raccolta differenziata",
        how=(
            "I chili di organico, carta, plastica e vetro portati ai cassonetti a tessera, divisi "
            "per tutti i chili. Dove conferiscono in pochi vale la quota della zona, o della città."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
