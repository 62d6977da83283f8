"""Who may read what, as far as the installation can see it; and which versions this is about."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.lake import Access
from quality.contract.model import Contract
from quality.contract.strictness import stricter
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table
from quality.report.snapshot import Snapshot

_READERS: Final = (
    ("bronze", "righe pseudonimizzate: ancora dati personali", "ingegneri dei dati autorizzati"),
    ("quarantine", "righe rifiutate, pseudonimizzate", "ingegneri dei dati autorizzati"),
    ("silver", "entità e osservazioni della città: nessuna persona si segue", "analisti"),
    ("gold", "indicatori per luogo e tempo", "pianificatori"),
    ("open", "ciò che ha passato il controllo di divulgazione", "tutti"),
    ("audit", "registri: conteggi e identificativi con chiave", "chi controlla"),
)


def readers(contracts: Mapping[str, Contract], lake: Snapshot) -> Section:
    """The stages and their readers, what the store shows of access, and recipients outside."""
    rows, is_open, unseen = [], [], []
    for stage, what, who in _READERS:
        seen = lake.access(stage)
        rows.append((stage, what, who, _SEEN[seen]))
        if seen == "everyone" and stage in _CLOSED:
            is_open.append(stage)
        if seen == "unknown":
            unseen.append(stage)
    outside = tuple(
        (contract.key, ", ".join(contract.recipients))
        for contract in contracts.values()
        if contract.recipients
    )
    findings = []
    if is_open:
        findings.append(
            Finding(
                "broken",
                f"Di {' e '.join(is_open)} può leggere chiunque arrivi alla macchina o allo store: "
                "togliere i permessi (chmod -R go-rwx, o la configurazione del bucket).",
            )
        )
    elif len(unseen) < len(rows):
        findings.append(
            Finding("ok", "Dove lo si può vedere, bronze e quarantena non si aprono a chiunque.")
        )
    if unseen:
        findings.append(
            Finding("look", f"Chi legga {', '.join(unseen)} non si è potuto vedere da qui.")
        )
    return Section(
        "accessi",
        "Chi può leggere che cosa",
        (
            "La colonna «visto» dice ciò che il programma vede da sé. Per cartelle sono i permessi "
            "sul disco. Allo store si è chiesto di leggere senza dire chi si è. Quali altri "
            "utenti, gruppi o chiavi possano leggere lo dice la sua configurazione, e chi ha letto "
            "il suo registro (access log): li allega chi lo gestisce.",
            "Destinatari sono quelli che i contratti nominano. Chi tratta i dati per conto del "
            "Comune (art. 28) e trasferimenti fuori dall'Unione non stanno nei contratti: vanno "
            "aggiunti al registro dal titolare.",
        ),
        (
            Table("stages", "Livelli del data lake", _STAGES, tuple(rows)),
            Table("recipients", "Destinatari dichiarati", _RECIPIENTS, outside),
        ),
        tuple(findings),
    )


_CLOSED: Final = ("bronze", "quarantine")
_STAGES: Final = (
    ("stage", "Livello"),
    ("what", "Che cosa contiene"),
    ("who", "Per chi è"),
    ("seen", "Visto"),
)
_RECIPIENTS: Final = (("dataset", "Insieme di dati"), ("recipients", "Destinatari"))


_SEEN: Final[Mapping[Access, str]] = {
    "everyone": "leggibile da tutti",
    "group": "leggibile dal gruppo",
    "owner": "leggibile solo dal proprietario",
    "nobody_unnamed": "chi non dice chi è non la legge; a chi altri è aperta lo dice la "
    "configurazione dello store",
    "unknown": "lo store non lo ha detto",
    "absent": "non ancora scritto",
}


def versions(
    contracts: Mapping[str, Contract], deliveries: Mapping[str, Told], lake: Snapshot
) -> Section:
    """The version of every table that the report is about, and the contract it was written by."""
    rows: list[tuple[Cell, ...]] = []
    old, closed = [], []
    for table in lake.tables():
        stage, _, key = table.partition("/")
        contract = contracts.get(key) if stage in ("bronze", "quarantine") else None
        now = contract.version if contract else None
        last = deliveries[key].contracts if contract else ()
        if contract and last and now not in last:
            old.append(key)
        if contract and stricter(lake.labels(table), contract):
            closed.append(table)
        rows.append((table, lake.version(table), now))
    return Section(
        "versioni",
        "Versioni di cui parla questo rapporto",
        (
            "Le tabelle sono versionate: con questi numeri si rilegge lo stato che il rapporto "
            "descrive, finché il termine di conservazione lo consente.",
        ),
        (Table("versions", "Tabelle", _VERSIONS, tuple(rows), is_long=True),),
        tuple(_of_versions(sorted(set(old)), closed)),
    )


def _of_versions(old: list[str], closed: list[str]) -> Iterator[Finding]:
    if closed:
        yield Finding(
            "look",
            f"In {len(closed)} tabelle la storia contiene più di quanto il contratto oggi "
            f"consenta ({', '.join(closed[:5])}): sono chiuse alla lettura finché "
            "`gemello upkeep rewrite` non le avrà riscritte.",
        )
    if old:
        yield Finding(
            "look",
            f"Di {len(old)} insiemi di dati il contratto è cambiato dopo l'ultima consegna: "
            f"{', '.join(old[:5])}{' …' if len(old) > 5 else ''}.",
        )


_VERSIONS: Final = (
    ("table", "Tabella"),
    ("version", "Versione"),
    ("contract", "Contratto oggi (impronta)"),
)
