"""Proof that rows end with their term: what the upkeep entered, and what stands in the lake now."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl

from infra.windows import period_start
from quality.contract.model import Contract
from quality.report.document import Cell, Finding, Section, Table
from quality.report.snapshot import Snapshot
from quality.retention import LEDGER
from quality.tables import bronze_key, quarantine_key

# Terms are looked at every night; what is older than its term by more is late.
_LATE: Final = timedelta(days=3)
Entry = dict[str, Any]  # a row of the ledger


def terms(contracts: Mapping[str, Contract], lake: Snapshot, *, now: datetime) -> Section:
    """Of each table with a term: the oldest row there is, and the last look of the upkeep."""
    entries = _newest_entries(lake)
    rows: list[tuple[Cell, ...]] = []
    unlooked: list[str] = []
    overdue: list[str] = []
    for contract in contracts.values():
        if not contract.retention_days:
            continue
        for table in (bronze_key(contract), quarantine_key(contract)):
            if not lake.exists(table):
                continue
            oldest, its = _oldest(contract, table, lake), entries.pop(table, {})
            looked = its.get("looked_at")
            last = (now - timedelta(days=contract.retention_days) - _LATE).date()
            if oldest and oldest < (
                last if contract.is_static else period_start(last, contract.cadence)
            ):
                overdue.append(table)
            if looked is None or looked < now - _LATE:
                unlooked.append(table)
            rows.append((table, contract.retention_days, oldest, *_of_ledger(its)))
    rows += [(table, None, None, *_of_ledger(its)) for table, its in sorted(entries.items())]
    return Section(
        "conservazione",
        "Conservazione (art. 5, par. 1, lett. e GDPR)",
        (
            "Ogni notte le righe il cui termine è finito sono tolte da ogni versione della "
            "tabella, e si prova che nessun file più vecchio sia rimasto. Il primo giorno di cui "
            "ci sono righe è letto ora nelle tabelle; il resto è nel registro della manutenzione.",
        ),
        (Table("terms", "Termini per tabella", _TERMS, tuple(rows), is_long=True),),
        tuple(_findings(len(rows), overdue, unlooked)),
    )


_TERMS: Final = (
    ("table_name", "Tabella"),
    ("term_days", "Termine (giorni)"),
    ("oldest_on", "Primo giorno di cui ci sono righe (di elenchi: prima riga chiusa)"),
    ("looked_at", "Controllata (UTC)"),
    ("kept_since_on", "Righe conservate dal"),
    ("files_count", "File tolti"),
    ("rows_count", "Righe tolte"),
    ("oldest_version_id", "Versione leggibile più vecchia"),
    ("oldest_version_at", "Nata (UTC)"),
    ("newest_version_id", "Versione più nuova"),
)


def _of_ledger(entry: Entry) -> tuple[Cell, ...]:
    return tuple(entry.get(name) for name, _ in _TERMS[3:])


def _newest_entries(lake: Snapshot) -> dict[str, Entry]:
    if not lake.exists(LEDGER):
        return {}
    newest = lake.read(LEDGER).sort("looked_at").collect().unique("table_name", keep="last")
    return {str(row["table_name"]): row for row in newest.iter_rows(named=True)}


def _oldest(contract: Contract, table: str, lake: Snapshot) -> date | None:
    """The first window of which a row is there; of a list the first day a row was closed."""
    rows = lake.read(table)
    columns = rows.collect_schema().names()
    when = "valid_to" if contract.is_static else "window_on"
    if when not in columns:
        return None
    found = rows.select(pl.col(when).cast(pl.Date).min()).collect().item()
    return found if isinstance(found, date) else None


def _findings(count: int, overdue: list[str], unlooked: list[str]) -> list[Finding]:
    if not count:
        return []
    found = []
    if overdue:
        found.append(
            Finding(
                "broken",
                f"In {len(overdue)} tabelle ci sono righe oltre il loro termine da più di tre "
                f"giorni: {', '.join(overdue[:5])}{' …' if len(overdue) > 5 else ''}.",
            )
        )
    else:
        found.append(
            Finding(
                "ok",
                f"In nessuna delle {count} tabelle con un termine ci sono righe oltre di esso.",
            )
        )
    if unlooked:
        found.append(
            Finding(
                "look",
                f"Di {len(unlooked)} tabelle su {count} la manutenzione notturna (upkeep) non ha "
                "controllato i termini negli ultimi tre giorni.",
            )
        )
    return found
