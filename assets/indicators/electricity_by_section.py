"""How much electricity each census section used, day by day."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import LITERATURE
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.trust import quality

_SUBJECT: Final = "electricity_by_day"


def electricity_by_section(consumed: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """Give the electricity of each section that is told alone, on each day of the city's clock.

    Sections with too few meters, in which one meter has too much of the day's use, or that are
    told together with such a section, have no row: their use is in the row of their quarter, zone
    or city in silver. Days on which too few of the readings came have no row.
    """
    rule = completeness_of(completeness, _SUBJECT)
    return (
        consumed.filter(
            (pl.col("area_code") == "section") & (pl.col("completeness_ratio") >= rule.least)
        )
        .select(
            "section_id",
            "consumed_on",
            "energy_kwh",
            meters_count="contributors_count",
            readings_count="readings_count",
            definition_from_on=rule.edition,
            completeness_ratio="completeness_ratio",
            observations_count="readings_count",
            quality_code=quality(partial=pl.col("completeness_ratio") < rule.complete),
        )
        .sort("section_id", "consumed_on")
    )


def _picture(frame: pl.DataFrame) -> str:
    """The city's day by day, and the sections in the middle and at both ends."""
    daily = (
        frame.group_by("consumed_on")
        .agg(
            pl.col("energy_kwh").median().alias("median section"),
            pl.col("energy_kwh").quantile(0.1).alias("lowest tenth below"),
            pl.col("energy_kwh").quantile(0.9).alias("highest tenth above"),
        )
        .sort("consumed_on")
    )
    return line_chart(
        "Electricity of a census section in a day",
        x=[f"{day:%d/%m}" for day in daily["consumed_on"]],
        series={name: daily[name].to_list() for name in daily.columns[1:]},
        unit="kWh",
    )


_RULE: Final = completeness_columns("completeness")
_TOLD: Final = (
    "consumed.area_code",
    "consumed.completeness_ratio",
    *completeness_columns("completeness", "least_ratio"),
)

declaration = Declaration(
    function=electricity_by_section,
    key="gold/energy/daily_electricity_by_section",
    reads={
        "consumed": "silver/energy/electricity_consumption_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "section_id": given("Census section (ISTAT).", "consumed.section_id"),
        "consumed_on": given("Day of the city's clock (Europe/Rome).", "consumed.consumed_on"),
        "energy_kwh": given("Electricity used in the day.", "consumed.energy_kwh", *_TOLD),
        "meters_count": given("Meters that gave a reading.", "consumed.contributors_count"),
        "readings_count": given("Quarter-hour readings summed.", "consumed.readings_count"),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Readings that came, of those the meters owed.", *_TOLD),
        "observations_count": given("Quarter-hour readings summed.", "consumed.readings_count"),
        "quality_code": given(
            "partial of less than all the readings.", *_TOLD, "completeness.complete_ratio"
        ),
    },
    key_columns=("section_id", "consumed_on"),
    window_by="consumed_on",
    title="Electricity by census section and day",
    method_version="3",
    literature=LITERATURE,
    plot=_picture,
    measured=Measured(
        entity="section_id",
        urn="urn:ngsi-ld:CensusSection:brescia:istat:",
        geometry="section",
        shapes="silver/services/population_by_section",
        grain="day",
        period="consumed_on",
        definition_from="definition_from_on",
        values={
            "energy_kwh": Value(
                "Energia elettrica prelevata",
                "kW.h",
                no_interval="è la somma di tutti i contatori letti, non una stima da un campione",
            )
        },
        title="Energia elettrica per sezione di censimento",
        how=(
            "La somma dei prelievi di tutti i contatori di una sezione in un giorno. Le sezioni "
            "con meno di dieci contatori, o in cui un contatore pesa più di un quarto, si sommano "
            "al resto del quartiere e qui non si mostrano, perché non si riconosca nessuno."
        ),
        is_high_bad=None,
    ),
)
