"""The closed list of entities a column may declare: what kind of identifier a value is."""

from typing import Final, Literal, get_args

Entity = Literal[
    "IT_FISCAL_CODE",
    "IT_VAT_CODE",
    "IT_PLATE",
    "IT_POD",
    "IT_PDR",
    "IT_IDENTITY_CARD",
    "IT_PASSPORT",
    "IT_DRIVER_LICENSE",
    "IT_HEALTH_CARD",
    "IBAN_CODE",
    "CREDIT_CARD",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "MAC_ADDRESS",
    "IP_ADDRESS",
    "IMEI",
    "METER_SERIAL",
    "TRANSIT_CARD",
    "CUSTOMER_CODE",
    "RECORD_ID",
    "PERSON",
    "ADDRESS",
]

ENTITIES: Final[tuple[str, ...]] = get_args(Entity)

SELF_EVIDENT: Final = frozenset(
    {
        "IT_FISCAL_CODE",
        "IT_PLATE",
        "IT_IDENTITY_CARD",
        "IT_PASSPORT",
        "IT_DRIVER_LICENSE",
        "IT_HEALTH_CARD",
        "CREDIT_CARD",
        "IMEI",
        "TRANSIT_CARD",
        "PERSON",
    }
)
"""Entities that are one person's in every data set, whatever a contract says of the column."""
