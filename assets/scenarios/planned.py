"""The twin as a scenario has it: the pinned tables, with those that it edited in their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

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
    tables: dict[str, pl.LazyFrame] = field(default_factory=dict)

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
            return self.tables[table]
        return super().read(table, version=self.pins.get(table, version))


def current_rows(table: str, twin: Twin, where: pl.Expr | None = None) -> pl.DataFrame:
    """The rows of a table that hold now (and here), without the columns that say since when."""
    rows = twin.read(table)
    if where is not None:
        rows = rows.filter(where)
    if keeps_history(rows):
        rows = rows.filter(pl.col("valid_to").is_null()).drop(_VALIDITY)
    return rows.collect()


def keeps_history(rows: pl.LazyFrame) -> bool:
    """Whether a table holds rows of former times, too."""
    return "valid_to" in rows.collect_schema().names()


def overlaid(
    table: str,
    rows: pl.DataFrame,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    where: pl.Expr | None,
) -> pl.LazyFrame:
    """A table with these current rows: all of them, or of one without history those of a place.

    Former rows stay as they were. An edited row holds as long as the one it takes the place of, a
    new one as long as the eldest.
    """
    stored = twin.read(table)
    schema = stored.collect_schema()
    if where is not None:
        return pl.concat([stored.filter(~where), rows.lazy().select(schema.names())])
    if not keeps_history(stored):
        return rows.lazy().select(schema.names())
    identity = [name for name in _keys_of(table, declarations, twin) if name not in _VALIDITY]
    known = stored.filter(pl.col("valid_to").is_null()).select(*identity, "valid_from").collect()
    first = stored.select(pl.col("valid_from").min()).collect().item()
    placed = rows.join(known, on=identity, how="left", maintain_order="left").with_columns(
        pl.col("valid_from").fill_null(first), pl.lit(None, schema["valid_to"]).alias("valid_to")
    )
    former = stored.filter(pl.col("valid_to").is_not_null()).collect()
    return pl.concat([former, placed.select(former.columns)]).lazy()


def _keys_of(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> tuple[str, ...]:
    """What tells the rows of a table apart."""
    if table in declarations:
        return declarations[table].key_columns
    contract = twin.contract_of(table)
    if contract is None:
        raise TwinError(f"{table} is edited, but nothing gives it")
    return tuple(contract.primary_key)


@dataclass(frozen=True)
class Pair:
    """Rows of a table without and with a scenario; of one that it edits, those that it may touch.

    Of an edited table they are the current rows. They are in one order where no row came or went.
    """

    baseline: pl.DataFrame
    planned: pl.DataFrame

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns in which both differ; all of them, where a row came or went."""
        before, after = self.baseline, self.planned
        if before.height != after.height:
            return frozenset(after.columns)
        return frozenset(
            name
            for name in after.columns
            if name not in before.columns or not before[name].equals(after[name], null_equal=True)
        )

    @cached_property
    def rows(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of each that are not among those of the other."""
        before, after = self.baseline, self.planned
        if before.height == after.height:
            is_other = pl.repeat(value=False, n=before.height, eager=True)
            for name in self.columns:
                is_other |= before[name].ne_missing(after[name])
            return before.filter(is_other), after.filter(is_other)
        names = after.columns
        return (
            before.join(after, on=names, how="anti", nulls_equal=True),
            after.join(before, on=names, how="anti", nulls_equal=True),
        )
