"""Simulated deliveries as the tables that indicators read, without a lake in between."""

import polars as pl
import shapely
import yaml

from assets.twin import DEFINITIONS

SOURCES = DEFINITIONS.parent / "sources"


def as_bronze(key: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a publisher under the names and types of its contract; geometries as WKB."""
    columns = yaml.safe_load((SOURCES / key / "contract.yaml").read_text())["columns"]
    made = []
    for name, column in columns.items():
        if column["from"] not in rows.columns:
            continue
        value = pl.col(column["from"])
        if column["type"] == "geometry":
            shapes = [shapely.to_wkb(shapely.from_geojson(text)) for text in rows[column["from"]]]
            made.append(pl.lit(pl.Series(shapes, dtype=pl.Binary)).alias(name))
        elif column["type"] == "boolean":
            made.append((value == "SI").alias(name))
        elif column["type"] == "timestamp":
            at = value.str.to_datetime(time_unit="us").dt.offset_by("-1h")
            made.append(at.dt.replace_time_zone("UTC").alias(name))
        elif column["type"] == "date":
            made.append(value.str.to_date().alias(name))
        else:
            kinds = {"float": pl.Float64, "integer": pl.Int64}
            made.append(value.cast(kinds.get(column["type"], pl.String)).alias(name))
    return rows.select(made)
