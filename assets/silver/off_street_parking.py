"""The car parks off the street: where they are and how many cars they hold."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def off_street_parking(car_parks: pl.DataFrame) -> pl.DataFrame:
    """Give each car park with its capacity and place, as it is and as it was before each change."""
    return car_parks.select(
        entity_id=pl.lit("urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:")
        + pl.col("car_park_id"),
        car_park_id="car_park_id",
        car_park_name="car_park_name",
        capacity_count="capacity_count",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("car_park_id", "valid_from")


declaration = Declaration(
    function=off_street_parking,
    key="silver/mobility/off_street_parking",
    reads={"car_parks": "bronze/brescia_mobilita/car_parks"},
    gives={
        "entity_id": given("The car park as an NGSI-LD entity.", "car_parks.car_park_id"),
        "car_park_id": given("The publisher's code of the car park.", "car_parks.car_park_id"),
        "car_park_name": given("Name of the car park.", "car_parks.car_park_name"),
        "capacity_count": given("Cars it holds.", "car_parks.capacity_count"),
        "lat_deg": given("Latitude, WGS84.", "car_parks.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "car_parks.lng_deg"),
        **validity("car_parks"),
    },
    key_columns=("car_park_id", "valid_from"),
    window_by=None,
    with_history=("car_parks",),
    title="Off-street parking",
    method_version="1",
    literature="Smart Data Models, dataModel.Parking, OffStreetParking.",
)
