"""Who may read what, as far as the installation can see it; and which versions this is about."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.lake import Lake
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table

_READERS: Final = (
    ("bronze", "righe pseudonimizzate: ancora dati personali", "ingegneri dei dati autorizzati"),
    ("quarantine", "righe rifiutate, pseudonimizzate", "ingegneri dei dati autorizzati"),
    ("silver", "entità e osservazioni della città: nessuna persona si segue", "analisti"),
    ("gold", "indicatori per luogo e tempo", "pianificatori"),
    ("open", "ciò che ha passato il controllo di divulgazione", "tutti"),
    ("audit", "registri: conteggi e identificativi con chiave", "chi controlla"),
)


def readers(contracts: Mapping[str, Contract], lake: Lake) -> Section:
    """The stages and their readers, what the store shows of access, and recipients outside."""
    rows, is_open = [], []
    for stage, what, who in _READERS:
        seen, is_for_others = _access(stage, lake)
        rows.append((stage, what, who, seen))
        if is_for_others and stage in ("bronze", "quarantine"):
            is_open.append(stage)
    outside = tuple(
        (contract.key, ", ".join(contract.recipients))
        for contract in contracts.values()
        if contract.recipients
    )
    finding = (
        Finding(
            "broken",
            f"Le cartelle di {' e '.join(is_open)} si possono leggere da altri utenti della "
            "macchina: togliere i permessi (chmod -R go-rwx).",
        )
        if is_open
        else Finding(
            "ok", "Dove lo si può vedere, bronze e quarantena non sono leggibili da altri."
        )
    )
    return Section(
        "accessi",
        "Chi può leggere che cosa",
        (
            "La colonna «visto» dice ciò che il programma vede da sé: per cartelle, i permessi sul "
            "disco. Per un object store decide la sua configurazione, che va allegata da chi lo "
            "gestisce; il registro degli accessi (access log) è dello store.",
        ),
        (
            Table("stages", "Livelli del data lake", _STAGES, tuple(rows)),
            Table("recipients", "Destinatari dichiarati", _RECIPIENTS, outside),
        ),
        (finding,),
    )


_STAGES: Final = (
    ("stage", "Livello"),
    ("what", "Che cosa contiene"),
    ("who", "Per chi è"),
    ("seen", "Visto"),
)
_RECIPIENTS: Final = (("dataset", "Insieme di dati"), ("recipients", "Destinatari"))


def _access(stage: str, lake: Lake) -> tuple[str, bool]:
    """What can be seen of who may read a stage; whether others than owner and group may."""
    folders = [Path(root) / stage for root in lake.roots if not root.startswith("s3://")]
    present = [folder for folder in folders if folder.is_dir()]
    if not folders:
        return "object store: lo dice la sua configurazione", False
    if not present:
        return "non ancora scritto", False
    # Whoever cannot pass a folder above cannot read what lies below.
    modes = [[stat.S_IMODE(one.stat().st_mode) for one in (at, *at.parents)] for at in present]
    others = any(all(mode & 0o005 == 0o005 for mode in way) for way in modes)
    group = any(way[0] & 0o050 for way in modes)
    if others:
        return "leggibile da ogni utente della macchina", True
    return ("leggibile dal gruppo" if group else "leggibile solo dal proprietario"), False


def versions(
    contracts: Mapping[str, Contract], deliveries: Mapping[str, Told], lake: Lake
) -> Section:
    """The version of every table that the report is about, and the contract it was written by."""
    rows: list[tuple[Cell, ...]] = []
    old = []
    for table in lake.tables():
        stage, _, key = table.partition("/")
        contract = contracts.get(key) if stage in ("bronze", "quarantine") else None
        now = contract.version if contract else None
        last = deliveries[key].contracts if contract else ()
        if contract and last and now not in last:
            old.append(key)
        rows.append((table, lake.version(table), now))
    return Section(
        "versioni",
        "Versioni di cui parla questo rapporto",
        (
            "Le tabelle sono versionate: con questi numeri si rilegge lo stato che il rapporto "
            "descrive, finché il termine di conservazione lo consente.",
        ),
        (Table("versions", "Tabelle", _VERSIONS, tuple(rows), is_long=True),),
        (
            Finding(
                "look",
                f"Di {len(set(old))} insiemi di dati il contratto è cambiato dopo l'ultima "
                "consegna.",
            ),
        )
        if old
        else (),
    )


_VERSIONS: Final = (
    ("table", "Tabella"),
    ("version", "Versione"),
    ("contract", "Contratto oggi (impronta)"),
)
