"""How many got on at each stop, hour by hour, where they were ten or more."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_LEAST: Final = 10


def passengers_by_stop(validations: pl.DataFrame) -> pl.DataFrame:
    """Count the validations of each stop and hour; those of fewer than ten cards have no count.

    A card held to the reader twice counts twice and is one card; cards that were not read count as
    one together. An hour in which nobody validated has no row, one of one to nine cards has one.
    """
    hours = validations.drop_nulls(["stop_id", "validated_at"]).group_by(
        "stop_id", hour_at=pl.col("validated_at").dt.truncate("1h")
    )
    cards = pl.col("card_pid").fill_null("").n_unique()
    counted = hours.agg(passengers_count=pl.len().cast(pl.Int64), is_withheld=cards < _LEAST)
    return counted.select(
        entity_id=pl.lit("urn:ngsi-ld:CrowdFlowObserved:brescia:brescia_mobilita:")
        + pl.col("stop_id"),
        stop_id="stop_id",
        hour_at="hour_at",
        passengers_count=pl.when(pl.col("is_withheld").not_()).then("passengers_count"),
        is_withheld="is_withheld",
    ).sort("stop_id", "hour_at")


_CARDS: Final = ("validations.card_pid", "validations.stop_id", "validations.validated_at")

declaration = Declaration(
    function=passengers_by_stop,
    key="silver/mobility/passengers_by_stop",
    reads={"validations": "bronze/brescia_mobilita/transit_validations"},
    gives={
        "entity_id": given("The flow at the stop as an NGSI-LD entity.", "validations.stop_id"),
        "stop_id": given("The stop, as in the timetable.", "validations.stop_id"),
        "hour_at": given("Start of the hour, UTC.", "validations.validated_at"),
        "passengers_count": given("Validations; null of fewer than ten cards.", *_CARDS),
        "is_withheld": given("Whether there is no count: too few cards.", *_CARDS),
    },
    key_columns=("stop_id", "hour_at"),
    window_by="hour_at",
    title="Passengers by stop and hour",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, CrowdFlowObserved.",
)
