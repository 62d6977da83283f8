"""Writing bronze and quarantine: in which form, in which order, with which notes."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Literal

import polars as pl

from infra.lake import Lake
from infra.windows import Window, consecutive
from quality.contract.model import Contract
from quality.contract.strictness import loosest
from quality.news import Marks
from quality.placing import TECHNICAL, inside
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec


def quarantined(
    contract: Contract, refused: pl.DataFrame, *, delivery_id: str, sealed_until: date | None
) -> pl.DataFrame:
    """Refused rows as quarantine stores them: with their place, and so without keys of a day.

    A file sorted by person would otherwise tell, line by line, who had which pseudonym on two days.
    """
    return refused.with_columns(
        pl.lit(delivery_id).alias("delivery_id"),
        pl.col("__payload").cast(pl.Int32).alias("payload_index"),
        pl.col("__line").cast(pl.Int64).alias("row_index"),
        pl.lit(sealed_until, dtype=pl.Date).alias("sealed_until_on"),
        *(pl.lit(None, refused.schema[name]).alias(name) for name in _by_day(contract)),
    ).drop(TECHNICAL, strict=False)


def commit(
    contract: Contract,
    marks: Marks,
    *,
    lake: Lake,
    kept: pl.DataFrame,
    refused: pl.DataFrame,
    changed_at: datetime,
    notes: Mapping[str, str],
) -> int | None:
    """Write quarantine first and bronze last: the bronze commit is what publishes the delivery.

    Gives the newest version of bronze.
    """
    kept = kept.drop(TECHNICAL, strict=False)
    relabel(contract, lake)
    if contract.is_static:
        mark = marks[None]
        write_whole_quarantine(contract, refused, lake=lake, notes=notes, mark=mark)
        unknown = refused.select(contract.primary_key)
        write_whole(
            contract,
            kept,
            lake=lake,
            notes=notes,
            mark=mark,
            changed_at=changed_at,
            unknown=unknown,
        )
    else:
        by_start = {start: mark for start, mark in marks.items() if start is not None}
        for run in consecutive(by_start, contract.cadence):
            own = {start: by_start[start] for start in run.starts()}
            write = partial(write_windows, contract, lake=lake, notes=notes, marks=own)
            write(inside(refused, own), run, to="quarantine")
            write(inside(kept, own), run, to="bronze")
    return lake.version(bronze_key(contract))


def write_windows(
    contract: Contract,
    rows: pl.DataFrame,
    window: Window,
    *,
    to: Literal["bronze", "quarantine"],
    lake: Lake,
    notes: Mapping[str, str],
    marks: Mapping[date, int],
) -> None:
    """Replace these windows of one of the two tables."""
    if to == "bronze":
        table, spec = bronze_key(contract), bronze_spec(contract)
        rows = _in_no_order(contract, rows)
    else:
        table, spec = quarantine_key(contract), quarantine_spec(contract)
    lake.replace_windows(table, rows, window=window, spec=spec, notes=notes, marks=marks)


def write_whole(
    contract: Contract,
    kept: pl.DataFrame,
    *,
    lake: Lake,
    notes: Mapping[str, str],
    mark: int,
    changed_at: datetime,
    unknown: pl.DataFrame | None = None,
) -> None:
    """Bring a static table up to these rows; with a key it keeps what was."""
    table, spec = bronze_key(contract), bronze_spec(contract)
    kept = _in_no_order(contract, kept)
    if not contract.primary_key:
        lake.replace_all(table, kept, spec=spec, notes=notes, mark=mark)
        return
    lake.merge_history(
        table,
        kept,
        primary_key=contract.primary_key,
        at=changed_at,
        spec=spec,
        notes=notes,
        mark=mark,
        unknown=unknown,
    )


def write_whole_quarantine(
    contract: Contract,
    refused: pl.DataFrame,
    *,
    lake: Lake,
    notes: Mapping[str, str],
    mark: int,
) -> None:
    """Replace the quarantine of a static table."""
    table, spec = quarantine_key(contract), quarantine_spec(contract)
    lake.replace_all(table, refused, spec=spec, notes=notes, mark=mark)


def relabel(contract: Contract, lake: Lake) -> None:
    """Record the loosest treatment the history of a table will hold: it decides who may read it.

    Before the rows are written: whoever is stopped in between leaves a table that claims to show
    more than it does, never one that shows more than it claims.
    """
    for table in (bronze_key(contract), quarantine_key(contract)):
        if not lake.exists(table):
            continue
        recorded = lake.labels(table)
        wanted = loosest(recorded, contract)
        changed = {name: label for name, label in wanted.items() if recorded.get(name) != label}
        known = {name: label for name, label in changed.items() if name in recorded}
        if known:
            lake.set_labels(table, known)


def _in_no_order(contract: Contract, kept: pl.DataFrame) -> pl.DataFrame:
    """Rows of persons in an order that their pseudonyms give: nothing is left of the delivery's.

    It would lead from row to row into the publisher's own table, and into those of other domains.
    """
    by_day = _by_day(contract)
    if by_day:
        others = [name for name in kept.columns if name not in by_day]
        return kept.sort(*by_day, *others, nulls_last=True)
    pseudonyms = [name for name, column in contract.stored.items() if column.is_pseudonym]
    if not pseudonyms:
        return kept
    # By its hash: numbers are sorted three times as fast as texts, and no order is worth that.
    return kept.sort(pl.col(pseudonyms[0]).hash(seed=0), maintain_order=True)


def _by_day(contract: Contract) -> list[str]:
    return [name for name, column in contract.stored.items() if column.epoch]
