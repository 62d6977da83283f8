"""What is asked for: a request's id, and the identifiers of the person it is about."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import polars as pl

from infra.errors import UsageError
from quality.contract.entities import ENTITIES, Entity
from quality.privacy.canonical import canonical
from quality.privacy.persons import LOCAL, ByForm, written

_ID: Final = re.compile(r"ER-[A-Za-z0-9._-]{1,60}")
_KEYS: Final = {"request", "identifiers"}
_IDENTIFIER_KEYS: Final = {"entity", "value", "domain"}


@dataclass(frozen=True, repr=False)
class Identifier:
    """One identifier of the person: its kind, its value as given and in its one way of writing.

    With a domain it counts only where pseudonyms are made under that key domain.
    """

    entity: Entity
    value: str = field(repr=False)
    form: str = field(repr=False)
    domain: str | None = None

    def counts_in(self, domain: str | None) -> bool:
        """Whether it means this person in data sets of a key domain."""
        return self.domain in (None, domain)


@dataclass(frozen=True, repr=False)
class Request:
    """A request to erase a person. Prints its id only."""

    id: str
    identifiers: tuple[Identifier, ...]

    def __repr__(self) -> str:
        """The id only."""
        return f"Request({self.id})"

    @property
    def kinds(self) -> dict[str, int]:
        """How many identifiers of each kind there are."""
        return dict(sorted(Counter(one.entity for one in self.identifiers).items()))

    def wanted(self, domain: str | None) -> ByForm:
        """The identifiers as they are looked for in deliveries of a key domain."""
        forms: dict[str, set[str]] = {}
        for one in self.identifiers:
            if one.counts_in(domain):
                forms.setdefault(one.entity, set()).add(one.form)
        return ByForm({entity: frozenset(found) for entity, found in forms.items()})

    @property
    def values(self) -> list[str]:
        """The values to be looked for in every byte; those that mean others elsewhere are not."""
        found = set()
        for one in self.identifiers:
            if one.entity not in LOCAL:
                found |= {one.value.strip(), one.form, *written(one.form, one.entity)}
        return sorted(text for text in found if len(text) >= 6)


def read_request(path: Path) -> Request:
    """Read a request. Raises UsageError, which shows no value, for what does not make sense."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            f'{path.name}: cannot be read as JSON; write {{"request": "ER-…", '
            '"identifiers": [{"entity": …, "value": …}]}'
        ) from None
    if not isinstance(found, dict) or set(found) != _KEYS:
        raise UsageError(f"{path.name}: write request and identifiers, and nothing else")
    if not isinstance(found["request"], str) or not _ID.fullmatch(found["request"]):
        raise UsageError(
            f"{path.name}: request is the id of the request, such as ER-2026-001: letters, digits, "
            "dots and dashes after ER-, and nothing by which the person could be known"
        )
    listed = found["identifiers"]
    if not isinstance(listed, list) or not listed:
        raise UsageError(f"{path.name}: identifiers is a list of at least one identifier")
    identifiers = tuple(_identifier(one, number) for number, one in enumerate(listed, 1))
    return Request(found["request"], identifiers)


def _identifier(found: object, number: int) -> Identifier:
    where = f"identifier {number}"
    if not isinstance(found, Mapping) or not {"entity", "value"} <= set(found) <= _IDENTIFIER_KEYS:
        raise UsageError(f"{where}: write entity and value, and domain where it needs one")
    entity, value, domain = found["entity"], found["value"], found.get("domain")
    if entity not in ENTITIES:
        raise UsageError(f"{where}: entity is one of {', '.join(ENTITIES)}")
    if not isinstance(value, str) or not isinstance(domain, str | None):
        raise UsageError(f"{where}: value and domain are texts")
    if entity in LOCAL and domain is None:
        raise UsageError(
            f"{where}: a {entity} means somebody else in other data sets; write the domain "
            "(key_domain of the contracts) in which it is this person's"
        )
    forms, is_invalid = canonical(pl.Series([value]), cast("Entity", entity))
    if is_invalid[0] or forms[0] is None:
        raise UsageError(f"{where}: the value is no valid {entity}; nothing was erased")
    return Identifier(cast("Entity", entity), value, forms[0], domain)
