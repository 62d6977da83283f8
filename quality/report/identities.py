"""Pseudonyms as they stand in the lake: how many, of which keys, and rows in and out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from infra.keys.names import KeyDays, version_of
from quality.contract.exports.italian import ENTITIES
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table
from quality.report.snapshot import Snapshot
from quality.tables import bronze_key

Contracts = Mapping[str, Contract]
# Above so many rows counting different pseudonyms takes minutes, and memory for each of them.
_MOST_ROWS: Final = 20_000_000


@dataclass(frozen=True)
class Identity:
    """A pseudonymised column as it stands: rows, those that name nobody, different pseudonyms.

    `distinct_count` is None where the table is too large for it to be counted.
    """

    rows_count: int
    nobody_count: int
    distinct_count: int | None


def identities(contracts: Contracts, lake: Snapshot) -> dict[tuple[str, str], Identity]:
    """Every pseudonymised column of bronze, by data set and name, counted now."""
    found = {}
    for key, contract in contracts.items():
        names = [name for name, column in contract.stored.items() if column.is_pseudonym]
        table = bronze_key(contract)
        if not names or not lake.exists(table):
            continue
        there = set(lake.read(table).collect_schema().names())
        rows_count = lake.rows_count(table)
        for name in (one for one in names if one in there):
            column = pl.col(name)
            asked = {"nobody": column.null_count()}
            if rows_count <= _MOST_ROWS:
                asked["distinct"] = column.drop_nulls().n_unique()
            counts = lake.read(table).select(**asked).collect().row(0, named=True)
            found[key, name] = Identity(rows_count, counts["nobody"], counts.get("distinct"))
    return found


def pseudonyms(
    contracts: Contracts,
    deliveries: Mapping[str, Told],
    counted: Mapping[tuple[str, str], Identity],
    days: Mapping[str, KeyDays] | None,
) -> Section:
    """By domain the keys used and their days, by column the pseudonyms, by data set the rows."""
    balance = tuple(
        (
            key,
            its.delivered_count,
            its.kept_count,
            its.refused_count,
            its.elsewhere_count,
            its.delivered_count == its.kept_count + its.refused_count + its.elsewhere_count,
        )
        for key, contract in contracts.items()
        if contract.is_personal and (its := deliveries[key]).commits_count
    )
    lost = [row[0] for row in balance if not row[5]]
    finding = (
        Finding("broken", f"Nei dati di {', '.join(lost)} le righe entrate non sono quelle uscite.")
        if lost
        else Finding(
            "ok",
            f"In {len(balance)} insiemi di dati personali nessuna riga è andata persa o contata "
            "due volte: le righe consegnate sono quelle conservate, rifiutate o di altri giorni.",
        )
    )
    return Section(
        "pseudonimi",
        "Pseudonimizzazione (art. 4, n. 5 GDPR)",
        (
            "Un identificativo diventa un codice calcolato con una chiave segreta (HMAC-SHA256), e "
            "poi cifrato. Ogni dominio ha la sua chiave: chi è la stessa persona in due domini non "
            "si può sapere. Qui ci sono gli identificativi delle chiavi, mai le chiavi.",
            "Quante persone diverse siano entrate non si conserva: per contarle servirebbero "
            "ancora gli identificativi. Si conta ciò che è uscito. Che lo stesso identificativo "
            "abbia un solo pseudonimo lo prova tests/quality/privacy/test_pseudonyms.py; che due "
            "diversi ne abbiano uno solo può accadere per puro caso, su 128 bit.",
        ),
        (
            Table("domains", "Domini e chiavi usate", _DOMAINS, _domains(contracts, deliveries)),
            Table("key_days", "Chiavi di un solo giorno", _KEY_DAYS, _days(contracts, days)),
            Table(
                "identities",
                "Pseudonimi che stanno ora nel data lake",
                _IDENTITIES,
                tuple(_identity(key, name, contracts, one) for (key, name), one in counted.items()),
                is_long=True,
            ),
            Table("balance", "Righe entrate e uscite", _BALANCE, balance, is_long=True),
        ),
        (finding, *_of_days(contracts, days)),
    )


_DOMAINS: Final = (
    ("domain", "Dominio"),
    ("keys", "Chiavi usate (identificativo e versione)"),
    ("columns", "Colonne pseudonimizzate"),
)
_KEY_DAYS: Final = (
    ("domain", "Dominio"),
    ("live", "Giorni la cui chiave c'è ancora"),
    ("oldest_live", "Il primo di questi"),
    ("destroyed", "Giorni la cui chiave è distrutta"),
    ("first_destroyed", "Dal"),
    ("last_destroyed", "Al"),
)
_IDENTITIES: Final = (
    ("dataset", "Insieme di dati"),
    ("column", "Colonna"),
    ("kind", "Che cosa era"),
    ("rows", "Righe"),
    ("nobody", "Righe che non nominano nessuno"),
    ("distinct", "Pseudonimi diversi"),
)
_BALANCE: Final = (
    ("dataset", "Insieme di dati"),
    ("delivered", "Consegnate"),
    ("kept", "Conservate"),
    ("refused", "Rifiutate"),
    ("elsewhere", "Di altre finestre"),
    ("balanced", "Il conto torna"),
)


def _domains(contracts: Contracts, deliveries: Mapping[str, Told]) -> tuple[tuple[Cell, ...], ...]:
    keys: dict[str, set[str]] = {}
    columns: dict[str, list[str]] = {}
    for key, contract in contracts.items():
        names = [name for name, column in contract.stored.items() if column.is_pseudonym]
        if contract.key_domain and names:
            columns.setdefault(contract.key_domain, []).extend(f"{key}.{name}" for name in names)
            keys.setdefault(contract.key_domain, set()).update(deliveries[key].key_ids)
    return tuple(
        (
            domain,
            ", ".join(sorted(_key(domain, one) for one in keys[domain])) or "nessuna consegna",
            "; ".join(names),
        )
        for domain, names in sorted(columns.items())
    )


def _key(domain: str, key_id: str) -> str:
    version = version_of(domain, key_id)
    return f"{key_id} (versione {version})" if version else f"{key_id} (di un altro dominio)"


def _by_day(contracts: Contracts) -> list[str]:
    return sorted(
        {
            contract.key_domain
            for contract in contracts.values()
            if contract.key_domain and any(one.epoch for one in contract.stored.values())
        }
    )


def _days(contracts: Contracts, days: Mapping[str, KeyDays] | None) -> tuple[tuple[Cell, ...], ...]:
    if days is None:
        return ()
    none = KeyDays(0, None, 0, None, None)
    return tuple(
        (
            domain,
            (its := days.get(domain, none)).live_count,
            its.oldest_live,
            its.destroyed_count,
            its.first_destroyed,
            its.last_destroyed,
        )
        for domain in _by_day(contracts)
    )


def _of_days(contracts: Contracts, days: Mapping[str, KeyDays] | None) -> tuple[Finding, ...]:
    if not _by_day(contracts):
        return ()
    if days is None:
        return (
            Finding(
                "look",
                "Quali chiavi di un giorno siano già distrutte non si vede da qui: la cartella "
                "delle chiavi è di chi fa girare il programma (`gemello keys list` lo dice).",
            ),
        )
    destroyed = sum(one.destroyed_count for one in days.values())
    live = sum(one.live_count for one in days.values())
    return (
        Finding(
            "ok",
            f"Delle chiavi di un solo giorno {destroyed} sono distrutte e {live} ci sono ancora, "
            "finché dura la copia sigillata delle consegne di quei giorni.",
        ),
    )


def _identity(key: str, name: str, contracts: Contracts, one: Identity) -> tuple[Cell, ...]:
    column = contracts[key].stored[name]
    kind = ENTITIES[column.entity] if column.entity else "non detto"
    days = ", chiave di un giorno" if column.epoch else ""
    distinct: Cell = "tabella troppo grande" if one.distinct_count is None else one.distinct_count
    return (key, name, kind + days, one.rows_count, one.nobody_count, distinct)


def scale(counted: Mapping[tuple[str, str], Identity], contracts: list[Contract]) -> int | None:
    """The most different persons, vehicles, cards or meters in a column; None if there is none.

    Numbers of records do not count: they say how often, not how many. With a key of a day somebody
    counts once each day.
    """
    columns = {
        (contract.key, name)
        for contract in contracts
        for name, column in contract.stored.items()
        if column.entity != "RECORD_ID"
    }
    found = [one.distinct_count for place, one in counted.items() if place in columns]
    return max((count for count in found if count is not None), default=None)
