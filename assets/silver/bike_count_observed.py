"""How many bicycles passed each counter, hour by hour: the last word of each."""

import polars as pl

from assets.declaration import Declaration, given


def bike_count_observed(counts: pl.DataFrame) -> pl.DataFrame:
    """Give each hour's bicycles at each counter; an hour in which it was broken has no number."""
    return (
        counts.sort("window_on", "counter_id", "counted_at")
        .unique(["counter_id", "counted_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:")
            + pl.col("counter_id"),
            counter_id="counter_id",
            street_name="street_name",
            observed_at="counted_at",
            bikes_count=pl.col("bikes_count").cast(pl.Int64),
        )
        .sort("counter_id", "observed_at")
    )


declaration = Declaration(
    function=bike_count_observed,
    key="silver/mobility/bike_count_observed",
    reads={"counts": "bronze/comune_brescia/bike_counts"},
    gives={
        "entity_id": given("The counter as an NGSI-LD entity.", "counts.counter_id"),
        "counter_id": given("The publisher's code of the counter.", "counts.counter_id"),
        "street_name": given("Name of the street.", "counts.street_name"),
        "observed_at": given("Start of the hour, UTC.", "counts.counted_at"),
        "bikes_count": given(
            "Bicycles that passed; null where it was broken.",
            "counts.bikes_count",
        ),
    },
    key_columns=("counter_id", "observed_at"),
    window_by="observed_at",
    title="Bicycles counted",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, TrafficFlowObserved.",
)
