"""The contract of one data set: its policy, its pipeline and the page the auditor reads.

Only the shape lives here: what a contract must agree with itself about is `agreement`, finding and
reading contracts is `load`, other formats are `exports`.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from infra.adapters import Adapter
from infra.adapters.source import REACH
from infra.windows import Cadence
from quality.contract import agreement
from quality.contract.column_rules import RESERVED
from quality.contract.columns import Column, Personal, SentAs, texts
from quality.contract.earlier import Earlier, layout_on
from quality.contract.problems import ProblemsError, kind, mistake
from quality.contract.treatments import (
    H3,
    Bands,
    CensusSection,
    Number,
    RoundTo,
    Strict,
    Treatment,
    Truncate,
    Whole,
)
from quality.contract.types import NUMBERS, ColumnType

__all__ = [
    "H3",
    "NUMBERS",
    "RESERVED",
    "Adapter",
    "Bands",
    "CensusSection",
    "Column",
    "ColumnType",
    "Contract",
    "Expectation",
    "LegalBasis",
    "Personal",
    "RoundTo",
    "SentAs",
    "Treatment",
    "Truncate",
]

LegalBasis = Literal[
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
    "not_personal",
]
# Validation context under which a contract is only given its shape; see `examine`.
SHAPE_ONLY: Final[Mapping[str, bool]] = {"shape_only": True}


# Keys and column keys that say why, for whom and when: changing them changes no row that landed.
_PROSE: Final = frozenset(
    {
        "title",
        "owner",
        "purpose",
        "legal_basis",
        "retention_days",
        "refresh",
        "shrinking",
        "archive_days",
        "licence",
        "verified",
        "recipients",
        "data_subjects",
        "law",
        "special_categories",
    }
)


def _said(text: str) -> str:
    if not text.strip():
        raise mistake("is empty", "write it for a reader who was not there")
    return text


Said = Annotated[str, AfterValidator(_said)]


class Expectation(Strict):
    """One Great Expectations expectation: its own name and arguments."""

    name: str
    arguments: dict[str, Any]  # whatever the expectation takes; Great Expectations validates it
    severity: Literal["critical", "warning"] = "critical"

    @model_validator(mode="before")
    @classmethod
    def _from_its_line(cls, item: object) -> object:
        """`expect_…: {column: …}`, or the bare name of one without arguments."""
        if isinstance(item, str):
            return {"name": item, "arguments": {}}
        if isinstance(item, dict) and {"name", "arguments"} <= set(item):
            return item
        if not isinstance(item, dict) or len(item) != 1:
            raise mistake("is not one expectation", "write `- expect_…: {column: …}`")
        ((name, arguments),) = item.items()
        if not isinstance(arguments, dict | None):
            raise mistake(
                f"the argument of {name} is {kind(arguments)}", f"write `- {name}: {{column: …}}`"
            )
        arguments = dict(arguments or {})
        severity = arguments.pop("severity", "critical")
        return {"name": name, "arguments": arguments, "severity": severity}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of, by the arguments Great Expectations uses for them."""
        several = [self.arguments.get(key) for key in ("column_list", "column_set")]
        names = [self.arguments.get(key) for key in ("column", "column_A", "column_B")]
        for listed in several:
            names += listed if isinstance(listed, list | tuple) else [listed]
        return tuple(str(name) for name in names if name is not None)


class Contract(Strict):
    """What a publisher sends, what we keep of it, how, why and for how long."""

    publisher: str
    dataset: str
    title: Said
    owner: str
    purpose: Said
    legal_basis: LegalBasis
    key_domain: str | None = None
    retention_days: Whole | None = Field(default=None, gt=0)
    cadence: Cadence
    refresh: Literal["hourly"] | None = None
    since: date | None = None
    source: Adapter
    primary_key: tuple[str, ...] = ()
    event_time: str | None = None
    columns: dict[str, Column] = Field(min_length=1)
    dropped: dict[str, Said] = Field(default={})
    expectations: tuple[Expectation, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    max_quarantined_ratio: Number = Field(default=0.05, ge=0, le=1)
    shrinking: Literal["keep", "replace"] = "keep"
    archive_days: int | Literal["forever"] = 14
    licence: Said | None = None
    verified: Literal["recorded file", "documentation only"] | None = None
    recipients: tuple[str, ...] = ()
    data_subjects: tuple[str, ...] = ()
    law: Said | None = None
    special_categories: tuple[str, ...] = ()

    _folder: str = PrivateAttr(default="")

    @field_validator(
        "primary_key", "recipients", "data_subjects", "special_categories", mode="before"
    )
    @classmethod
    def _as_list(cls, value: object, info: ValidationInfo) -> object:
        of = "a column's name" if info.field_name == "primary_key" else "text"
        return texts(value, of=of)

    @field_validator("since", mode="before")
    @classmethod
    def _is_day(cls, value: object) -> object:
        # pydantic would read the year 2025 as a count of seconds since 1970.
        if isinstance(value, datetime) or not isinstance(value, date | str | None):
            found = "has a time of day" if isinstance(value, datetime) else f"is {kind(value)}"
            raise mistake(found, "write the first day of the series, such as 2025-01-01")
        return value

    @field_validator("archive_days", mode="before")
    @classmethod
    def _days_or_forever(cls, value: object) -> object:
        is_days = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not is_days and value != "forever":
            raise mistake(
                "is not a number of days", "write such as 14, or 0 for no sealed copy, or forever"
            )
        return value

    @field_validator("columns", mode="before")
    @classmethod
    def _columns_come_from_their_own_name(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {
            name: {"from": name, **column} if isinstance(column, dict) else column
            for name, column in value.items()
        }

    @model_validator(mode="after")
    def _agrees_with_itself(self, info: ValidationInfo) -> Self:
        if info.context == SHAPE_ONLY:
            return self
        found = agreement.problems(self)
        if found:
            raise ProblemsError(*found)
        return self

    @property
    def key(self) -> str:
        """`<publisher>/<dataset>`: the name used in every message."""
        return f"{self.publisher}/{self.dataset}"

    @property
    def folder(self) -> Path | None:
        """Where the contract was read from, or None if it was not read from a file."""
        return Path(self._folder) if self._folder else None

    @property
    def is_personal(self) -> bool:
        """Whether the data set holds data of persons, by its own claim."""
        return self.legal_basis != "not_personal"

    @property
    def is_static(self) -> bool:
        """Whether the table has a history of rows rather than windows."""
        return self.cadence == "static"

    @property
    def stored(self) -> dict[str, Column]:
        """The columns the gate stores, in the order of the contract."""
        return {name: column for name, column in self.columns.items() if column.is_stored}

    @property
    def delivered(self) -> dict[str, tuple[str, ...]]:
        """For each publisher's column the contract reads: the columns of ours that come from it."""
        readers: dict[str, tuple[str, ...]] = {}
        for name, column in self.columns.items():
            for source in column.source:
                readers[source] = (*readers.get(source, ()), name)
        return readers

    def on(self, day: date) -> "Contract":
        """The contract as a delivery of this day is read: today's, or that of an earlier layout."""
        return layout_on(self, day)

    @property
    def version(self) -> str:
        """16 hex digits of the SHA-256 of the contract: two texts that mean the same agree."""
        nothing = set() if self.earlier else {"earlier"}
        text = self.model_dump_json(by_alias=True, exclude=nothing)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def rules_version(self) -> str:
        """Like `version`, but only of what decides which rows land and how: no prose, no terms.

        Of the layout of today; that of a day is `on(day).rules_version`.
        """
        values = self.model_dump(mode="json", by_alias=True, exclude={*_PROSE, "earlier"})
        for column in values["columns"].values():
            del column["description"]
        for name in REACH & set(values["source"]):
            del values["source"][name]
        text = json.dumps(values, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
