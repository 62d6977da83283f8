"""What flows into each district of the water network, by hour: the last word of each."""

import polars as pl

from assets.declaration import Declaration, given


def water_inflow_observed(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each hour of each district as the publisher last stated it."""
    return (
        measurements.sort("window_on")
        .unique(["district_id", "measured_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:WaterNetwork:brescia:a2a:") + pl.col("district_id"),
            district_id="district_id",
            observed_at="measured_at",
            zone_name="zone_name",
            inflow_m3="inflow_m3",
        )
        .sort("district_id", "observed_at")
    )


declaration = Declaration(
    function=water_inflow_observed,
    key="silver/water/water_inflow_observed",
    reads={"measurements": "bronze/a2a/water_inflow"},
    gives={
        "entity_id": given("The district as an NGSI-LD entity.", "measurements.district_id"),
        "district_id": given("A2A's code of the district.", "measurements.district_id"),
        "observed_at": given("Start of the hour, UTC.", "measurements.measured_at"),
        "zone_name": given("Zone of the city that it serves.", "measurements.zone_name"),
        "inflow_m3": given("Water that flowed in.", "measurements.inflow_m3"),
    },
    key_columns=("district_id", "observed_at"),
    window_by="observed_at",
    title="Water into the districts",
    method_version="1",
    literature="Smart Data Models, dataModel.WaterNetworkManagement, WaterNetwork.",
)
