"""Health of sensors by day, as the indicators that read it are given it."""

from datetime import date

import polars as pl

HEALTHY = pl.DataFrame(
    schema={
        "sensor_id": pl.String,
        "station_id": pl.String,
        "quantity_code": pl.String,
        "day_on": pl.Date,
        "quality_code": pl.String,
    }
)


def suspect(station: str, quantity: str, *days: date) -> pl.DataFrame:
    """One sensor that cannot be believed on these days; its id is the station's."""
    rows = [(station, station, quantity, day, "suspect") for day in days]
    return pl.DataFrame(rows, schema=HEALTHY.schema, orient="row")
