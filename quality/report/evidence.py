"""What happened to deliveries: quality, quarantine, texts."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Finding, Section, Table
from quality.report.snapshot import Snapshot
from quality.tables import bronze_key, quarantine_key

Contracts = Mapping[str, Contract]


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
            its.last_held,
            _said(its.last_failed),
            _said(its.failed),
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


def _said(failed: Mapping[str, int]) -> str | None:
    return "; ".join(f"{rule}: {count}" for rule, count in sorted(failed.items())) or None


_JUDGEMENTS: Final = (
    ("dataset", "Insieme di dati"),
    ("commits", "Scritture"),
    ("last_at", "Ultima (UTC)"),
    ("expectations", "Regole del contratto"),
    ("refused_ratio", "Quota rifiutata"),
    ("allowed_ratio", "Quota ammessa"),
    ("last_held", "Ultimo verdetto: regole rispettate"),
    ("last_failed", "Ultimo verdetto: righe per regola non rispettata"),
    ("failed", "In tutto: righe per regola non rispettata"),
)


def quarantine(contracts: Contracts, lake: Snapshot) -> Section:
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


def texts(contracts: Contracts, deliveries: Mapping[str, Told], lake: Snapshot) -> Section:
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
