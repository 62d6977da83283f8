"""The columns of a computed table, told from its function and its inputs before any row is."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.errors import TwinError
from infra.lake import TableSpec
from quality.contract.exports import to_polars_schema
from quality.units import unit_of

_VALIDITY: Final[dict[str, pl.DataType]] = dict.fromkeys(
    ("valid_from", "valid_to"), pl.Datetime("us", "UTC")
)


def schema_of(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.Schema:
    """The columns a table gives: what its function makes of empty inputs, or its release of that.

    Raises TwinError where that is not what the declaration says it gives.
    """
    return _schema_of(declaration, declarations, twin, {})


def schemas_of(declarations: Mapping[str, Declaration], twin: Twin) -> dict[str, pl.Schema]:
    """The columns of every table by its key, each told once. Raises TwinError as `schema_of`."""
    known: dict[str, pl.Schema] = {}
    return {key: _known(key, declarations, twin, known) for key in declarations}


def _known(
    key: str, declarations: Mapping[str, Declaration], twin: Twin, known: dict[str, pl.Schema]
) -> pl.Schema:
    if key not in known:
        known[key] = _schema_of(declarations[key], declarations, twin, known)
    return known[key]


def _schema_of(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    known: dict[str, pl.Schema],
) -> pl.Schema:
    schema = _units_schema(declaration, declarations, twin, known)
    if declaration.release is not None:
        declaration.release.check(declaration.key, list(schema))
        schema = declaration.release.schema(schema)
    if list(schema) != list(declaration.gives):
        raise TwinError(
            f"{declaration.key} declares the columns {', '.join(declaration.gives)} but its "
            f"function gives {', '.join(schema)}; make the two agree"
        )
    # Measurements of all kinds stand in one column, with the unit of each beside it.
    is_told_beside = "unit_code" in schema
    for name, dtype in schema.items():
        if name == "value" and is_told_beside:
            continue
        if dtype.is_numeric() and unit_of(name) is None:
            raise TwinError(f"{declaration.key}: {name} is a number without a unit in its name")
    return schema


def units_schema(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.Schema:
    """The columns that a table's function makes of empty inputs."""
    return _units_schema(declaration, declarations, twin, {})


def _units_schema(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    known: dict[str, pl.Schema],
) -> pl.Schema:
    empty = {
        name: pl.DataFrame(
            schema=_input_schema(key, declarations, twin, known)
            | (_VALIDITY if name in declaration.with_history else {})
        )
        for name, key in declaration.reads.items()
    }
    try:
        return declaration.function(**empty).schema
    except pl.exceptions.ColumnNotFoundError:
        texts = [
            f"{key}: {name}" for key in declaration.reads.values() for name in twin.free_texts(key)
        ]
        if not texts:
            raise
        raise TwinError(
            f"{declaration.key} asks for a column that is not there. Free text is restricted and "
            f"no computed table may read it ({', '.join(texts)}); leave it out"
        ) from None


def _input_schema(
    key: str, declarations: Mapping[str, Declaration], twin: Twin, known: dict[str, pl.Schema]
) -> dict[str, pl.DataType]:
    if key in declarations:
        columns = _known(key, declarations, twin, known)
        # Who does not ask for the history of a table is given its current rows, without validity.
        return {name: dtype for name, dtype in columns.items() if name not in _VALIDITY}
    contract = twin.contract_of(key)
    if contract is None:
        raise TwinError(f"{key} is read, but there is no contract and no function that gives it")
    texts = twin.free_texts(key)
    schema = {
        name: dtype for name, dtype in to_polars_schema(contract).items() if name not in texts
    }
    # A silver function needs to know which delivery said it last.
    return schema if contract.is_static else {**schema, "window_on": pl.Date()}


def table_spec(declaration: Declaration, schema: pl.Schema) -> TableSpec:
    """How a computed table of these columns is to look in the lake."""
    # Validity is the lake's own: it describes these columns itself.
    own = pl.Schema({name: dtype for name, dtype in schema.items() if name not in _VALIDITY})
    return TableSpec(
        schema=own,
        labels={},
        descriptions={name: declaration.gives[name].description for name in own},
        statistics=tuple(own),
        description=declaration.title,
    )
