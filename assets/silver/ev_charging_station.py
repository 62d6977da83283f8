"""Where electric cars can be charged, and the quarter each station stands in."""

import polars as pl

from assets.declaration import Declaration, given
from assets.placing import in_quarters


def ev_charging_station(stations: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """Give each station as it is now; one outside of all quarters has none."""
    return (
        in_quarters(stations, quarters, name="station_id")
        .select(
            entity_id=pl.lit("urn:ngsi-ld:EVChargingStation:brescia:a2a:") + pl.col("station_id"),
            station_id="station_id",
            street_name="street_name",
            current_code="current_code",
            power_kw="power_kw",
            sockets_count="sockets_count",
            quarter_id="quarter_id",
            zone_name="zone_name",
            place_geom="place_geom",
        )
        .sort("station_id")
    )


_PLACE = ("stations.place_geom", "quarters.border_geom")

declaration = Declaration(
    function=ev_charging_station,
    key="silver/mobility/ev_charging_station",
    reads={"stations": "bronze/a2a/charging_stations", "quarters": "silver/territory/quarters"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "stations.station_id"),
        "station_id": given("Code of the station (EVSE).", "stations.station_id"),
        "street_name": given("Street it stands in.", "stations.street_name"),
        "current_code": given("AC, DC, or HPC above 100 kW.", "stations.current_code"),
        "power_kw": given("Greatest power of a socket.", "stations.power_kw"),
        "sockets_count": given("Sockets.", "stations.sockets_count"),
        "quarter_id": given("The quarter it stands in.", *_PLACE, "quarters.quarter_id"),
        "zone_name": given(
            "The zone it stands in.", *_PLACE, "quarters.zone_name", "quarters.quarter_id"
        ),
        "place_geom": given("Where it stands, WGS 84.", "stations.place_geom"),
    },
    key_columns=("station_id",),
    window_by=None,
    title="Charging stations",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, EVChargingStation.",
)
