"""What is collected and why: register (Art. 30), evidence for a DPIA (Art. 35), minimisation."""

from collections.abc import Mapping
from typing import Final

from quality.contract.columns import Column
from quality.contract.exports import to_ropa
from quality.contract.exports.italian import ENTITIES, days, legal_basis, measure
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table

Contracts = Mapping[str, Contract]
# What makes a trace of movements in places open to everybody: GDPR Art. 35(3)(c).
_TRACES: Final = frozenset({"IT_PLATE", "TRANSIT_CARD", "MAC_ADDRESS", "IMEI"})


def register(contracts: Contracts) -> Section:
    """An entry for every source, personal or not."""
    personal = [one for one in contracts.values() if one.is_personal]
    findings = [
        Finding(
            "ok",
            f"Ogni fonte ha la sua voce nel registro dei trattamenti: {len(contracts)} insiemi di "
            f"dati, di cui {len(personal)} con dati personali.",
        )
    ]
    unsaid = [one.key for one in personal if not one.data_subjects]
    if unsaid:
        findings.append(
            Finding(
                "look",
                f"{len(unsaid)} contratti con dati personali non dicono chi sono gli interessati "
                f"(`data_subjects`): {', '.join(unsaid[:5])}{' …' if len(unsaid) > 5 else ''}.",
            )
        )
    rows = tuple(_entry(contract) for contract in contracts.values())
    return Section(
        "registro",
        "Registro dei trattamenti (art. 30 GDPR)",
        (
            "Una voce per ogni insieme di dati, tratta dal suo contratto: lo stesso file dal quale "
            "il programma prende che cosa può leggere e che cosa ne deve fare.",
        ),
        (Table("register", "Trattamenti", _REGISTER, rows, is_long=True),),
        tuple(findings),
    )


_REGISTER: Final = (
    ("dataset", "Insieme di dati"),
    ("title", "Trattamento"),
    ("controller", "Titolare"),
    ("owner", "Referente"),
    ("purpose", "Finalità"),
    ("legal_basis", "Base giuridica"),
    ("law", "Norma"),
    ("data_subjects", "Interessati"),
    ("categories", "Categorie di dati personali"),
    ("special", "Categorie particolari"),
    ("recipients", "Destinatari"),
    ("term", "Termine di cancellazione"),
)


def _entry(contract: Contract) -> tuple[Cell, ...]:
    entry = to_ropa(contract)
    return (
        contract.key,
        contract.title,
        str(entry["titolare"]),
        contract.owner,
        contract.purpose,
        legal_basis(contract),
        contract.law or "–",
        ", ".join(contract.data_subjects) or "–",
        "; ".join(entry["categorie di dati"]) or "nessuna",
        ", ".join(contract.special_categories) or "nessuna",
        ", ".join(contract.recipients) or "nessuno fuori dal Comune",
        str(entry.get("termine di cancellazione", "–")),
    )


def impact(contracts: Contracts, deliveries: Mapping[str, Told]) -> Section:
    """By domain: what calls for an assessment, what is done, on what that rests, what is left."""
    domains: dict[str, list[Contract]] = {}
    for contract in contracts.values():
        if contract.is_personal:
            domains.setdefault(contract.key_domain or contract.key, []).append(contract)
    rows = tuple(_risk(domain, its, deliveries) for domain, its in sorted(domains.items()))
    traced = sum(1 for row in rows if "sorveglianza" in str(row[2]))
    said = (
        "Elementi per la valutazione d'impatto, per dominio: un dominio è l'insieme dei dati le "
        "cui persone si possono riconoscere fra loro, perché condividono la chiave; fra un dominio "
        "e l'altro nessuno si riconosce. La valutazione spetta al titolare: qui stanno i fatti che "
        "il programma conosce. Le prove delle misure sono in docs/privacy.md del programma."
    )
    finding = Finding(
        "look",
        f"{traced} domini su {len(rows)} contengono tracce di spostamenti in luoghi aperti al "
        "pubblico, che richiedono una valutazione d'impatto (art. 35, par. 3, lett. c GDPR).",
    )
    return Section(
        "impatto",
        "Elementi per la valutazione d'impatto (art. 35 GDPR)",
        (said,),
        (Table("risks", "Rischi e misure per dominio", _RISKS, rows),),
        (finding,) if traced else (),
    )


_RISKS: Final = (
    ("domain", "Dominio"),
    ("datasets", "Insiemi di dati"),
    ("triggers", "Che cosa chiede attenzione"),
    ("rows", "Righe ricevute"),
    ("measures", "Misure"),
    ("residual", "Che cosa resta"),
)


def _risk(
    domain: str, contracts: list[Contract], deliveries: Mapping[str, Told]
) -> tuple[Cell, ...]:
    columns = [column for contract in contracts for column in contract.stored.values()]
    return (
        domain,
        ", ".join(contract.key for contract in contracts),
        "; ".join(_triggers(contracts, columns)) or "nessun elemento particolare",
        sum(deliveries[contract.key].delivered_count for contract in contracts),
        "; ".join(_measures(contracts, columns)),
        "; ".join(_residual(columns)),
    )


def _triggers(contracts: list[Contract], columns: list[Column]) -> list[str]:
    found = []
    direct = {column.entity for column in columns if column.personal == "direct" and column.entity}
    if direct:
        kinds = ", ".join(sorted(ENTITIES[one] for one in direct))
        found.append(f"identificativi diretti alla consegna: {kinds}")
    if direct & _TRACES or any(column.epoch for column in columns):
        found.append("spostamenti in luoghi aperti al pubblico (sorveglianza sistematica)")
    if any(column.is_free_text for column in columns):
        found.append("testo libero, in cui può stare di tutto")
    special = sorted({one for contract in contracts for one in contract.special_categories})
    if special:
        found.append(f"categorie particolari: {', '.join(special)}")
    if any(contract.cadence in ("stream", "daily") for contract in contracts):
        found.append("dati di ogni giorno")
    return found


def _measures(contracts: list[Contract], columns: list[Column]) -> list[str]:
    done = []
    if any(column.is_pseudonym and not column.epoch for column in columns):
        done.append("pseudonimi con la chiave del dominio")
    if any(column.epoch for column in columns):
        done.append("pseudonimi con una chiave diversa ogni giorno, poi distrutta")
    if any(_is_generalised(column) for column in columns):
        done.append("orari, luoghi o valori resi più grossolani")
    if any(column.is_free_text for column in columns):
        done.append("testi oscurati e riservati")
    dropped = sum(len(contract.dropped) for contract in contracts)
    if dropped:
        one = "1 colonna rifiutata" if dropped == 1 else f"{dropped} colonne rifiutate"
        done.append(f"{one} alla consegna")
    terms = sorted({contract.retention_days for contract in contracts if contract.retention_days})
    if terms:
        done.append(f"righe cancellate dopo {' o '.join(days(one) for one in terms)}")
    return done or ["nessuna colonna personale è conservata"]


def _residual(columns: list[Column]) -> list[str]:
    left = ["chi avesse la chiave radice e un elenco di persone potrebbe ricollegarle"]
    if any(column.is_pseudonym and not column.epoch for column in columns):
        left.append("dentro il dominio una persona si riconosce nel tempo, finché durano le righe")
    if any(column.epoch for column in columns):
        left.append("dentro un giorno una persona si riconosce")
    if any(column.is_free_text for column in columns):
        left.append("l'oscuramento dei testi è statistico: qualcosa può sfuggire")
    return left


def _is_generalised(column: Column) -> bool:
    return column.treatment not in ("keep", "pseudonymise", "redact")


def minimisation(contracts: Contracts, deliveries: Mapping[str, Told]) -> Section:
    """How many columns of each source are kept, coarser, pseudonymised, redacted, refused."""
    counts = tuple(_column_counts(contract, deliveries[key]) for key, contract in contracts.items())
    refused = tuple(
        (key, name, why)
        for key, contract in contracts.items()
        for name, why in contract.dropped.items()
    )
    treated = tuple(
        (key, name, ", ".join(column.source), _CLASSES[column.personal], measure(column, contract))
        for key, contract in contracts.items()
        for name, column in contract.stored.items()
        if column.personal != "none"
    )
    undeclared = [key for key in contracts if deliveries[key].undeclared_count]
    findings = [
        Finding(
            "ok",
            f"{len(refused)} colonne che i titolari delle fonti mandano sono rifiutate alla "
            "consegna, ognuna con il suo perché.",
        )
    ]
    if undeclared:
        findings.append(
            Finding(
                "look",
                f"In {len(undeclared)} insiemi di dati arrivano colonne che nessuno ha dichiarato: "
                f"non si conservano ({', '.join(undeclared[:5])}).",
            )
        )
    return Section(
        "minimizzazione",
        "Minimizzazione (art. 5, par. 1, lett. c GDPR)",
        (
            "Si prende solo ciò che il contratto nomina. Le altre colonne, anche se arrivano, non "
            "si leggono nemmeno; quelle che si sa che arrivano e non si vogliono sono elencate con "
            "il motivo.",
        ),
        (
            Table("columns", "Colonne per insieme di dati", _COUNTS, counts, is_long=True),
            Table("refused", "Colonne rifiutate, e perché", _REFUSED, refused, is_long=True),
            Table(
                "treated", "Colonne personali conservate, e come", _TREATED, treated, is_long=True
            ),
        ),
        tuple(findings),
    )


_CLASSES: Final = {"none": "non personale", "indirect": "dato indiretto", "direct": "diretto"}
_COUNTS: Final = (
    ("dataset", "Insieme di dati"),
    ("declared", "Dichiarate"),
    ("kept", "Conservate come sono"),
    ("generalised", "Rese più grossolane"),
    ("pseudonymised", "Pseudonimizzate"),
    ("redacted", "Testi oscurati"),
    ("dropped", "Rifiutate"),
    ("undeclared", "Non dichiarate, nell'ultima consegna"),
)
_REFUSED: Final = (("dataset", "Insieme di dati"), ("column", "Colonna"), ("why", "Perché"))
_TREATED: Final = (
    ("dataset", "Insieme di dati"),
    ("column", "Colonna conservata"),
    ("source", "Colonna della fonte"),
    ("personal", "Classe"),
    ("measure", "Che cosa se ne fa"),
)


def _column_counts(contract: Contract, deliveries: Told) -> tuple[Cell, ...]:
    columns = list(contract.stored.values())
    return (
        contract.key,
        len(columns),
        sum(column.treatment == "keep" for column in columns),
        sum(_is_generalised(column) for column in columns),
        sum(column.is_pseudonym for column in columns),
        sum(column.is_free_text for column in columns),
        len(contract.dropped),
        deliveries.undeclared_count,
    )
