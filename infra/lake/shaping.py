"""What a table looks like: made as its spec says, and brought up to one that changed."""

from typing import TYPE_CHECKING

import polars as pl

from infra.errors import TwinError
from infra.lake.fields import (
    OWN,
    STATISTICS,
    VALID_FROM,
    WINDOW,
    TableSpec,
    cipher_mark,
    declared_fields,
)
from infra.lake.files import leave_mark
from infra.lake.history import LOG_PROPERTIES, Stamp
from infra.lake.places import Place
from infra.lake.reading import opened, refuse_closed

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema


def opened_or_created(place: Place, key: str, spec: TableSpec, schema: pl.Schema) -> "DeltaTable":
    """The table, created empty if there is none, with the properties of the spec.

    Raises TwinError if it is there as another kind: with windows, with history or with neither.
    """
    table = opened(place, key)
    if table is None:
        return _created(place, key, spec, schema)
    _check_kind(key, table, schema)
    return _met(key, table, spec)


def opened_to_replace(place: Place, key: str, spec: TableSpec, schema: pl.Schema) -> "DeltaTable":
    """The table of which every row is about to be replaced: so it may gain or lose its history."""
    table = opened(place, key)
    if table is None:
        return _created(place, key, spec, schema)
    if WINDOW in {each.name for each in table.schema().fields}:
        _check_kind(key, table, schema)
    return _met(key, table, spec)


def _created(place: Place, key: str, spec: TableSpec, schema: pl.Schema) -> "DeltaTable":
    from deltalake import CommitProperties, DeltaTable, Transaction
    from deltalake.schema import Schema

    marks = [] if spec.cipher is None else [(cipher_mark(spec.cipher[0]), spec.cipher[1])]
    return DeltaTable.create(
        place.uri(key),
        Schema(declared_fields(spec, schema)),
        mode="error",
        partition_by=[WINDOW] if WINDOW in schema else None,
        name=key,
        description=spec.description or None,
        configuration={**LOG_PROPERTIES, **spec.properties},
        storage_options=place.storage_options,
        # With retries, the second of two creators commits its table over the first one's.
        commit_properties=CommitProperties(
            max_commit_retries=0,
            app_transactions=[Transaction(name, mark) for name, mark in marks] or None,
        ),
    )


def _check_kind(key: str, table: "DeltaTable", schema: pl.Schema) -> None:
    recorded = [each.name for each in table.schema().fields if each.name in OWN]
    if set(recorded) != set(schema) & set(OWN):
        raise TwinError(
            f"{key} was made {_kind(recorded)}, not {_kind(list(schema))}; move the table away and "
            "build it again from the sealed deliveries"
        )


def _met(key: str, table: "DeltaTable", spec: TableSpec) -> "DeltaTable":
    """The table, once it is known to take rows of this spec."""
    refuse_closed(key, table)
    keep_properties(table, spec)
    _keep_cipher(key, table, spec)
    return table


def _keep_cipher(key: str, table: "DeltaTable", spec: TableSpec) -> None:
    """Refuse rows whose pseudonyms are encrypted with another key than those of the table."""
    if spec.cipher is None:
        return
    domain, mark = spec.cipher
    recorded = table.transaction_version(cipher_mark(domain))
    if recorded is None:
        leave_mark(table, Stamp("keys", marks={cipher_mark(domain): mark}))
    elif recorded != mark:
        raise TwinError(
            f"{key}: the pseudonyms of its rows are encrypted with another key of the domain "
            f"{domain} than these. If the key was just rotated, run again. If not, the ring or the "
            "table was restored from an older copy: restore the one that belongs to the other"
        )


def _kind(columns: list[str]) -> str:
    if WINDOW in columns:
        return "with windows"
    return "with history" if VALID_FROM in columns else "as one whole"


def keep_properties(table: "DeltaTable", spec: TableSpec) -> None:
    """Record which columns may have statistics before a row is written, where that changed."""
    recorded = table.metadata().configuration
    wanted = dict(spec.properties)
    if STATISTICS in recorded:
        wanted.setdefault(STATISTICS, "")
    changed = {name: text for name, text in wanted.items() if recorded.get(name) != text}
    if changed:
        table.alter.set_table_properties(changed)
    if spec.description and table.metadata().description != spec.description:
        table.alter.set_table_description(spec.description)


def restated(table: "DeltaTable", spec: TableSpec) -> int:
    """Record the columns and labels of a spec in place of the table's own, in one commit.

    The table's columns of the same name and type stay where they are; the others are gone.
    """
    from deltalake.schema import Schema

    own = [name for name in OWN if name in table.schema().to_arrow().names]
    declared = {each.name: each for each in declared_fields(spec, spec.with_own(*own))}
    kept = [
        declared[each.name]
        for each in table.schema().fields
        if each.name in declared and declared[each.name].type == each.type
    ]
    return write_schema(table, Schema(kept))


def write_schema(table: "DeltaTable", schema: "Schema") -> int:
    """Record other labels, in a commit that touches no row."""
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(
        table,
        pa.schema(schema).empty_table(),
        mode="overwrite",
        schema_mode="overwrite",
        predicate="false",
        commit_properties=Stamp("labels").properties(),
    )
    return table.version()
