"""The lines of public transport, as the timetable has them."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def transit_routes(routes: pl.DataFrame) -> pl.DataFrame:
    """Give each line, as it is and as it was before each change of the timetable.

    It is called as on the vehicle or, without that, by its long name.
    """
    return routes.select(
        entity_id=pl.lit("urn:ngsi-ld:GtfsRoute:brescia:brescia_mobilita:") + pl.col("route_id"),
        route_id="route_id",
        route_name=pl.coalesce("route_short_name", "route_long_name"),
        route_type_code="route_type_code",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("route_id", "valid_from")


declaration = Declaration(
    function=transit_routes,
    key="silver/mobility/transit_routes",
    reads={"routes": "bronze/brescia_mobilita/transit_routes"},
    gives={
        "entity_id": given("The line as an NGSI-LD entity.", "routes.route_id"),
        "route_id": given("The publisher's code of the line.", "routes.route_id"),
        "route_name": given("Its name.", "routes.route_short_name", "routes.route_long_name"),
        "route_type_code": given(
            "0 tram, 1 metro, 2 train, 3 bus, as in GTFS.", "routes.route_type_code"
        ),
        **validity("routes"),
    },
    key_columns=("route_id", "valid_from"),
    window_by=None,
    with_history=("routes",),
    title="Lines of public transport",
    method_version="1",
    literature="GTFS Schedule reference, routes.txt; Smart Data Models, dataModel.UrbanMobility, "
    "GtfsRoute.",
)
