"""Retention: rows whose term has ended leave their tables, in every version, and that is proved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import polars as pl

from infra.errors import TwinError
from infra.lake import Lake, TableSpec
from infra.windows import Window, period_start
from quality.contract.model import Contract
from quality.tables import bronze_key, quarantine_key

LEDGER: Final = "audit/privacy/retention"
_SCHEMA: Final = pl.Schema(
    {
        "table_name": pl.String(),
        "looked_at": pl.Datetime("us", "UTC"),
        "kept_since_on": pl.Date(),
        "files_count": pl.Int64(),
        "rows_count": pl.Int64(),
        "oldest_version_id": pl.Int64(),
        "oldest_version_at": pl.Datetime("us", "UTC"),
        "newest_version_id": pl.Int64(),
    }
)
_DESCRIPTIONS: Final = {
    "table_name": "La tabella",
    "looked_at": "Quando è stata controllata, UTC",
    "kept_since_on": "Il primo giorno di cui si conservano righe",
    "files_count": "Quanti file di finestre scadute sono stati tolti, di ogni versione",
    "rows_count": "Quante righe chiuse da troppo tempo sono state tolte (tabelle con storia)",
    "oldest_version_id": "La versione più vecchia che si può ancora leggere",
    "oldest_version_at": "Quando è nata",
    "newest_version_id": "La versione più nuova",
}


@dataclass(frozen=True)
class Kept:
    """What became of a table whose rows have a term.

    `since` is the first day of which rows are kept; `oldest` the oldest version that can be read.
    """

    table: str
    since: date
    files_count: int
    rows_count: int
    oldest: int
    oldest_at: datetime | None
    newest: int


def keep_term(contract: Contract, lake: Lake, *, today: date) -> list[Kept]:
    """End what has stood longer than the contract's `retention_days`, and prove it.

    A window ends as a whole once its last day is too old. Of a table with a history rows end that
    many days after they were closed; of one without, older versions that many days after they were
    replaced. Raises TwinError where something is left. Nothing is done where there is no term.
    """
    if contract.retention_days is None:
        return []
    since = today - timedelta(days=contract.retention_days)
    tables = [key for key in (quarantine_key(contract), bronze_key(contract)) if lake.exists(key)]
    with lake.upkeep.alone(*tables):
        return [_keep_table(contract, key, lake, since=since) for key in tables]


def _keep_table(contract: Contract, key: str, lake: Lake, *, since: date) -> Kept:
    files_count, rows_count = 0, 0
    upkeep = lake.upkeep
    if contract.is_static:
        rows_count = _end_closed_rows(key, lake, since=since)
        upkeep.remove_files(key, older_than=timedelta(days=contract.retention_days or 0))
    else:
        since = period_start(since, contract.cadence)
        if upkeep.files_of_windows(key, since):
            notes = {"upkeep": "retention"}
            files_count = upkeep.expire_windows(key, since, notes=notes)
    prove(key, lake, since=since, is_static=contract.is_static)
    oldest = upkeep.oldest_readable(key)
    ages = {commit.version: commit.at for commit in lake.history(key)}
    newest = lake.version(key) or 0
    return Kept(key, since, files_count, rows_count, oldest, ages.get(oldest), newest)


def _end_closed_rows(key: str, lake: Lake, *, since: date) -> int:
    """Remove the rows of a history that were closed before a day, in every version."""
    rows = lake.read(key)
    if "valid_to" not in rows.collect_schema().names():
        return 0
    closed = pl.col("valid_to") < datetime.combine(since, time(), UTC)
    count = int(rows.filter(closed).select(pl.len()).collect().item())
    job = f"retention {since}"
    if count:
        lake.upkeep.rewrite(
            key,
            lambda frame: frame.filter(closed.not_() | pl.col("valid_to").is_null()),
            job=job,
            notes={"upkeep": "retention"},
        )
    # A run that was stopped in between has rewritten and not purged.
    if count or (lake.upkeep.is_rewritten(key, job) and not lake.upkeep.is_purged(key, job)):
        lake.upkeep.purge(key, job=job)
    return count


def prove(key: str, lake: Lake, *, since: date, is_static: bool) -> None:
    """Raise TwinError if a row or a file of a window of before a day is left of a table."""
    left = [] if is_static else lake.upkeep.files_of_windows(key, since)
    rows = lake.read(key)
    columns = rows.collect_schema().names()
    if is_static and "valid_to" in columns:
        too_old = pl.col("valid_to") < datetime.combine(since, time(), UTC)
    elif is_static:
        too_old = pl.lit(value=False)
    else:
        too_old = pl.col("window_on") < since
    count = int(rows.filter(too_old).select(pl.len()).collect().item())
    if left or count:
        raise TwinError(
            f"{key}: {len(left)} files and {count} rows are older than {since} and could not be "
            "removed; look who else writes there, then run `gemello upkeep` again"
        )


def enter(found: list[Kept], lake: Lake, *, now: datetime) -> None:
    """Enter in the ledger what was looked at today; the last look of a day stands."""
    if not found:
        return
    rows = [
        (k.table, now, k.since, k.files_count, k.rows_count, k.oldest, k.oldest_at, k.newest)
        for k in found
    ]
    window = Window.of(now.date(), "daily")
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(
        pl.lit(now.date()).alias("window_on")
    )
    lake.replace_windows(
        LEDGER,
        frame,
        window=window,
        spec=TableSpec(_SCHEMA, descriptions=_DESCRIPTIONS, description="Registro dei termini"),
        notes={"upkeep": "retention"},
        marks={},
    )


def keep_terms(contracts: Mapping[str, Contract], lake: Lake, *, now: datetime) -> list[Kept]:
    """Keep the term of every contract, and enter it in the ledger."""
    found = [
        kept
        for contract in contracts.values()
        for kept in keep_term(contract, lake, today=now.date())
    ]
    enter(found, lake, now=now)
    return found
