"""Commits: one table, one attempt, everything or nothing. `faults.commit` repeats attempts."""

from typing import TYPE_CHECKING, Final

import polars as pl

from infra.errors import TwinError
from infra.lake.fields import (
    WINDOW,
    TableSpec,
    declared_fields,
    evolved,
    with_fields,
    writer_properties,
)
from infra.lake.history import LOG_PROPERTIES, Stamp
from infra.lake.places import Place
from infra.lake.reading import opened
from infra.windows import Window

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema

# The mark of a static table. Two writers that replace an empty table at once are told apart by
# nothing else: without it both commits stand, and every row is there twice.
MARK: Final = "gemello"
AT: Final = "gemello.at"


def mark_of(start: object) -> str:
    """The name under which a window's mark is kept."""
    return f"{MARK}:{start}"


def opened_or_created(
    place: Place, key: str, spec: TableSpec, schema: pl.Schema, *, is_windowed: bool
) -> "DeltaTable":
    """The table, created empty if there is none, with the properties of the spec."""
    from deltalake import CommitProperties, DeltaTable
    from deltalake.schema import Schema

    table = opened(place, key)
    if table is None:
        return DeltaTable.create(
            place.uri(key),
            Schema(declared_fields(spec, schema)),
            mode="error",
            partition_by=[WINDOW] if is_windowed else None,
            name=key,
            description=spec.description or None,
            configuration={**LOG_PROPERTIES, **spec.properties},
            storage_options=place.storage_options,
            # With retries, the second of two creators commits its table over the first one's.
            commit_properties=CommitProperties(max_commit_retries=0),
        )
    if (WINDOW in table.metadata().partition_columns) != is_windowed:
        raise TwinError(
            f"{key} was made {'without' if is_windowed else 'with'} windows; move the table away "
            "and build it again from the sealed deliveries"
        )
    _keep_properties(table, spec)
    return table


def _keep_properties(table: "DeltaTable", spec: TableSpec) -> None:
    """Record which columns may have statistics before a row is written, where that changed."""
    recorded = table.metadata().configuration
    statistics = "delta.dataSkippingStatsColumns"
    wanted = dict(spec.properties)
    if statistics in recorded:
        wanted.setdefault(statistics, "")
    changed = {name: text for name, text in wanted.items() if recorded.get(name) != text}
    if changed:
        table.alter.set_table_properties(changed)
    if spec.description and table.metadata().description != spec.description:
        table.alter.set_table_description(spec.description)


def replace(
    key: str, table: "DeltaTable", rows: pl.DataFrame, *, spec: TableSpec, stamp: Stamp
) -> int:
    """Replace the windows of the stamp, or the whole table, by these rows in one commit."""
    from deltalake import write_deltalake

    schema = evolved(key, table, declared_fields(spec, rows.schema))
    complete = completed(rows, schema or table.schema())
    write_deltalake(
        table,
        complete if schema is None else with_fields(complete, schema),
        mode="overwrite",
        # A schema that grows is written whole, in the same commit: only so do labels come along.
        schema_mode=None if schema is None else "overwrite",
        predicate=None if stamp.window is None else _predicate(stamp.window),
        writer_properties=writer_properties(spec),
        commit_properties=stamp.properties(),
    )
    return table.version()


def _predicate(window: Window) -> str:
    # Dates are no personal values: they may stand in the log.
    return f"{WINDOW} >= '{window.start}' AND {WINDOW} < '{window.end}'"


def completed(rows: pl.DataFrame, schema: "Schema") -> pl.DataFrame:
    """The rows with every column of the table, in its order, null where they lack one."""
    types = pl.Schema(schema.to_arrow())
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in types.items()
    )


def leave_mark(table: "DeltaTable", stamp: Stamp) -> int:
    """Record that a delivery came and changed no row, in a commit without rows."""
    table.create_write_transaction(
        [], "append", table.schema(), commit_properties=stamp.properties()
    )
    # This call, unlike a write, leaves the opened table at the version it had.
    table.update_incremental()
    return table.version()


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
