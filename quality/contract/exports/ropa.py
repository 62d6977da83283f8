"""The entry of a contract in the register of processing activities (GDPR Art. 30), in Italian."""

from typing import Any

from quality.contract.columns import Column
from quality.contract.exports.italian import ENTITIES, archive, days, legal_basis, measure
from quality.contract.model import Contract


def to_ropa(contract: Contract, *, controller: str = "Comune di Brescia") -> dict[str, Any]:  # YAML
    """The register entry; for data that are not personal, the short entry that says why not."""
    entry: dict[str, Any] = {  # YAML values
        "trattamento": contract.title,
        "contratto": f"{contract.key}, versione {contract.version}",
        "titolare": controller,
        "referente": contract.owner,
        "fonte": contract.publisher,
        "finalità": contract.purpose,
        "base giuridica": legal_basis(contract),
    }
    if not contract.is_personal:
        return entry | {"categorie di dati": [], "esclusi": dict(contract.dropped)}
    personal = {
        name: column for name, column in contract.columns.items() if column.personal != "none"
    }
    return entry | {
        "norma": contract.law,
        "categorie di interessati": list(contract.data_subjects),
        "categorie di dati": [_category(name, column) for name, column in personal.items()],
        "categorie particolari": list(contract.special_categories),
        "destinatari": list(contract.recipients),
        "termine di cancellazione": _terms(contract),
        "misure": {name: measure(column, contract) for name, column in personal.items()},
        "esclusi": dict(contract.dropped),
    }


def _category(name: str, column: Column) -> str:
    what = ENTITIES[column.entity] if column.entity else column.description
    kind = "identificativo diretto" if column.personal == "direct" else "dato indiretto"
    return f"{name} ({what}; {kind})" if what else f"{name} ({kind})"


def _terms(contract: Contract) -> str:
    rows = f"righe: {days(contract.retention_days)}" if contract.retention_days else "righe: -"
    return f"{rows}; copia sigillata delle consegne: {archive(contract)}"
