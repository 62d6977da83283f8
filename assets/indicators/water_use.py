"""How much water people use in each quarter, month by month."""

from typing import Final

import polars as pl

from assets.by_quarter import RESIDENTS, of_newest_month, of_quarters, residents, told_mostly
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import in_order
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.methods.water_balance import litres_a_head
from assets.plots import line_chart
from assets.small_groups import LIMITS, limited_by, newest_limit
from assets.trust import quality

_SUBJECT: Final = "water_use_by_month"
_PRECISION: Final = 3


def water_use(
    consumed: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    completeness: pl.DataFrame,
    *,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give the litres that a resident of each quarter uses in a day, as the month's mean.

    A quarter with too few meters has its share, by residents, of the rest of its zone or of the
    city (`told_code`, as on most days). What shops and offices use is in it, as in ISTAT's figure.
    A quarter with too few residents has no number.
    """
    rule = completeness_of(completeness, _SUBJECT)
    heads = residents(sections, quarters)
    days = of_quarters(consumed, weights=heads, amount="water_m3").with_columns(
        month_on=pl.col("consumed_on").dt.month_start()
    )
    months = days.group_by("quarter_id", "month_on").agg(
        in_order("water_m3"),
        told_code=told_mostly(),
        came=pl.col("completeness_ratio").sort().mean(),
        observations_count=pl.len().cast(pl.Int64),
    )
    is_told = pl.col("residents_count") >= newest_limit(limits, RESIDENTS).least_count
    litres = litres_a_head(
        pl.col("water_m3"), pl.col("residents_count"), pl.col("observations_count")
    )
    due = pl.col("month_on").dt.days_in_month().cast(pl.Int64)
    return (
        months.join(heads, on="quarter_id")
        .with_columns(
            residents_count=pl.col("weight").cast(pl.Int64),
            completeness_ratio=(pl.col("came") * pl.col("observations_count") / due).clip(0, 1),
        )
        .with_columns(litres_per_resident_l=pl.when(is_told).then(litres).round(_PRECISION))
        .select(
            "quarter_id",
            "month_on",
            "litres_per_resident_l",
            "told_code",
            "residents_count",
            rule.edition.alias("definition_from_on"),
            "completeness_ratio",
            "observations_count",
            quality_code=quality(
                no_data=pl.col("litres_per_resident_l").is_null(),
                modelled=pl.col("told_code") != "quarter",
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("quarter_id", "month_on")
    )


def _picture(frame: pl.DataFrame) -> str:
    """The quarters of the newest month, from the least on."""
    last = of_newest_month(frame, by="litres_per_resident_l")
    return line_chart(
        "Litres a resident and day, by quarter",
        x=last["quarter_id"].to_list(),
        series={"litres": last["litres_per_resident_l"].to_list()},
        unit="l",
    )


_TOLD: Final = (
    "consumed.water_m3", "consumed.quarter_id", "consumed.zone_name", "quarters.zone_name",
    "sections.residents_count", "sections.quarter_id",
)  # fmt: skip
_CAME: Final = (*_TOLD, "consumed.completeness_ratio", "consumed.contributors_count")
_RULE: Final = completeness_columns("completeness")

declaration = Declaration(
    function=water_use,
    key="gold/water/monthly_use_by_quarter",
    reads={
        "consumed": "silver/water/water_consumption_observed",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "month_on": given("First day of the month.", "consumed.consumed_on"),
        "litres_per_resident_l": given("Litres a resident and day.", *_TOLD, *limited_by("limits")),
        "told_code": given("Whose water it is: its own, or its share of a wider place's.", *_TOLD),
        "residents_count": given(
            "Residents.", "sections.residents_count", "sections.quarter_id"
        ),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Days and meters read, of those that were due.", *_CAME),
        "observations_count": given("Days.", *_CAME),
        "quality_code": given(
            "modelled where it is a share of a wider place's; partial of less than all.",
            *_CAME, *_RULE, "completeness.complete_ratio", *limited_by("limits"),
        ),
    },
    key_columns=("quarter_id", "month_on"),
    window_by=None,
    title="Water a resident, by quarter and month",
    method_version="2",
    literature="ISTAT, Censimento delle acque per uso civile: litri per abitante al giorno.",
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
            "litres_per_resident_l": Value(
                "Acqua per abitante al giorno",
                "L",
                no_interval="è la somma dei contatori letti, non una stima da un campione",
            )
        },
        title="Consumo d'acqua",
        how=(
            "L'acqua passata dai contatori del quartiere, divisa per chi ci abita e per i giorni. "
            "Dove i contatori sono pochi vale la parte del quartiere nella sua zona, o nella città."
        ),
    ),
)  # fmt: skip
