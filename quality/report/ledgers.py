"""What the ledgers of the lake prove: privacy budget, erasures."""

import json
from base64 import b64decode
from typing import Final

import polars as pl

from infra.signing import key_id
from quality.differential.budget import LEDGER as BUDGET
from quality.differential.budget import YEARLY_EPSILON
from quality.erasure.certificate import LEDGER as ERASURES
from quality.erasure.certificate import broken_links
from quality.report.document import Cell, Finding, Section, Table
from quality.report.snapshot import Snapshot

_NEARLY: Final = 0.8


def budget(lake: Snapshot) -> Section:
    """What releases with noise have spent of each domain's people and year."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    if lake.exists(BUDGET):
        spent = lake.read(BUDGET).group_by("domain_code", "data_year")
        summed = spent.agg(epsilon=pl.col("epsilon").sort().sum(), releases=pl.len()).collect()
        rows = tuple(
            (domain, year, epsilon, YEARLY_EPSILON, epsilon / YEARLY_EPSILON, releases)
            for domain, year, epsilon, releases in summed.sort("domain_code", "data_year").rows()
        )
    over = [row for row in rows if float(str(row[4])) > 1 + 1e-9]
    near = [row for row in rows if float(str(row[4])) >= _NEARLY]
    findings = []
    if over:
        findings.append(Finding("broken", "Il bilancio di riservatezza (ε) è stato superato."))
    elif near:
        findings.append(
            Finding("look", f"In {len(near)} domini e anni è speso l'80 % o più del bilancio ε.")
        )
    elif rows:
        findings.append(
            Finding("ok", "Il bilancio di riservatezza (ε) è rispettato in ogni dominio e anno.")
        )
    return Section(
        "epsilon",
        "Bilancio di riservatezza (ε)",
        (
            "Ogni pubblicazione con rumore rivela un poco di ciascuno; la somma di un anno, per "
            f"dominio, non supera ε = {YEARLY_EPSILON:g}. Ciò che supererebbe si rifiuta prima di "
            "essere calcolato.",
        ),
        (Table("epsilon", "Speso per dominio e anno dei dati", _EPSILON, rows),),
        tuple(findings),
    )


_EPSILON: Final = (
    ("domain", "Dominio"),
    ("year", "Anno dei dati"),
    ("spent", "ε speso"),
    ("yearly", "ε dell'anno"),
    ("spent_ratio", "Quota"),
    ("releases", "Pubblicazioni"),
)


def erasures(lake: Snapshot) -> tuple[Section, dict[str, str]]:
    """The erasures that were certified, and their certificates as files by name."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    files: dict[str, str] = {}
    broken: list[str] = []
    if lake.exists(ERASURES):
        entries = lake.read(ERASURES).sort("completed_at").collect()
        broken = broken_links(entries)
        rows = tuple(
            (*row, key_id(b64decode(public)), row[0] not in broken)
            for *row, public in entries.select(*_OF_LEDGER, "public_key").iter_rows()
        )
        for number, one in enumerate(entries.iter_rows(named=True), 1):
            document = {
                "document": json.loads(one["certificate"]),
                "signature": one["signature"],
                "public_key": one["public_key"],
            }
            files[f"certificates/{number:04}.json"] = (
                json.dumps(document, ensure_ascii=False, indent=2) + "\n"
            )
    findings = []
    if broken:
        findings.append(
            Finding(
                "broken",
                f"La catena dei certificati di cancellazione è rotta in {len(broken)} punti: "
                f"{', '.join(broken[:5])}.",
            )
        )
    elif rows:
        findings.append(
            Finding(
                "ok",
                f"{len(rows)} cancellazioni certificate; firme e catena sono intatte.",
            )
        )
    signers = sorted({str(row[-2]) for row in rows})
    if len(signers) > 1:
        findings.append(
            Finding(
                "look",
                f"I certificati sono firmati con {len(signers)} chiavi ({', '.join(signers)}): "
                "confrontarle con quelle che il Comune ha pubblicato.",
            )
        )
    section = Section(
        "cancellazioni",
        "Cancellazioni e opposizioni (artt. 17 e 21 GDPR)",
        (
            "Chi chiede di essere cancellato è tolto da ogni tabella, versione, copia sigillata; "
            "poi ogni byte è riletto, e solo se non resta niente si firma un certificato. I "
            "certificati sono in questo fascicolo, nella cartella certificates. I numeri di "
            "richiesta non dicono nulla della persona.",
        ),
        (Table("erasures", "Certificati", _ERASURES, rows),),
        tuple(findings),
    )
    return section, files


_OF_LEDGER: Final = (
    "request_id",
    "completed_at",
    "identifiers_count",
    "tables_count",
    "rows_count",
    "deliveries_count",
    "last_backup_expires_on",
)
_ERASURES: Final = (
    ("request_id", "Richiesta"),
    ("completed_at", "Provata e firmata (UTC)"),
    ("identifiers_count", "Identificativi"),
    ("tables_count", "Tabelle"),
    ("rows_count", "Righe tolte"),
    ("deliveries_count", "Consegne sigillate tagliate"),
    ("last_backup_expires_on", "Fine dell'ultima copia di sicurezza"),
    ("key_id", "Firmato con la chiave"),
    ("is_intact", "Firma e catena intatte"),
)
