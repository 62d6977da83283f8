"""What the lake is told about a contract's tables: columns, labels, statistics, descriptions."""

from typing import Final

import polars as pl

from infra.lake import TableSpec
from quality.contract.exports import to_polars_schema
from quality.contract.model import Contract
from quality.contract.strictness import labels

_RESTRICTED: Final = "Testo libero oscurato: ad accesso ristretto, non si pubblica."
# What quarantine adds to the columns of a contract: why a row was refused and where it stood.
QUARANTINE_COLUMNS: Final[dict[str, tuple[pl.DataType, str]]] = {
    "rule": (pl.String(), "The first rule the row broke."),
    "reason": (pl.String(), "Every rule the row broke, in words; never a value."),
    "delivery_id": (pl.String(), "Keyed id of the delivery the row came in."),
    "payload_index": (pl.Int32(), "Which file of the delivery, from 0."),
    "row_index": (pl.Int64(), "Line (text files) or record number in that file, from 1."),
    "sealed_until_on": (
        pl.Date(),
        "Until when, at least, the delivery is kept sealed, to replay the row; null: no copy.",
    ),
}


def bronze_key(contract: Contract) -> str:
    """`bronze/<publisher>/<dataset>`."""
    return f"bronze/{contract.key}"


def quarantine_key(contract: Contract) -> str:
    """`quarantine/<publisher>/<dataset>`."""
    return f"quarantine/{contract.key}"


def tables_of(contract: Contract) -> tuple[str, str]:
    """Both tables that a landing writes."""
    return bronze_key(contract), quarantine_key(contract)


def bronze_spec(contract: Contract) -> TableSpec:
    """The bronze table: the stored columns; statistics only on what is not personal."""
    schema = to_polars_schema(contract)
    return TableSpec(
        schema=schema,
        labels=labels(contract),
        descriptions=_descriptions(contract),
        statistics=_statistics(contract, schema),
        description=contract.title,
    )


def quarantine_spec(contract: Contract) -> TableSpec:
    """The quarantine table: the stored columns, and why and where each row was refused."""
    schema = to_polars_schema(contract)
    extra = {name: dtype for name, (dtype, _) in QUARANTINE_COLUMNS.items()}
    descriptions = {name: text for name, (_, text) in QUARANTINE_COLUMNS.items()}
    return TableSpec(
        schema=pl.Schema({**schema, **extra}),
        labels=labels(contract),
        descriptions=_descriptions(contract) | descriptions,
        statistics=("rule", "delivery_id"),
        description=f"Righe rifiutate: {contract.title}",
    )


def _descriptions(contract: Contract) -> dict[str, str]:
    return {
        name: f"{column.description} {_RESTRICTED}".strip()
        if column.is_free_text
        else column.description
        for name, column in contract.stored.items()
    }


def _statistics(contract: Contract, schema: pl.Schema) -> tuple[str, ...]:
    return tuple(
        name
        for name, column in contract.stored.items()
        if column.personal == "none" and not column.is_pseudonym and schema[name] != pl.Binary
    )
