"""The crossings and ends of streets."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def road_node(nodes: pl.DataFrame) -> pl.DataFrame:
    """Give each node of the street network, with its place and height."""
    return nodes.select(
        entity_id=pl.lit("urn:ngsi-ld:RoadNode:brescia:comune_brescia:") + pl.col("node_id"),
        node_id="node_id",
        elevation_m="elevation_m",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("node_id", "valid_from")


declaration = Declaration(
    function=road_node,
    key="silver/mobility/road_node",
    reads={"nodes": "bronze/comune_brescia/street_nodes"},
    gives={
        "entity_id": given("The node as an NGSI-LD entity.", "nodes.node_id"),
        "node_id": given("The publisher's code of the node.", "nodes.node_id"),
        "elevation_m": given("Height above the sea.", "nodes.elevation_m"),
        "lat_deg": given("Latitude, WGS84.", "nodes.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "nodes.lng_deg"),
        **validity("nodes"),
    },
    key_columns=("node_id", "valid_from"),
    window_by=None,
    with_history=("nodes",),
    title="Crossings of streets",
    method_version="1",
    literature="Nodes of Smart Data Models, dataModel.Transportation, RoadSegment.",
)
