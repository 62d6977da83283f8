"""The stored columns of a contract as polars types; Delta tables are made from these."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from quality.contract.columns import ColumnType
from quality.contract.model import Contract

POLARS_TYPES: Final[Mapping[ColumnType, pl.DataType]] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "decimal": pl.Decimal(38, 6),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
    "geometry": pl.Binary(),
}


def to_polars_schema(contract: Contract) -> pl.Schema:
    """The columns the gate stores, in the contract's order, without those gemello adds.

    Pseudonyms, bands and H3 cells are text; a geometry is well-known binary.
    """
    return pl.Schema({name: POLARS_TYPES[column.type] for name, column in contract.stored.items()})
