"""Whose rows: finding in delivered rows the identifiers of persons who asked to be erased."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final, Protocol

import polars as pl

from infra.adapters.raw import LINE, PAYLOAD, RawRows
from infra.keys import Keyring
from infra.seal.erasures import Erasure, prints_of
from quality.contract.entities import Entity
from quality.contract.model import Contract
from quality.privacy.canonical import DEFAULT_ENTITY
from quality.privacy.reading import read_identifiers
from quality.privacy.treatment import sources_of

# Kinds of identifiers that mean somebody else, or nothing, in another domain.
LOCAL: Final = frozenset(
    {"RECORD_ID", "CUSTOMER_CODE", "METER_SERIAL", "IP_ADDRESS", "PERSON", "ADDRESS"}
)
_SEPARATORS: Final = r"[\s./()_\-]+"
# Shorter ones stand by chance in other texts.
_SHORTEST_TEXT: Final = 6


class Wanted(Protocol):
    """The identifiers looked for in the deliveries of one contract."""

    @property
    def entities(self) -> frozenset[str]:
        """Their kinds."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Those known in the clear, in capitals without separators, to be found in any text."""

    def is_wanted(self, forms: pl.Series, entity: Entity) -> pl.Series:
        """Which of these canonical forms of a kind are looked for."""


@dataclass(frozen=True, repr=False)
class ByForm:
    """Identifiers known in the clear: canonical forms by kind."""

    forms: Mapping[str, frozenset[str]]

    @property
    def entities(self) -> frozenset[str]:
        """See Wanted."""
        return frozenset(self.forms)

    @property
    def texts(self) -> tuple[str, ...]:
        """See Wanted."""
        return tuple(sorted({text for found in self._texts() for text in found}))

    def _texts(self) -> Iterable[set[str]]:
        for entity, forms in self.forms.items():
            if entity not in LOCAL:
                yield {one for form in forms for one in written(form, entity)}

    def is_wanted(self, forms: pl.Series, entity: Entity) -> pl.Series:
        """See Wanted."""
        return forms.is_in(list(self.forms.get(entity, ()))).fill_null(value=False)


@dataclass(frozen=True, repr=False)
class ByPrint:
    """Identifiers known by their keyed prints alone: by kind, and by the key they were made with.

    No key is that of the keyring.
    """

    prints: Mapping[str, Mapping[str | None, frozenset[str]]]
    keyring: Keyring

    @property
    def entities(self) -> frozenset[str]:
        """See Wanted."""
        return frozenset(self.prints)

    @property
    def texts(self) -> tuple[str, ...]:
        """See Wanted."""
        return ()

    def is_wanted(self, forms: pl.Series, entity: Entity) -> pl.Series:
        """See Wanted."""
        distinct = forms.drop_nulls().unique()
        found: list[str] = []
        for key, known in self.prints.get(entity, {}).items():
            made = prints_of(distinct, entity, self.keyring, key=key)
            is_known = pl.Series([one in known for one in made], dtype=pl.Boolean)
            found += distinct.filter(is_known).to_list()
        return forms.is_in(found).fill_null(value=False)


def not_wanted_back(
    contract: Contract, erasures: Iterable[Erasure], keyring: Keyring
) -> ByPrint | None:
    """Who may not come back with the deliveries of a contract; None if that is nobody."""
    prints: dict[str, dict[str | None, frozenset[str]]] = {}
    kinds = {column.entity or DEFAULT_ENTITY for column in contract.columns.values()}
    for erasure in erasures:
        for one in () if erasure.is_lifted else erasure.prints:
            if one.entity in kinds and one.domain in (None, contract.key_domain):
                known = prints.setdefault(one.entity, {})
                known[one.key] = known.get(one.key, frozenset()) | {one.digest}
    return ByPrint(prints, keyring) if prints else None


def written(form: str, entity: str) -> set[str]:
    """How an identifier may stand in a text, in capitals without separators."""
    bare = re.sub(_SEPARATORS, "", form).upper()
    found = {bare}
    if entity == "PHONE_NUMBER":
        found |= {bare.removeprefix("+39"), bare.removeprefix("+")}
    return {text for text in found if len(text) >= _SHORTEST_TEXT}


def theirs(raw: RawRows, contract: Contract, wanted: Wanted) -> pl.Series:
    """Which delivered rows are theirs: a column of identifiers says so, or a cell that is one."""
    delivered = {name: raw.frame[name] for name in raw.frame.columns}
    found = [pl.repeat(False, raw.frame.height, dtype=pl.Boolean, eager=True)]
    for name, column in contract.columns.items():
        entity = column.entity or DEFAULT_ENTITY
        if entity in wanted.entities and (column.entity or column.is_pseudonym):
            reading = read_identifiers(sources_of(delivered, column), name, column)
            found.append(wanted.is_wanted(reading.rows, entity))
    if wanted.texts:
        found += [_bare(cells).is_in(wanted.texts) for cells in _texts(raw)]
    return reduce(or_, (each.fill_null(value=False) for each in found))


def without_mentions(raw: RawRows, wanted: Wanted) -> tuple[pl.DataFrame, int]:
    """The rows with each cell emptied that speaks of them in a longer text, and how many did."""
    cells, count = {}, 0
    for texts in _texts(raw) if wanted.texts else ():
        is_said = _bare(texts).str.contains_any(list(wanted.texts)).fill_null(value=False)
        if is_said.any() and texts.dtype == pl.String:
            count += int(is_said.sum())
            nothing = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
            cells[texts.name] = nothing.zip_with(is_said, texts).alias(texts.name)
    return raw.frame.with_columns(cells.values()), count


def is_said(text: str, wanted: Wanted) -> bool:
    """Whether a text names one of them."""
    if not wanted.texts:
        return False
    bare = re.sub(_SEPARATORS, "", text).upper()
    return any(one in bare for one in wanted.texts)


def _texts(raw: RawRows) -> list[pl.Series]:
    """The delivered columns that may hold an identifier."""
    frame = raw.frame.drop(PAYLOAD, LINE)
    return [cells for cells in frame if cells.dtype == pl.String or cells.dtype.is_integer()]


def _bare(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String).str.to_uppercase().str.replace_all(_SEPARATORS, "")
