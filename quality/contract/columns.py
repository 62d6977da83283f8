"""One column of a contract: where it comes from, what it is, and what is done to it."""

from functools import cache
from typing import Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from infra.adapters.raw import tidy_name
from quality.contract.entities import Entity
from quality.contract.problems import mistake, not_text, unknown
from quality.contract.treatments import CensusSection, Strict, Treatment, treatment_name
from quality.contract.types import ColumnType
from quality.units import UNITS

Personal = Literal["none", "direct", "indirect"]


def texts(value: object, *, of: str) -> tuple[str, ...]:
    """One text or a list of texts, as a tuple; `of` says what they are, for the message."""
    values = value if isinstance(value, list | tuple) else (value,)
    for item in values:
        if not isinstance(item, str):
            is_one = item is None or isinstance(value, list | tuple)
            raise mistake(*not_text(item, f"write {of}" if is_one else f"write {of}, or a list"))
        if not item.strip():
            raise mistake("is empty", f"write {of}")
    return tuple(values)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class SentAs(Strict):
    """How the publisher writes a column, where the default reading is wrong."""

    format: str | None = None
    timezone: str | None = None
    unit: str | None = None
    nulls: tuple[str, ...] = ()
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str | None) -> str | None:
        if unit is not None and unit not in UNITS:
            raise mistake(*unknown(unit, UNITS, what="a unit of quality/units.py"))
        return unit

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone != "solar" and zone not in _zones():
            wrong, _ = unknown(zone, sorted(_zones()), what="a time zone")
            raise mistake(wrong, "write an IANA zone such as Europe/Rome or UTC, or solar (UTC+1)")
        return zone

    @field_validator("nulls", "true", "false", mode="before")
    @classmethod
    def _as_texts(cls, value: object) -> object:
        # Numbers are welcome here: `nulls: -9999` can only mean the text -9999.
        values = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(item, dict | list) or item is None for item in values):
            raise mistake("is not a text or a list of texts", "write the texts the publisher sends")
        return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in values)


class Column(Strict):
    """One column of the table: where it comes from, what it is, and what is done to it."""

    source: tuple[str, ...] = Field(default=(), alias="from")
    type: ColumnType
    personal: Personal = "none"
    treatment: Treatment = "keep"
    entity: Entity | None = None
    epoch: Literal["day"] | None = None
    optional: bool = False
    sent_as: SentAs = SentAs()
    description: str = ""

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        names = texts(value, of="the publisher's name of the column")
        if not names:
            raise mistake("is an empty list", "write the publisher's name of the column")
        return tuple(tidy_name(name) for name in names)  # as the adapter does with delivered ones

    @property
    def is_pseudonym(self) -> bool:
        """Whether the stored value is a keyed pseudonym."""
        return self.treatment == "pseudonymise"

    @property
    def is_stored(self) -> bool:
        """Whether the gate can store the column today: census sections are not yet."""
        return not isinstance(self.treatment, CensusSection)

    @property
    def is_free_text(self) -> bool:
        """Whether it holds texts that are stored redacted, and that no computed table may read."""
        return self.treatment == "redact"

    @property
    def treatment_name(self) -> str:
        """The treatment as one word, with its argument: `keep`, `truncate 15m`, `bands 0,18,65`."""
        return treatment_name(self.treatment)
