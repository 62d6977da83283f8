"""What happened to the data: pseudonyms, quality, quarantine, texts."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from infra.lake import Lake
from quality.contract.exports.italian import ENTITIES
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Finding, Section, Table
from quality.tables import bronze_key, quarantine_key

Contracts = Mapping[str, Contract]


def pseudonyms(contracts: Contracts, deliveries: Mapping[str, Told]) -> Section:
    """By domain the keys used, and by data set whether as many rows came out as went in."""
    keys: dict[str, set[str]] = {}
    columns: dict[str, list[str]] = {}
    for key, contract in contracts.items():
        for name, column in contract.stored.items():
            if column.is_pseudonym and contract.key_domain:
                kind = ENTITIES[column.entity] if column.entity else name
                days = ", una chiave al giorno" if column.epoch else ""
                columns.setdefault(contract.key_domain, []).append(f"{key}.{name} ({kind}{days})")
                keys.setdefault(contract.key_domain, set()).update(deliveries[key].key_ids)
    domains = tuple(
        (domain, ", ".join(sorted(keys[domain])) or "nessuna consegna", "; ".join(names))
        for domain, names in sorted(columns.items())
    )
    balance = tuple(
        (
            key,
            its.delivered_count,
            its.kept_count,
            its.refused_count,
            its.elsewhere_count,
            its.delivered_count == its.kept_count + its.refused_count + its.elsewhere_count,
            ", ".join(f"{name}: {count}" for name, count in its.nobody.items() if count) or None,
        )
        for key, contract in contracts.items()
        if contract.is_personal and (its := deliveries[key]).commits_count
    )
    lost = [str(row[0]) for row in balance if not row[5]]
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
        ),
        (
            Table("domains", "Domini e chiavi usate", _DOMAINS, domains),
            Table("balance", "Righe entrate e uscite", _BALANCE, balance, is_long=True),
        ),
        (finding,),
    )


_DOMAINS: Final = (
    ("domain", "Dominio"),
    ("key_ids", "Identificativi delle chiavi"),
    ("columns", "Colonne pseudonimizzate"),
)
_BALANCE: Final = (
    ("dataset", "Insieme di dati"),
    ("delivered", "Consegnate"),
    ("kept", "Conservate"),
    ("refused", "Rifiutate"),
    ("elsewhere", "Di altre finestre"),
    ("balanced", "Il conto torna"),
    ("nobody", "Righe che non nominano nessuno"),
)


def judgements(contracts: Contracts, deliveries: Mapping[str, Told]) -> Section:
    """How each data set fared: deliveries published, rows refused, rules that failed."""
    rows = tuple(
        (
            key,
            its.commits_count,
            its.last_at,
            len(contract.expectations),
            its.refused_count / its.delivered_count if its.delivered_count else None,
            contract.max_quarantined_ratio,
            "; ".join(f"{rule}: {count}" for rule, count in sorted(its.failed.items())) or None,
        )
        for key, contract in contracts.items()
        if (its := deliveries[key]).commits_count
    )
    never = [key for key in contracts if not deliveries[key].commits_count]
    findings = [
        Finding(
            "ok",
            f"{len(rows)} insiemi di dati sono arrivati e sono stati giudicati prima di essere "
            "pubblicati.",
        )
    ]
    if never:
        findings.append(
            Finding(
                "look",
                f"{len(never)} insiemi di dati hanno un contratto e non sono mai arrivati "
                f"({', '.join(never[:5])}{' …' if len(never) > 5 else ''}).",
            )
        )
    return Section(
        "qualita",
        "Qualità delle consegne",
        (
            "Ogni consegna è giudicata prima di essere scritta (Great Expectations). Una regola di "
            "riga manda in quarantena le righe che non la rispettano; oltre la quota ammessa, o se "
            "fallisce una regola di tabella, non si pubblica niente. Le consegne fermate non "
            "lasciano righe: si vedono nelle pagine di Dagster.",
        ),
        (Table("judgements", "Consegne e regole", _JUDGEMENTS, rows, is_long=True),),
        tuple(findings),
    )


_JUDGEMENTS: Final = (
    ("dataset", "Insieme di dati"),
    ("commits", "Scritture"),
    ("last_at", "Ultima (UTC)"),
    ("expectations", "Regole del contratto"),
    ("refused_ratio", "Quota rifiutata"),
    ("allowed_ratio", "Quota ammessa"),
    ("failed", "Righe per regola non rispettata"),
)


def quarantine(contracts: Contracts, lake: Lake) -> Section:
    """Refused rows that stand in quarantine now, by table and rule."""
    rows = []
    for contract in contracts.values():
        table = quarantine_key(contract)
        if not lake.exists(table):
            continue
        counts = lake.read(table).group_by("rule").len().sort("rule").collect()
        rows += [(contract.key, rule, count) for rule, count in counts.iter_rows()]
    return Section(
        "quarantena",
        "Quarantena",
        (
            "Le righe rifiutate stanno da parte, nella stessa forma protetta delle altre, con la "
            "regola e il posto nella consegna; si rileggono quando il contratto è corretto.",
        ),
        (Table("quarantine", "Righe in quarantena, per regola", _QUARANTINE, tuple(rows)),),
    )


_QUARANTINE: Final = (("dataset", "Insieme di dati"), ("rule", "Regola"), ("rows", "Righe"))


def texts(contracts: Contracts, deliveries: Mapping[str, Told], lake: Lake) -> Section:
    """Which columns hold redacted texts, what looked at them, how many were touched."""
    rows = []
    for key, contract in contracts.items():
        table = bronze_key(contract)
        names = [name for name, column in contract.stored.items() if column.is_free_text]
        if not names or not lake.exists(table):
            continue
        for name in names:
            hidden = pl.col(name).str.contains(r"\[(?:…|[A-Z_]+)\]")
            counts = (
                lake.read(table)
                .select(there=pl.col(name).is_not_null().sum(), hidden=hidden.sum())
                .collect()
                .row(0)
            )
            rows.append((key, name, *counts, deliveries[key].redaction or None))
    finding = Finding(
        "look",
        "I testi liberi sono conservati oscurati. È il solo punto in cui la promessa è statistica: "
        "il tasso misurato, su testi di più mani, è in docs/privacy.md del programma.",
    )
    return Section(
        "testi",
        "Testi liberi",
        (
            "Di un testo libero si conserva ogni parola solo se si sa che è innocua; il resto è "
            "coperto. Chi calcola indicatori non riceve mai un testo.",
        ),
        (Table("texts", "Colonne di testo", _TEXTS, tuple(rows)),),
        (finding,) if rows else (),
    )


_TEXTS: Final = (
    ("dataset", "Insieme di dati"),
    ("column", "Colonna"),
    ("texts", "Testi"),
    ("touched", "Testi con qualcosa di coperto"),
    ("looked_with", "Modelli che li hanno guardati (impronta)"),
)
