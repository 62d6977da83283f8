"""What is collected and why: register (Art. 30), minimisation."""

from collections.abc import Mapping
from typing import Final

from quality.contract.exports import to_ropa
from quality.contract.exports.italian import CLASSES, legal_basis, measure
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table
from quality.report.impact import is_generalised

Contracts = Mapping[str, Contract]


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
    others = tuple(
        (one.key, one.title, one.purpose, one.owner, one.licence)
        for one in contracts.values()
        if not one.is_personal
    )
    return Section(
        "registro",
        "Registro dei trattamenti (art. 30 GDPR)",
        (
            "Una voce per ogni insieme di dati, tratta dal suo contratto: lo stesso file dal quale "
            "il programma prende che cosa può leggere e che cosa ne deve fare. Che una fonte non "
            "contenga dati personali è una dichiarazione, controllata a ogni consegna.",
        ),
        (
            Table(
                "register",
                "Trattamenti di dati personali",
                _REGISTER,
                tuple(map(_entry, personal)),
                is_long=True,
                is_cards=True,
            ),
            Table(
                "not_personal",
                "Fonti che dichiarano di non contenere dati personali",
                _OTHERS,
                others,
                is_long=True,
            ),
        ),
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


_OTHERS: Final = (
    ("dataset", "Insieme di dati"),
    ("title", "Titolo"),
    ("purpose", "Finalità"),
    ("owner", "Referente"),
    ("licence", "Licenza"),
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
        contract.law,
        ", ".join(contract.data_subjects) or None,
        "; ".join(entry["categorie di dati"]) or "nessuna",
        ", ".join(contract.special_categories) or None,
        ", ".join(contract.recipients) or "nessuno fuori dal Comune",
        entry.get("termine di cancellazione"),
    )


def minimisation(contracts: Contracts, deliveries: Mapping[str, Told]) -> Section:
    """How many columns of each source are kept, coarser, pseudonymised, redacted, refused."""
    counts = tuple(_column_counts(contract, deliveries[key]) for key, contract in contracts.items())
    refused = tuple(
        (key, name, why)
        for key, contract in contracts.items()
        for name, why in contract.dropped.items()
    )
    treated = tuple(
        (key, name, ", ".join(column.source), CLASSES[column.personal], measure(column, contract))
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
        sum(is_generalised(column) for column in columns),
        sum(column.is_pseudonym for column in columns),
        sum(column.is_free_text for column in columns),
        len(contract.dropped),
        deliveries.undeclared_count,
    )
