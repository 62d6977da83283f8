"""How many places each car park had left, every five minutes: the last word of each."""

import polars as pl

from assets.declaration import Declaration, given


def off_street_parking_observed(occupancy: pl.DataFrame) -> pl.DataFrame:
    """Give each car park's free places at each instant as the publisher last stated them."""
    return (
        occupancy.sort("window_on")
        .unique(["car_park_id", "observed_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:")
            + pl.col("car_park_id"),
            car_park_id="car_park_id",
            observed_at="observed_at",
            free_count="free_count",
            capacity_count="capacity_count",
            is_open=pl.col("status_code") == "APERTO",
        )
        .sort("car_park_id", "observed_at")
    )


declaration = Declaration(
    function=off_street_parking_observed,
    key="silver/mobility/off_street_parking_observed",
    reads={"occupancy": "bronze/brescia_mobilita/parking_occupancy"},
    gives={
        "entity_id": given("The car park as an NGSI-LD entity.", "occupancy.car_park_id"),
        "car_park_id": given("The publisher's code of the car park.", "occupancy.car_park_id"),
        "observed_at": given("When it was counted, UTC.", "occupancy.observed_at"),
        "free_count": given("Places left.", "occupancy.free_count"),
        "capacity_count": given("Places in all.", "occupancy.capacity_count"),
        "is_open": given("Whether it is open.", "occupancy.status_code"),
    },
    key_columns=("car_park_id", "observed_at"),
    window_by="observed_at",
    title="Free places in car parks",
    method_version="1",
    literature="Smart Data Models, dataModel.Parking, OffStreetParking (availableSpotNumber).",
)
