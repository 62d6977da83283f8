"""A contract in the Open Data Contract Standard (ODCS v3), for catalogues and other tools."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from quality.contract.columns import Column
from quality.contract.model import Contract, Expectation
from quality.contract.strictness import labels
from quality.contract.types import FORMS
from quality.units import UNITS, unit_of

if TYPE_CHECKING:
    from open_data_contract_standard.model import CustomProperty, DataQuality, SchemaProperty

API_VERSION: Final = "v3.1.0"  # the first that knows timestamps


def to_odcs(contract: Contract) -> dict[str, Any]:  # ODCS keys, as the standard's schema has them
    """The contract as an ODCS document; our own keys stand in it as custom properties."""
    from open_data_contract_standard.model import (
        Description,
        OpenDataContractStandard,
        SchemaObject,
        ServiceLevelAgreementProperty,
        Team,
    )

    terms = [ServiceLevelAgreementProperty(property="frequency", value=contract.cadence)]
    if contract.retention_days is not None:
        terms.append(
            ServiceLevelAgreementProperty(
                property="retention", value=contract.retention_days, unit="d", driver="regulatory"
            )
        )
    table = SchemaObject(
        name=contract.dataset,
        physicalName=f"bronze.{contract.publisher}.{contract.dataset}",
        physicalType="table",
        logicalType="object",
        businessName=contract.title,
        properties=_properties(contract),
        quality=_rules(contract, of_column=None) or None,
    )
    document = OpenDataContractStandard(
        version=contract.version,
        kind="DataContract",
        apiVersion=API_VERSION,
        id=f"gemello:{contract.publisher}:{contract.dataset}",
        name=contract.title,
        status="active",
        domain=contract.publisher,
        dataProduct=contract.dataset,
        description=Description(purpose=contract.purpose, limitations=_limitations(contract)),
        schema=[table],
        slaProperties=terms,
        team=Team(name=contract.owner),
        customProperties=_custom(_policy(contract)),
    )
    exported: dict[str, Any] = document.model_dump(  # ODCS keys
        exclude_none=True, by_alias=True, mode="json"
    )
    return exported


def _properties(contract: Contract) -> list["SchemaProperty"]:
    from open_data_contract_standard.model import SchemaProperty

    found = []
    treatments = labels(contract)
    for name, column in contract.stored.items():
        _, logical, physical = FORMS[column.type]
        is_key = name in contract.primary_key
        unit = unit_of(name) if logical in ("number", "integer") else None
        found.append(
            SchemaProperty(
                name=name,
                description=column.description or None,
                logicalType=logical,
                physicalType=physical,
                required=is_key or name == contract.event_time,
                primaryKey=is_key or None,
                primaryKeyPosition=contract.primary_key.index(name) + 1 if is_key else None,
                classification=_classification(column),
                transformSourceObjects=[
                    f"source/{contract.key}/{source}" for source in column.source
                ],
                transformLogic=treatments[name] if column.treatment != "keep" else None,
                quality=_rules(contract, of_column=name) or None,
                customProperties=_custom(
                    {
                        "treatment": treatments[name],
                        "entity": column.entity,
                        "unit": UNITS[unit] if unit else None,
                    }
                ),
            )
        )
    return found


def _classification(column: Column) -> str:
    if column.personal == "none":
        return "not_personal"
    if column.is_free_text:
        return f"restricted_{column.personal}"
    kept = "pseudonymised" if column.is_pseudonym else "personal"
    return f"{kept}_{column.personal}"


def _rules(contract: Contract, *, of_column: str | None) -> list["DataQuality"]:
    """The expectations of one column, or those that are not of one column."""
    from open_data_contract_standard.model import DataQuality

    return [
        DataQuality(
            type="custom",
            name=expectation.name,
            severity="error" if expectation.severity == "critical" else "warning",
            engine="great-expectations",
            implementation={"type": expectation.name, "kwargs": dict(expectation.arguments)},
        )
        for expectation in contract.expectations
        if _column_of(expectation) == of_column
    ]


def _column_of(expectation: Expectation) -> str | None:
    name = expectation.arguments.get("column")
    return None if name is None else str(name)


def _limitations(contract: Contract) -> str:
    if not contract.is_personal:
        return "No personal data, as the contract declares."
    return (
        "Pseudonymised data are still personal data: this table is for the purpose above only. "
        f"Legal basis: {contract.legal_basis}."
    )


def _policy(contract: Contract) -> dict[str, Any]:  # values of our own keys
    return {
        "legalBasis": contract.legal_basis,
        "law": contract.law,
        "licence": contract.licence,
        "keyDomain": contract.key_domain,
        "recipients": list(contract.recipients) or None,
        "dataSubjects": list(contract.data_subjects) or None,
        "specialCategories": list(contract.special_categories) or None,
        "since": contract.since.isoformat() if contract.since else None,
        "eventTime": contract.event_time,
        "archiveDays": contract.archive_days,
        "maxQuarantinedRatio": contract.max_quarantined_ratio,
        "dropped": [{"column": name, "reason": reason} for name, reason in contract.dropped.items()]
        or None,
        "notStoredYet": [name for name in contract.columns if name not in contract.stored] or None,
    }


def _custom(values: Mapping[str, Any]) -> list["CustomProperty"]:  # any YAML value
    from open_data_contract_standard.model import CustomProperty

    return [
        CustomProperty(property=name, value=value)
        for name, value in values.items()
        if value is not None
    ]
