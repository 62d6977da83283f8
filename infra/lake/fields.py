"""What a table should look like, and how that meets what it looks like already."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.errors import TwinError

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, Schema, WriterProperties
    from deltalake.schema import Field

WINDOW: Final = "window_on"
VALID_FROM: Final = "valid_from"
VALID_TO: Final = "valid_to"
OWN: Final[dict[str, pl.DataType]] = {
    WINDOW: pl.Date(),
    VALID_FROM: pl.Datetime("us", "UTC"),
    VALID_TO: pl.Datetime("us", "UTC"),
}
_OWN_COMMENTS: Final = {
    WINDOW: "First day of the delivery window the row arrived for",
    VALID_FROM: "Instant of the delivery that first had this row, UTC",
    VALID_TO: "Instant of the delivery that no longer had this row, UTC; empty while it is current",
}
LABEL: Final = "gemello.treatment"
STATISTICS: Final = "delta.dataSkippingStatsColumns"
# Delta knows signed integers, microseconds and text; for anything else deltalake would change or
# refuse the type on its own.
_SCALARS: Final = (
    pl.String(),
    pl.Int64(),
    pl.Int32(),
    pl.Int16(),
    pl.Int8(),
    pl.Float64(),
    pl.Float32(),
    pl.Boolean(),
    pl.Date(),
    pl.Binary(),
    pl.Datetime("us", "UTC"),
    pl.Datetime("us"),
)


@dataclass(frozen=True)
class TableSpec:
    """What a table should look like; gemello's own columns (`window_on`, `valid_*`) are not in it.

    `labels` holds the treatment of each column, `statistics` the columns whose least and greatest
    values may be written beside the rows, where whoever lists the lake can read them. `cipher` is
    the domain and the mark of the key that encrypts the pseudonyms of these rows.
    """

    schema: pl.Schema
    labels: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    statistics: tuple[str, ...] = ()
    description: str = ""
    cipher: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        named = (*self.labels, *self.descriptions, *self.statistics)
        unknown = sorted(set(named) - set(self.schema))
        if unknown:
            raise TwinError(
                f"the table has no column {unknown[0]}: name only columns of its schema"
            )
        exposed = [name for name in self.statistics if name.endswith("_pid")]
        if exposed:
            raise TwinError(f"{exposed[0]} is a pseudonym and may not have statistics")
        own = [name for name in self.schema if name in OWN]
        if own:
            raise TwinError(f"{own[0]} is gemello's own column: leave it out of the schema")
        for name, dtype in self.schema.items():
            if not _is_storable(dtype):
                raise TwinError(
                    f"{name}: Delta cannot hold the type {dtype}; use String, Int64, Float64, "
                    "Boolean, Date, Decimal or Datetime in microseconds, UTC"
                )

    def with_own(self, *names: str) -> pl.Schema:
        """The schema with gemello's own columns at the end."""
        return pl.Schema({**self.schema, **{name: OWN[name] for name in names}})

    @property
    def properties(self) -> dict[str, str]:
        """The table properties that keep values out of the log, and history readable."""
        listed = {STATISTICS: ",".join(self.statistics)} if self.statistics else {}
        return {"delta.dataSkippingNumIndexedCols": "0", **listed}


def cipher_mark(domain: str) -> str:
    """The name under which a table keeps the mark of the key that encrypts its pseudonyms."""
    return f"gemello.cipher:{domain}"


def _is_storable(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        return _is_storable(dtype.inner)  # type: ignore[arg-type]  # polars types it as class or instance
    if isinstance(dtype, pl.Struct):
        return all(_is_storable(part.dtype) for part in dtype.fields)  # type: ignore[arg-type]  # same
    return isinstance(dtype, pl.Decimal) or dtype in _SCALARS


def check_frame(key: str, frame: pl.DataFrame, schema: pl.Schema) -> None:
    """Refuse a frame that is not of this schema; the message names columns and types only."""
    missing = [name for name in schema if name not in frame.columns]
    surplus_count = len(set(frame.columns) - set(schema))
    if missing or surplus_count:
        raise TwinError(
            f"{key}: the rows lack {', '.join(missing) or 'no column'} and have {surplus_count} "
            "columns that the table does not declare; select the declared columns before writing"
        )
    for name, dtype in schema.items():
        if frame.schema[name] != dtype:
            raise TwinError(
                f"{key}: column {name} is {frame.schema[name]} but declared as {dtype}; cast it "
                "before writing"
            )


def arrow_schema(schema: pl.Schema) -> "pa.Schema":
    """The Arrow form of a polars schema."""
    return schema.to_frame().to_arrow().schema


def declared_fields(spec: TableSpec, schema: pl.Schema) -> "list[Field]":
    """The Delta fields of a table of this spec, labelled and described."""
    from deltalake.schema import Field, Schema

    known = pl.Schema(
        {name: dtype for name, dtype in schema.items() if name in spec.schema or name in OWN}
    )
    fields = Schema.from_arrow(arrow_schema(known)).fields
    return [Field(each.name, each.type, metadata=_metadata(each.name, spec)) for each in fields]


def _metadata(name: str, spec: TableSpec) -> dict[str, str]:
    comment = _OWN_COMMENTS.get(name) or spec.descriptions.get(name, "")
    metadata = {LABEL: spec.labels[name]} if name in spec.labels else {}
    return {**metadata, "comment": comment} if comment else metadata


def evolved(key: str, table: "DeltaTable", declared: "list[Field]") -> "Schema | None":
    """The schema the table must get before these fields fit in; None if it has it already.

    New columns come at the end, null in older rows. A column no longer declared stays, so that
    older versions and rows can be read; rows written from now on hold null there. A column keeps
    the label it was recorded with: a label that changes says that history must be rewritten, which
    is not decided here. Raises TwinError if a type changed.
    """
    from deltalake.schema import Field, Schema

    recorded = table.schema().fields
    wanted = {each.name: each for each in declared}
    merged = []
    for each in recorded:
        new = wanted.pop(each.name, None)
        if new is None:
            merged.append(each)
            continue
        if new.type != each.type:
            raise TwinError(
                f"{key}: column {each.name} changes its type; declare it under a new name, or "
                "remove the table and build it again from the sealed deliveries"
            )
        old = {name: text for name, text in each.metadata.items() if name != "comment"}
        metadata = {**new.metadata, **old}
        merged.append(Field(each.name, each.type, nullable=each.nullable, metadata=metadata))
    merged += list(wanted.values())
    is_same = _as_json(merged) == _as_json(recorded)
    return None if is_same else Schema(merged)


def recorded_spec(table: "DeltaTable") -> TableSpec:
    """What a table was last said to look like; pseudonyms have no statistics, whatever it says."""
    fields = [each for each in table.schema().fields if each.name not in OWN]
    types = pl.Schema(table.schema().to_arrow())
    listed = table.metadata().configuration.get(STATISTICS, "").split(",")
    names = [str(each.name) for each in fields]
    return TableSpec(
        schema=pl.Schema({name: types[name] for name in names}),
        labels={each.name: each.metadata[LABEL] for each in fields if LABEL in each.metadata},
        statistics=tuple(n for n in listed if n in names and not n.endswith("_pid")),
        description=table.metadata().description or "",
    )


def relabelled(table: "DeltaTable", labels: Mapping[str, str]) -> "Schema":
    """The table's schema with these labels recorded."""
    from deltalake.schema import Field, Schema

    return Schema(
        [
            Field(
                each.name,
                each.type,
                nullable=each.nullable,
                metadata={**each.metadata, LABEL: labels[each.name]}
                if each.name in labels
                else each.metadata,
            )
            for each in table.schema().fields
        ]
    )


def _as_json(fields: "list[Field]") -> list[object]:
    return [json.loads(each.to_json()) for each in fields]


def completed(rows: pl.DataFrame, schema: "Schema") -> pl.DataFrame:
    """The rows with every column of the table, in its order, null where they lack one."""
    types = pl.Schema(schema.to_arrow())
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in types.items()
    )


def with_fields(rows: pl.DataFrame, schema: "Schema") -> "pa.Table":
    """The rows as Arrow with the fields' labels and comments, which polars cannot carry."""
    import pyarrow as pa

    table = rows.to_arrow()
    described = pa.schema(schema)
    metadata = {each.name: each.metadata for each in described}
    fields = [each.with_metadata(metadata[each.name]) for each in table.schema]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def writer_properties(spec: TableSpec) -> "WriterProperties":
    """How Parquet files are written: footers hold statistics of the listed columns only.

    zstd at level 1, because 5 M rows with as many pseudonyms took 1.2 CPU seconds and 61 MB; snappy
    1.6 and 100, zstd at level 3 1.8 and 67. With 3000 pseudonyms all are alike (0.8 s, 22 MB).
    A dictionary may grow to 4 MiB, the pseudonyms of 100 000 meters: with the 1 MiB of the default
    those of 50 000 were written one by one, 87 MB and 1.1 s instead of 20 and 0.7.
    """
    from deltalake import ColumnProperties, WriterProperties

    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        dictionary_page_size_limit=4 * 2**20,
        default_column_properties=ColumnProperties(statistics_enabled="NONE"),
        column_properties={
            name: ColumnProperties(statistics_enabled="CHUNK", dictionary_enabled=True)
            for name in spec.statistics
        },
    )
