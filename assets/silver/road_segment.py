"""The stretches of street between two crossings."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity

_PER_CENT: Final = 100


def road_segment(edges: pl.DataFrame) -> pl.DataFrame:
    """Give each stretch of street: its ends, length, slope, and what it is built for.

    The slope is rise over run in the direction of the stretch.
    """
    return edges.select(
        entity_id=pl.lit("urn:ngsi-ld:RoadSegment:brescia:comune_brescia:") + pl.col("edge_id"),
        edge_id="edge_id",
        from_node_id="from_node_id",
        to_node_id="to_node_id",
        street_name="street_name",
        class_code="class_code",
        length_m="length_m",
        slope_ratio=pl.col("slope_pct") / _PER_CENT,
        lanes_count="lanes_count",
        limit_kmh="limit_kmh",
        capacity_count="capacity_count",
        traffic_count="traffic_count",
        cycle_code="cycle_code",
        cycle_width_m="cycle_width_m",
        line_geom="line_geom",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("edge_id", "valid_from")


declaration = Declaration(
    function=road_segment,
    key="silver/mobility/road_segment",
    reads={"edges": "bronze/comune_brescia/street_edges"},
    gives={
        "entity_id": given("The stretch as an NGSI-LD entity.", "edges.edge_id"),
        "edge_id": given("The publisher's code of the stretch.", "edges.edge_id"),
        "from_node_id": given("The node where it begins.", "edges.from_node_id"),
        "to_node_id": given("The node where it ends.", "edges.to_node_id"),
        "street_name": given("Name of the street.", "edges.street_name"),
        "class_code": given("arterial, collector or local.", "edges.class_code"),
        "length_m": given("Its length.", "edges.length_m"),
        "slope_ratio": given("Rise over run in its direction.", "edges.slope_pct"),
        "lanes_count": given("Lanes each way.", "edges.lanes_count"),
        "limit_kmh": given("Speed limit.", "edges.limit_kmh"),
        "capacity_count": given("Vehicles an hour it can take.", "edges.capacity_count"),
        "traffic_count": given("Vehicles a day, on average.", "edges.traffic_count"),
        "cycle_code": given("none, lane, track or shared.", "edges.cycle_code"),
        "cycle_width_m": given("Width of its cycle lane.", "edges.cycle_width_m"),
        "line_geom": given("Its line, WGS84.", "edges.line_geom"),
        **validity("edges"),
    },
    key_columns=("edge_id", "valid_from"),
    window_by=None,
    with_history=("edges",),
    title="Stretches of street",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, RoadSegment.",
)
