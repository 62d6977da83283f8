"""Bringing tables up to a contract that was made stricter: rows rewritten, history purged.

What is stored is made coarser where that can be done; where it cannot (a pseudonym under another
key, a name that is to become one) the cells are emptied, and rows that lose their key go. What
sealed deliveries still hold comes back by landing them again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from infra.lake import Lake
from quality.contract.columns import Column
from quality.contract.model import H3, Bands, Contract, RoundTo, Truncate
from quality.contract.strictness import stricter
from quality.contract.types import FORMS
from quality.privacy import generalise
from quality.privacy.numbers import NumberType
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec

_OR: Final = " | "


@dataclass(frozen=True)
class BroughtUp:
    """What became of a table: columns made coarser or emptied, rows rewritten, rows that went."""

    table: str
    coarser: tuple[str, ...]
    emptied: tuple[str, ...]
    rows_count: int
    lost_count: int


def bring_up(contract: Contract, lake: Lake, *, code: str) -> list[BroughtUp]:
    """Rewrite and purge those of a contract's tables that show more than it allows.

    Until that is done they stay blocked; stopped anywhere, the same call does it again.
    """
    tables = [key for key in (quarantine_key(contract), bronze_key(contract)) if lake.exists(key)]
    with lake.upkeep.alone(*tables):
        return [
            _bring_up(contract, key, lake, code=code)
            for key in tables
            if stricter(lake.labels(key), contract) or _has_statistics(contract, key, lake)
        ]


def _has_statistics(contract: Contract, key: str, lake: Lake) -> bool:
    """Whether least and greatest values are written of columns that may have none."""
    spec = bronze_spec(contract) if key == bronze_key(contract) else quarantine_spec(contract)
    return bool(lake.upkeep.traces(key, allowed=spec.statistics).statistics)


def _bring_up(contract: Contract, key: str, lake: Lake, *, code: str) -> BroughtUp:
    spec = bronze_spec(contract) if key == bronze_key(contract) else quarantine_spec(contract)
    recorded = lake.labels(key)
    known = lake.read(key).collect_schema()
    concerned = [
        name
        for name, label in recorded.items()
        if name in known and stricter({name: label}, contract)
    ]
    made = {
        name: how
        for name in concerned
        if (how := _coarser(name, recorded[name], contract, known[name])) is not None
    }
    emptied = tuple(name for name in concerned if name not in made)
    keyless = set(emptied) & set(contract.primary_key)

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        changed = rows.with_columns(
            *(how(rows[name]).alias(name) for name, how in made.items()),
            *(pl.lit(None, rows.schema[name]).alias(name) for name in emptied),
        )
        return changed.clear() if keyless and key == bronze_key(contract) else changed

    upkeep, job = lake.upkeep, f"stricter {contract.version}"
    notes = {"upkeep": "stricter contract", "code": code}
    upkeep.keep_statistics(key, spec)
    done = upkeep.rewrite(key, change, job=job, notes=notes, anew=True)
    upkeep.purge(key, job=job)
    # Last, for these labels are what lets readers in: no older version may be left then.
    upkeep.restate(key, spec)
    return BroughtUp(
        key,
        tuple(made),
        emptied,
        done.rows_count,
        done.rows_before_count - done.rows_count,
    )


Coarser = Callable[[pl.Series], pl.Series]


def _coarser(name: str, label: str, contract: Contract, dtype: pl.DataType) -> Coarser | None:
    """How to make stored cells as coarse as the contract says; None where that cannot be done."""
    column = contract.stored.get(name)
    if column is None or FORMS[column.type].polars != dtype:
        return None
    parts = [part.partition(" ") for part in label.split(_OR)]
    kinds = {kind for kind, _, _ in parts}
    wanted = column.treatment
    if isinstance(wanted, Truncate) and kinds <= {"keep", "truncate"}:
        return partial(generalise.truncate, treatment=wanted)
    if isinstance(wanted, RoundTo) and kinds <= {"keep", "round_to"}:
        return partial(generalise.round_to, treatment=wanted, type_=_number_type(column))
    if isinstance(wanted, Bands) and kinds == {"bands"}:
        names: dict[str, str] = {}
        for _, _, argument in parts:
            names |= _wider(tuple(float(edge) for edge in argument.split(",")), wanted)
        return lambda cells: cells.replace_strict(names, default=None, return_dtype=pl.String)
    if isinstance(wanted, H3) and kinds == {"h3"}:
        return partial(_parents, resolution=wanted.h3)
    return None


def _number_type(column: Column) -> NumberType:
    match column.type:
        case "integer" | "decimal":
            return column.type
    return "float"


def _wider(edges: tuple[float, ...], wanted: Bands) -> dict[str, str]:
    """For each band between these edges the band of the contract that holds it.

    A band across one of the contract's edges is in none of its bands.
    """
    lows = pl.Series([edges[0] - 1, *edges])
    found = dict(
        zip(generalise.band_labels(edges), generalise.band(lows, wanted).to_list(), strict=True)
    )
    is_within = set(wanted.bands) <= set(edges)
    return {name: band for name, band in found.items() if is_within and band is not None}


def _parents(cells: pl.Series, resolution: int) -> pl.Series:
    """The cells of a coarser resolution in which these lie."""
    import h3

    distinct = cells.drop_nulls().unique().to_list()
    parents = {
        cell: h3.cell_to_parent(cell, resolution)
        for cell in distinct
        if h3.get_resolution(cell) >= resolution
    }
    return cells.replace_strict(parents, default=None, return_dtype=pl.String)
