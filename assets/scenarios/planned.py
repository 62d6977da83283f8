"""The twin as a scenario has it: the pinned tables, with those that it edited in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.errors import TwinError

_VALIDITY = ("valid_from", "valid_to")


@dataclass(frozen=True)
class PlannedTwin(Twin):
    """A twin that reads pinned versions, and of the tables that a scenario touches what it made.

    It writes nothing. `tables` grows while a scenario is computed.
    """

    pins: Mapping[str, int] = field(default_factory=dict)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, twin: Twin, pins: Mapping[str, int]) -> "PlannedTwin":
        """The same installation, as it stands at these versions."""
        planned = cls(twin.settings, pins=pins)
        # Contracts and tables that are open already need not be opened again.
        vars(planned).update(contracts=twin.contracts, lake=twin.lake)
        return planned

    def read(self, table: str, *, version: int | None = None) -> pl.LazyFrame:
        """A table as the scenario has it, or as it was pinned."""
        if table in self.tables:
            return self.tables[table].lazy()
        return super().read(table, version=self.pins.get(table, version))


def current_rows(table: str, twin: Twin) -> pl.DataFrame:
    """The rows of a table that hold now, without the columns that say since when."""
    rows = twin.read(table)
    if "valid_to" not in rows.collect_schema().names():
        return rows.collect()
    return rows.filter(pl.col("valid_to").is_null()).drop(_VALIDITY).collect()


def with_history(
    table: str, rows: pl.DataFrame, declarations: Mapping[str, Declaration], twin: Twin
) -> pl.DataFrame:
    """A table with these current rows: former ones stay as they were.

    An edited row holds as long as the one it takes the place of, a new one as long as the eldest.
    """
    stored = twin.read(table)
    schema = stored.collect_schema()
    if "valid_to" not in schema.names():
        return rows.select(schema.names())
    identity = [name for name in _keys_of(table, declarations, twin) if name not in _VALIDITY]
    known = stored.filter(pl.col("valid_to").is_null()).select(*identity, "valid_from").collect()
    first = stored.select(pl.col("valid_from").min()).collect().item()
    placed = rows.join(known, on=identity, how="left", maintain_order="left").with_columns(
        pl.col("valid_from").fill_null(first), pl.lit(None, schema["valid_to"]).alias("valid_to")
    )
    former = stored.filter(pl.col("valid_to").is_not_null()).collect()
    return pl.concat([former, placed.select(former.columns)])


def _keys_of(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> tuple[str, ...]:
    """What tells the rows of a table apart."""
    if table in declarations:
        return declarations[table].key_columns
    contract = twin.contract_of(table)
    if contract is None:
        raise TwinError(f"{table} is edited, but nothing gives it")
    return tuple(contract.primary_key)


def changed_columns(before: pl.DataFrame, after: pl.DataFrame) -> frozenset[str]:
    """The columns in which two forms of a table differ; all, where their rows do.

    Both are in one order where no row came or went.
    """
    if before.height != after.height:
        return frozenset(after.columns)
    return frozenset(
        name
        for name in after.columns
        if name not in before.columns or not before[name].equals(after[name], null_equal=True)
    )
