"""The types of columns: what a contract may write, and what each is stored and exported as."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import polars as pl

ColumnType = Literal[
    "string", "integer", "float", "decimal", "boolean", "timestamp", "date", "geometry"
]
NUMBERS: Final = ("integer", "float", "decimal")
TIMES: Final = ("timestamp", "date")
# `sent_as: {format: gtfs_time}`: a clock that runs on past 24:00, counted from noon less 12 hours.
SERVICE_TIME: Final = "gtfs_time"


class Forms(NamedTuple):
    """A type in polars and Delta, and the two words the Open Data Contract Standard has for it."""

    polars: pl.DataType
    logical: str
    physical: str


FORMS: Final[Mapping[ColumnType, Forms]] = {
    "string": Forms(pl.String(), "string", "string"),
    "integer": Forms(pl.Int64(), "integer", "long"),
    "float": Forms(pl.Float64(), "number", "double"),
    "decimal": Forms(pl.Decimal(38, 6), "number", "decimal(38,6)"),
    "boolean": Forms(pl.Boolean(), "boolean", "boolean"),
    "timestamp": Forms(pl.Datetime("us", "UTC"), "timestamp", "timestamp"),
    "date": Forms(pl.Date(), "date", "date"),
    "geometry": Forms(pl.Binary(), "string", "binary"),
}
