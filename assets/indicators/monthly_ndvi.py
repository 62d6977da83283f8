"""How green the ground was in each month, seen from above."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.trust import quality

_SUBJECT: Final = "ndvi_by_month"
_PRECISION: Final = 6


def monthly_ndvi(seen: pl.DataFrame, completeness: pl.DataFrame) -> pl.DataFrame:
    """Give the mean NDVI (-1 to 1) of each H3 cell and month, over its pixels without clouds.

    About 0 is stone and bare ground, below it water, above 0.6 dense green. A cell of which no
    pixel was seen has none.
    """
    rule = completeness_of(completeness, _SUBJECT)
    index = pl.col("ndvi_index")
    return (
        seen.group_by("cell_id", "month_on")
        .agg(
            ndvi_index=index.sort().mean().round(_PRECISION),
            ndvi_p10_index=index.quantile(0.1, "nearest"),
            ndvi_p90_index=index.quantile(0.9, "nearest"),
            observations_count=index.count().cast(pl.Int64),
            completeness_ratio=index.count() / pl.len(),
        )
        .select(
            "cell_id",
            "month_on",
            "ndvi_index",
            "ndvi_p10_index",
            "ndvi_p90_index",
            rule.edition.alias("definition_from_on"),
            "completeness_ratio",
            "observations_count",
            quality_code=quality(
                no_data=pl.col("observations_count") == 0,
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("cell_id", "month_on")
    )


_INDEX: Final = ("seen.ndvi_index",)
_RULE: Final = completeness_columns("completeness")

declaration = Declaration(
    function=monthly_ndvi,
    key="gold/green/monthly_ndvi_by_cell",
    reads={"seen": "silver/territory/vegetation_observed", "completeness": COMPLETENESS},
    gives={
        "cell_id": given("H3 cell of resolution 9.", "seen.cell_id"),
        "month_on": given("First day of the month.", "seen.month_on"),
        "ndvi_index": given("Mean vegetation index of its clear pixels.", *_INDEX),
        "ndvi_p10_index": given("A tenth of its clear pixels is below.", *_INDEX),
        "ndvi_p90_index": given("A tenth of its clear pixels is above.", *_INDEX),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Clear pixels, of all.", *_INDEX),
        "observations_count": given("Clear pixels.", *_INDEX),
        "quality_code": given(
            "partial where too little was seen; no_data under clouds.",
            *_INDEX,
            *_RULE,
            "completeness.complete_ratio",
        ),
    },
    key_columns=("cell_id", "month_on"),
    window_by=None,
    title="Vegetation index (NDVI) by cell and month",
    method_version="2",
    literature="Rouse, Haas, Schell & Deering (1974), NASA SP-351: (NIR - RED) / (NIR + RED).",
    measured=Measured(
        entity="cell_id",
        urn="urn:ngsi-ld:Vegetation:brescia:h3:",
        geometry="cell",
        grain="month",
        period="month_on",
        definition_from="definition_from_on",
        values={
            "ndvi_index": Value(
                "Indice di vegetazione (NDVI)",
                "1",
                no_interval="è la media di tutti i pixel visti, e il satellite non dà un errore",
            )
        },
        title="Verde visto dal satellite",
        how=(
            "Le foglie assorbono la luce rossa e rimandano l'infrarosso: la differenza tra le due "
            "luci, divisa per la somma, va da meno uno a uno. Per ogni cella è la media del mese "
            "sui pixel senza nubi. Vale anche per i giardini privati, dove non c'è un catasto."
        ),
        is_high_bad=False,
    ),
)
