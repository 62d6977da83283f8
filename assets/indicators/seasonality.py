"""How unevenly the nights of a year are spread over its months."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.methods.inequality import gini
from assets.trust import quality

_MONTHS: Final = 12
# Kinds told together are others in each month.
_OTHERS: Final = "altre"
_PRECISION: Final = 4


def seasonality(months: pl.DataFrame) -> pl.DataFrame:
    """Give the Gini coefficient of each year's nights over its months, by kind of house and of all.

    0 is the same in each month, 11/12 all in one. A year of which not all twelve months are told
    has none: half a year has no season. Kinds told together are left out.
    """
    years = (
        months.filter(pl.col("category_code") != _OTHERS)
        .sort("month_on")
        .group_by("category_code", year_on=pl.col("month_on").dt.truncate("1y"))
        .agg(
            nights="nights_count",
            nights_count=pl.col("nights_count").sum(),
            months_count=pl.len().cast(pl.Int64),
            is_partial=(pl.col("quality_code") != "ok").any(),
            peak_ratio=pl.col("nights_count").max() / pl.col("nights_count").sum(),
        )
    )
    index = [
        round(gini(nights, [1.0] * _MONTHS), _PRECISION) if len(nights) == _MONTHS else None
        for nights in years["nights"].to_list()
    ]
    is_whole = pl.col("months_count") == _MONTHS
    return (
        years.with_columns(seasonality_index=pl.Series(index, dtype=pl.Float64))
        .select(
            "category_code",
            "year_on",
            seasonality_index="seasonality_index",
            peak_month_ratio=pl.when(is_whole).then(pl.col("peak_ratio").round(_PRECISION)),
            nights_count="nights_count",
            completeness_ratio=pl.col("months_count") / _MONTHS,
            observations_count="months_count",
            quality_code=quality(no_data=~is_whole, partial=pl.col("is_partial")),
        )
        .sort("category_code", "year_on")
    )


_NIGHTS: Final = ("months.nights_count",)
_ALL_COUNTED: Final = "è calcolato sui conteggi di tutti gli esercizi, non su un campione"

declaration = Declaration(
    function=seasonality,
    key="gold/tourism/yearly_seasonality_by_category",
    reads={"months": "gold/tourism/monthly_occupancy_by_category"},
    gives={
        "category_code": given(
            "Kind of house; 'totale' of all.", "months.category_code"
        ),
        "year_on": given("First day of the year.", "months.month_on"),
        "seasonality_index": given("Gini coefficient of the nights over the months.", *_NIGHTS),
        "peak_month_ratio": given("Share of the year's nights in its greatest month.", *_NIGHTS),
        "nights_count": given("Nights of the months told.", *_NIGHTS),
        "completeness_ratio": given("Months told, of twelve.", *_NIGHTS),
        "observations_count": given("Months told.", *_NIGHTS),
        "quality_code": given(
            "no_data without all months, partial where one is.", "months.quality_code"
        ),
    },
    key_columns=("category_code", "year_on"),
    window_by=None,
    title="Seasonality of tourism by kind of house and year",
    method_version="1",
    literature="Gini (1912), over the months of a year as in Lundtorp (2001).",
    measured=Measured(
        entity="category_code",
        urn="urn:ngsi-ld:Accommodation:brescia:regione_lombardia:",
        geometry="city",
        grain="year",
        period="year_on",
        values={
            "seasonality_index": Value("Stagionalità (Gini)", "1", no_interval=_ALL_COUNTED),
            "peak_month_ratio": Value(
                "Presenze nel mese più pieno", "1", no_interval=_ALL_COUNTED
            ),
        },
        title="Stagionalità del turismo",
        how=(
            "L'indice di Gini delle presenze nei dodici mesi: zero se ogni mese ne ha tante, "
            "quasi uno se stanno tutte in un mese solo. Un anno senza tutti i mesi non ne ha."
        ),
    ),
)  # fmt: skip
