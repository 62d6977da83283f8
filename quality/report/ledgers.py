"""What the ledgers of the lake prove: open tables, privacy budget, terms, erasures."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from infra.lake import Lake
from quality.contract.model import Contract
from quality.differential.budget import LEDGER as BUDGET
from quality.differential.budget import YEARLY_EPSILON
from quality.erasure.certificate import LEDGER as ERASURES
from quality.erasure.certificate import broken_links
from quality.report.document import Cell, Finding, Section, Table
from quality.retention import LEDGER as TERMS

# In the notes of a commit to an open table: what the gate found (`assets/derive.py` writes it).
_DISCLOSURE: Final = "disclosure"
_NEARLY: Final = 0.8
# Terms are looked at every night.
_LATE: Final = timedelta(days=3)


def open_tables(keys: list[str], lake: Lake) -> Section:
    """k, l, t and the attacks of the newest version of every open table."""
    rows: list[tuple[Cell, ...]] = []
    below: list[str] = []
    for key in keys:
        if not lake.exists(key):
            rows.append((key, None, None, "mai pubblicata", *(None,) * 8))
            continue
        notes = [one.notes for one in lake.history(key) if _DISCLOSURE in one.notes]
        verdict = json.loads(notes[0][_DISCLOSURE]) if notes else {}
        if verdict.get("problems"):
            below.append(key)
        rows.append(_released(key, lake.version(key), verdict))
    findings = (
        [Finding("broken", f"Tabelle aperte sotto le loro soglie: {', '.join(below)}.")]
        if below
        else [
            Finding(
                "ok",
                f"Le {len(rows)} tabelle aperte hanno passato il controllo di divulgazione, o "
                "non sono ancora pubblicate.",
            )
        ]
    )
    return Section(
        "aperti",
        "Tabelle aperte e rischio di riconoscimento",
        (
            "Niente si pubblica senza passare da un controllo che misura quanto sia difficile "
            "riconoscere qualcuno (k, l, t) e prova tre attacchi: isolare, collegare, dedurre. "
            "Sotto le soglie la tabella non si pubblica. Le tabelle con rumore hanno invece un "
            "bilancio di riservatezza (ε), nella sezione che segue.",
        ),
        (Table("releases", "Ultima versione di ogni tabella aperta", _OPEN, tuple(rows)),),
        tuple(findings),
    )


_OPEN: Final = (
    ("table", "Tabella"),
    ("version", "Versione"),
    ("units", "Unità (persone, contatori …)"),
    ("release", "Forma"),
    ("k", "k"),
    ("l", "l distinto minimo"),
    ("t", "t massimo"),
    ("uniques", "Quota di unici"),
    ("singled_out", "Isolati"),
    ("linked", "Candidati minimi a un collegamento"),
    ("withheld", "Celle trattenute"),
    ("withheld_ratio", "Quota di unità in celle trattenute"),
)
_FORMS: Final = {"cells": "conteggi", "records": "righe", "noisy": "conteggi con rumore"}


def _released(key: str, version: int | None, verdict: Mapping[str, object]) -> tuple[Cell, ...]:
    loss = _part(verdict, "loss")
    singling, linkage = _part(verdict, "singling_out"), _part(verdict, "linkage")
    distinct, t = _part(verdict, "distinct_l"), _part(verdict, "t")
    form = str(verdict.get("release", ""))
    withheld = _sum(loss, ("primary_count", "secondary_count")) if loss else None
    return (
        key,
        version,
        _number(verdict.get("units_count")),
        _FORMS.get(form, form or "conteggi con rumore"),
        _number(verdict.get("k")),
        min((value for value in distinct.values() if isinstance(value, int)), default=None),
        max((value for value in t.values() if isinstance(value, int | float)), default=None),
        _number(verdict.get("alone_ratio")),
        _sum(singling, tuple(singling)) if singling else None,
        _number(linkage.get("least_candidates_count")),
        withheld,
        _number(loss.get("withheld_ratio")),
    )


def _part(verdict: Mapping[str, object], name: str) -> dict[str, object]:
    part = verdict.get(name)
    return dict(part) if isinstance(part, dict) else {}


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) else None


def _sum(values: Mapping[str, object], names: tuple[str, ...]) -> int:
    return sum(int(number) for name in names if isinstance(number := values.get(name), int))


def budget(lake: Lake) -> Section:
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
    ("ratio", "Quota"),
    ("releases", "Pubblicazioni"),
)


def terms(contracts: Mapping[str, Contract], lake: Lake, *, now: datetime) -> Section:
    """Of each table with a term: since when rows are kept, and the oldest version to be read."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    if lake.exists(TERMS):
        newest = lake.read(TERMS).sort("looked_at").collect().unique("table_name", keep="last")
        rows = tuple(newest.sort("table_name").select(*(name for name, _ in _TERMS)).rows())
    limited = sum(1 for one in contracts.values() if one.retention_days)
    looked = [row[1] for row in rows if isinstance(row[1], datetime)]
    if not rows:
        finding = Finding(
            "look",
            f"{limited} contratti hanno un termine di cancellazione e il registro dei termini è "
            "vuoto: la manutenzione notturna (`upkeep`) non ha ancora girato.",
        )
    elif max(looked) < now - _LATE:
        finding = Finding(
            "broken",
            "I termini di cancellazione non si controllano da più di tre giorni: la manutenzione "
            "notturna (`upkeep`) non gira.",
        )
    else:
        finding = Finding(
            "ok", f"I termini di cancellazione di {len(rows)} tabelle sono stati fatti rispettare."
        )
    return Section(
        "conservazione",
        "Conservazione (art. 5, par. 1, lett. e GDPR)",
        (
            "Ogni notte le righe il cui termine è finito sono tolte da ogni versione della "
            "tabella, e si prova che nessun file più vecchio sia rimasto.",
        ),
        (Table("terms", "Ultimo controllo per tabella", _TERMS, rows, is_long=True),),
        (finding,) if limited else (),
    )


_TERMS: Final = (
    ("table_name", "Tabella"),
    ("looked_at", "Controllata (UTC)"),
    ("kept_since_on", "Righe conservate dal"),
    ("files_count", "File tolti"),
    ("rows_count", "Righe tolte"),
    ("oldest_version_id", "Versione leggibile più vecchia"),
    ("oldest_version_at", "Nata (UTC)"),
    ("newest_version_id", "Versione più nuova"),
)


def erasures(lake: Lake) -> tuple[Section, dict[str, str]]:
    """The erasures that were certified, and their certificates as files by name."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    files: dict[str, str] = {}
    broken: list[str] = []
    if lake.exists(ERASURES):
        entries = lake.read(ERASURES).sort("completed_at").collect()
        broken = broken_links(entries)
        rows = tuple(
            (*row, row[0] not in broken)
            for row in entries.select(*(name for name, _ in _ERASURES[:-1])).rows()
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


_ERASURES: Final = (
    ("request_id", "Richiesta"),
    ("completed_at", "Provata e firmata (UTC)"),
    ("identifiers_count", "Identificativi"),
    ("tables_count", "Tabelle"),
    ("rows_count", "Righe tolte"),
    ("deliveries_count", "Consegne sigillate tagliate"),
    ("last_backup_expires_on", "Fine dell'ultima copia di sicurezza"),
    ("is_intact", "Firma e catena intatte"),
)
