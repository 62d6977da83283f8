"""The stored columns of a contract as polars types; Delta tables are made from these."""

import polars as pl

from quality.contract.model import Contract
from quality.contract.types import FORMS


def to_polars_schema(contract: Contract) -> pl.Schema:
    """The columns the gate stores, in the contract's order, without those gemello adds.

    Pseudonyms, bands and H3 cells are text; a geometry is well-known binary.
    """
    return pl.Schema({name: FORMS[column.type].polars for name, column in contract.stored.items()})
