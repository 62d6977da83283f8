"""Which share of the essential kinds of services lies within a quarter of an hour."""

from datetime import date
from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value


def fifteen_minute_score(reach: pl.DataFrame, essentials: pl.DataFrame) -> pl.DataFrame:
    """Give, for each section and time band, the essential categories that are near, of all.

    A category is near when the median departure of the band arrives at an open service within its
    minutes (`within_min`, a quarter of an hour in the first edition). One that nobody offers is
    not. Off the streets there is no score. The share of kinds is the plainest of many scores in
    use: no published example of it was found to hold it to.
    """
    latest = reach["timetable_on"].max()
    held = newest(essentials, "category_code", until=latest if isinstance(latest, date) else None)
    kinds = (
        held.filter("is_essential").select("category_code", "within_min").unique("category_code")
    )
    is_near = (pl.col("median_min") <= pl.col("within_min")).fill_null(value=False)
    counts = pl.col("category_code").is_in(kinds["category_code"].to_list())
    has_data = pl.col("quality_code") != "no_data"
    return (
        reach.join(kinds, on="category_code", how="left")
        .group_by("section_id", "band_code")
        .agg(
            pl.col("day_code").min(),
            near_count=(is_near & counts).sum().cast(pl.Int64),
            completeness_ratio=pl.col("completeness_ratio").min(),
            observations_count=pl.col("observations_count").max(),
            quality_code=pl.col("quality_code").sort().first(),
            has_data=has_data.any(),
        )
        .with_columns(essential_count=pl.lit(kinds.height, pl.Int64))
        .with_columns(has_score=pl.col("has_data") & (pl.col("essential_count") > 0))
        .select(
            "section_id",
            "band_code",
            "day_code",
            score_ratio=pl.when("has_score").then(pl.col("near_count") / pl.col("essential_count")),
            near_count=pl.when("has_score").then("near_count"),
            essential_count="essential_count",
            definition_from_on=pl.lit(held["valid_from_on"].max(), pl.Date),
            completeness_ratio="completeness_ratio",
            observations_count="observations_count",
            quality_code=pl.when("has_score").then("quality_code").otherwise(pl.lit("no_data")),
        )
        .sort("section_id", "band_code")
    )


_ESSENTIAL: Final = (
    "essentials.category_code", "essentials.is_essential", "essentials.valid_from_on",
    "reach.timetable_on",
)  # fmt: skip
_SCORE: Final = (
    "essentials.within_min", "reach.median_min", "reach.category_code", "reach.quality_code",
    *_ESSENTIAL,
)  # fmt: skip

declaration = Declaration(
    function=fifteen_minute_score,
    key="gold/services/fifteen_minute_score_by_section",
    reads={
        "reach": "gold/services/reach_of_services_by_section",
        "essentials": "bronze/definitions/essential_services",
    },
    gives={
        "section_id": given("Census section (ISTAT).", "reach.section_id"),
        "band_code": given("Time band and kind of day.", "reach.band_code"),
        "day_code": given("weekday or sunday.", "reach.day_code"),
        "score_ratio": given("Essential categories that are near, of all.", *_SCORE),
        "near_count": given("Essential categories that are near.", *_SCORE),
        "essential_count": given("Essential categories.", *_ESSENTIAL),
        "definition_from_on": given("Day from which the newest choice holds.", *_ESSENTIAL),
        "completeness_ratio": given(
            "That of the section's travel times.", "reach.completeness_ratio"
        ),
        "observations_count": given("Departures in the band.", "reach.observations_count"),
        "quality_code": given(
            "That of the travel times; no_data without essential categories.",
            "reach.quality_code",
            *_ESSENTIAL,
        ),
    },
    key_columns=("section_id", "band_code"),
    window_by=None,
    title="Fifteen-minute score by census section and time band",
    method_version="2",
    literature=(
        "The 15-minute city: Moreno, Allam, Chabaud, Gall & Pratlong (2021), Smart Cities 4(1). "
        "The share of categories, and which count, are the city's choice."
    ),
    measured=Measured(
        entity="section_id",
        urn="urn:ngsi-ld:CensusSection:brescia:istat:",
        geometry="section",
        shapes="silver/services/population_by_section",
        grain="always",
        by=("band_code",),
        definition_from="definition_from_on",
        values={
            "score_ratio": Value(
                "Categorie essenziali entro 15 minuti",
                "1",
                no_interval="è una quota di categorie contate tutte",
            )
        },
        title="Città dei 15 minuti",
        how=(
            "La quota delle categorie di servizi essenziali di cui, per la partenza mediana della "
            "fascia, si raggiunge in 15 minuti un servizio aperto, a piedi, con la bicicletta "
            "pubblica o con i mezzi."
        ),
        is_high_bad=False,
        drawn={"band_code": "weekday_11_13"},
    ),
)
