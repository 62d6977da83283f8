"""What Dagster is told about a table: columns, lineage, windows. Counts and ids, never values."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import dagster as dg
import polars as pl
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from assets.twin import Twin, utc_now
from infra.windows import Cadence, Window
from quality.units import UNITS, unit_of

_TYPES: Final[dict[object, str]] = {
    pl.String: "string",
    pl.Int64: "integer",
    pl.Int32: "integer",
    pl.Float64: "float",
    pl.Decimal: "decimal",
    pl.Boolean: "boolean",
    pl.Datetime: "timestamp (UTC)",
    pl.Date: "date",
    pl.Binary: "geometry (WKB)",
}


def column_schema(
    schema: pl.Schema, descriptions: Mapping[str, str], labels: Mapping[str, str]
) -> dg.TableSchema:
    """The columns of a table with type, description, unit and treatment."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=_TYPES.get(dtype.base_type(), str(dtype)),
                description=descriptions.get(name, ""),
                tags=_tags(name, labels.get(name)),
            )
            for name, dtype in schema.items()
        ]
    )


def _tags(name: str, label: str | None) -> dict[str, str]:
    tags: dict[str, str] = {}
    unit = unit_of(name)
    if unit:
        tags["unit"] = UNITS[unit].replace(" ", "_").replace(",", "")
    if label and label != "keep":
        tags["treatment"] = label.replace(" ", "_").replace(",", "-").replace("<", "")
    return tags


def lineage_of(origins: Mapping[str, Iterable[tuple[str, str]]]) -> dg.TableColumnLineage:
    """For each column: the tables and columns it is made of."""
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey(table.split("/")), column_name=name)
                for table, name in made_of
            ]
            for column, made_of in origins.items()
        }
    )


def windows_of_run(context: dg.AssetExecutionContext, cadence: Cadence, first: date) -> Window:
    """Which delivery windows this run is for.

    The days that `gemello run` set, or everything from the first day of the series until today;
    a partition or a range of them when Dagster's pages launched it.
    """
    if cadence == "static":
        return Window.always()
    tags = context.run.tags
    if context.has_partition_key_range and not is_ours(context):
        keys = context.partition_key_range
        return Window.between(_day(keys.start), _day(keys.end), cadence)
    start = date.fromisoformat(tags["gemello/from"]) if "gemello/from" in tags else first
    end = date.fromisoformat(tags["gemello/to"]) if "gemello/to" in tags else utc_now().date()
    return Window.between(max(start, first), max(end, start, first), cadence)


def is_ours(context: dg.AssetExecutionContext) -> bool:
    """Whether `gemello run` launched it, with its days in the tags."""
    return "gemello/from_archive" in context.run.tags


def _day(partition_key: str) -> date:
    return date.fromisoformat(partition_key[:10])


def materializations(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    windows: Iterable[date],
    metadata: Mapping[str, str],
    *,
    twin: Twin,
) -> None:
    """Tell Dagster which partitions were written besides those the run is for."""
    told = _partitions(context)
    written = [start for start in windows if start.isoformat() not in told]
    contents = twin.lake.contents(key.to_user_string(), written) if written else {}
    for start in written:
        context.log_event(
            dg.AssetMaterialization(
                asset_key=key,
                partition=start.isoformat(),
                metadata=dict(metadata),
                tags={DATA_VERSION_TAG: contents[start]},
            )
        )


def data_version(
    context: dg.AssetExecutionContext, key: dg.AssetKey, twin: Twin
) -> dg.DataVersion | None:
    """What changes with the rows of the table, or with those of the one window of the run.

    What reads a table is computed again when this changes, not whenever the table was looked at.
    """
    table = key.to_user_string()
    partitions = sorted(_partitions(context))
    if len(partitions) == 1 and twin.lake.exists(table):
        start = _day(partitions[0])
        return dg.DataVersion(twin.lake.contents(table, [start])[start])
    version = twin.lake.version(table)
    return None if version is None else dg.DataVersion(str(version))


def _partitions(context: dg.AssetExecutionContext) -> set[str]:
    """The partitions that Dagster itself takes for written when the step ends."""
    # A list computed beside tables that have days is in a run of a day, and has none.
    is_cut = context.assets_def.partitions_def is not None
    is_for_some = context.has_partition_key or context.has_partition_key_range
    return set(context.partition_keys) if is_cut and is_for_some else set()
