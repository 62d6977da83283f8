"""Where the city is, and in which quarter and zone points lie: whatever has a place."""

from typing import Final

import polars as pl

from assets.methods.areal import shares

# Brescia's town hall, from which metres are counted.
ORIGIN: Final = {"origin_lat": 45.54, "origin_lng": 10.22}


def in_quarters(
    points: pl.DataFrame, quarters: pl.DataFrame, *, name: str, geom: str = "place_geom"
) -> pl.DataFrame:
    """Points (WKB, WGS 84) with `quarter_id` and `zone_name`; empty outside of all quarters."""
    known = points.filter(pl.col(geom).is_not_null())
    places = quarters.select(area_id="quarter_id", geom="border_geom")
    where = shares(known.select(part_id=name, geom=geom), places, **ORIGIN).select(
        pl.col("part_id").alias(name), quarter_id="area_id"
    )
    zones = quarters.select("quarter_id", "zone_name")
    return points.join(where, on=name, how="left").join(zones, on="quarter_id", how="left")
