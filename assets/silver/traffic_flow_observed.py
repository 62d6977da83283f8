"""What the traffic detectors counted, by quarter hours: the last word of each."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_KMH_A_MS: Final = 3.6
_PER_CENT: Final = 100


def traffic_flow_observed(flow: pl.DataFrame) -> pl.DataFrame:
    """Give each quarter hour's vehicles, mean speed and occupancy at each detector.

    What a later delivery says of the same interval replaces what an earlier one said. Detectors
    that count by shorter intervals are added up; the speed is then the harmonic mean over vehicles,
    that of the time they took. A quarter hour in which nobody passed keeps the speed it came with.
    """
    passed = pl.col("vehicles_count")
    counts_speed = pl.col("speed_kmh").is_not_null() & (pl.col("speed_kmh") > 0)
    weight = pl.when(counts_speed).then(pl.when(passed > 0).then(passed).otherwise(1e-6))
    return (
        flow.sort("window_on", "detector_id", "observed_at")
        .unique(["detector_id", "observed_at"], keep="last", maintain_order=True)
        .sort("detector_id", "observed_at")
        .with_columns(
            pl.col("observed_at").dt.truncate("15m"),
            weight=weight,
            slowness=weight / pl.col("speed_kmh"),
        )
        .group_by("detector_id", "observed_at", maintain_order=True)
        .agg(
            pl.col("edge_id", "street_name").drop_nulls().last(),
            pl.col("vehicles_count").sum().cast(pl.Int64),
            occupancy_ratio=pl.col("occupancy_pct").mean() / _PER_CENT,
            speed_ms=pl.when(pl.col("slowness").sum() > 0).then(
                pl.col("weight").sum() / pl.col("slowness").sum() / _KMH_A_MS
            ),
        )
        .select(
            entity_id=pl.lit("urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:")
            + pl.col("detector_id"),
            detector_id="detector_id",
            edge_id="edge_id",
            street_name="street_name",
            observed_at="observed_at",
            vehicles_count="vehicles_count",
            occupancy_ratio="occupancy_ratio",
            speed_ms="speed_ms",
        )
    )


declaration = Declaration(
    function=traffic_flow_observed,
    key="silver/mobility/traffic_flow_observed",
    reads={"flow": "bronze/comune_brescia/traffic_flow"},
    gives={
        "entity_id": given("The detector as an NGSI-LD entity.", "flow.detector_id"),
        "detector_id": given("The publisher's code of the detector.", "flow.detector_id"),
        "edge_id": given("The stretch of street it watches.", "flow.edge_id"),
        "street_name": given("Name of the street.", "flow.street_name"),
        "observed_at": given("Start of the quarter hour, UTC.", "flow.observed_at"),
        "vehicles_count": given("Vehicles that passed.", "flow.vehicles_count"),
        "occupancy_ratio": given("Share of the time somebody stood on it.", "flow.occupancy_pct"),
        "speed_ms": given(
            "Mean speed, by the time vehicles took.", "flow.speed_kmh", "flow.vehicles_count"
        ),
    },
    key_columns=("detector_id", "observed_at"),
    window_by="observed_at",
    title="Traffic flow observed",
    method_version="1",
    literature=(
        "Smart Data Models, dataModel.Transportation, TrafficFlowObserved. Mean speed over time "
        "taken: Wardrop 1952."
    ),
)
