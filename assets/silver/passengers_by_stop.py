"""How many got on at each stop, hour by hour, where they were enough to be told."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.small_groups import LIMITS, limited_by, with_least

_SUBJECT: Final = "passengers_by_hour"


def passengers_by_stop(validations: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Count the validations of each stop and hour; those of too few cards have no count.

    A card held to the reader twice counts twice and is one card; cards that were not read count as
    one together. An hour in which nobody validated has no row, one of too few cards has one. The
    limit is that of the day (UTC).
    """
    hours = validations.drop_nulls(["stop_id", "validated_at"]).group_by(
        "stop_id", hour_at=pl.col("validated_at").dt.truncate("1h")
    )
    counted = hours.agg(
        passengers_count=pl.len().cast(pl.Int64),
        cards_count=pl.col("card_pid").fill_null("").n_unique(),
    ).with_columns(day_on=pl.col("hour_at").dt.date())
    limited = with_least(counted, limits, _SUBJECT, day="day_on").with_columns(
        is_withheld=pl.col("cards_count") < pl.col("least_count")
    )
    return limited.select(
        entity_id=pl.lit("urn:ngsi-ld:CrowdFlowObserved:brescia:brescia_mobilita:")
        + pl.col("stop_id"),
        stop_id="stop_id",
        hour_at="hour_at",
        passengers_count=pl.when(pl.col("is_withheld").not_()).then("passengers_count"),
        is_withheld="is_withheld",
    ).sort("stop_id", "hour_at")


_CARDS: Final = (
    "validations.card_pid", "validations.stop_id", "validations.validated_at",
    *limited_by("limits"),
)  # fmt: skip

declaration = Declaration(
    function=passengers_by_stop,
    key="silver/mobility/passengers_by_stop",
    reads={"validations": "bronze/brescia_mobilita/transit_validations", "limits": LIMITS},
    gives={
        "entity_id": given("The flow at the stop as an NGSI-LD entity.", "validations.stop_id"),
        "stop_id": given("The stop, as in the timetable.", "validations.stop_id"),
        "hour_at": given("Start of the hour, UTC.", "validations.validated_at"),
        "passengers_count": given("Validations; null of too few cards.", *_CARDS),
        "is_withheld": given("Whether there is no count: too few cards.", *_CARDS),
    },
    key_columns=("stop_id", "hour_at"),
    window_by="hour_at",
    title="Passengers by stop and hour",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, CrowdFlowObserved.",
)
