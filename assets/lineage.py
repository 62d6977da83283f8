"""Lineage by column: from any computed column back to the publishers', with the personal class."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from assets.declaration import Declaration
from assets.twin import Twin
from infra.errors import TwinError

# A table and one of its columns.
Place = tuple[str, str]
Personal = Literal["none", "indirect", "direct"]
# Bronze and history have these beside the declared columns; they say when, and of nobody.
TIMES: Final = ("window_on", "valid_from", "valid_to")
_SEVERITY: Final[dict[Personal, int]] = {"none": 0, "indirect": 1, "direct": 2}


@dataclass(frozen=True)
class Published:
    """What a publisher delivers for a column of bronze.

    `personal` is the class of the publisher's column, `treatment` what was done to it at the gate,
    and `entity` what kind of identifier it is (empty for none); pseudonyms may have keys of a day.
    """

    source: str
    source_columns: tuple[str, ...]
    personal: Personal
    treatment: str
    entity: str
    is_pseudonym: bool
    is_by_day: bool


@dataclass(frozen=True)
class Descent(Published):
    """One way from a column of a computed table back to what a publisher wrote.

    `through` are the tables and columns on the way, bronze first.
    """

    table: str
    column: str
    through: tuple[Place, ...]

    @property
    def first_computed(self) -> Place:
        """The first computed column on the way: where a pseudonym was counted, and ended."""
        return (*self.through, (self.table, self.column))[1]

    @property
    def carried(self) -> Personal:
        """The personal class that the computed column still has from this way.

        A pseudonym is personal until it is counted; a treated direct identifier says something of
        somebody yet, as an indirect one does.
        """
        if self.is_pseudonym:
            return "none"
        is_treated = self.personal == "direct" and self.treatment != "keep"
        return "indirect" if is_treated else self.personal


def descents(declarations: Mapping[str, Declaration], twin: Twin) -> list[Descent]:
    """Every way back from every column of silver, gold and open, in the order of the tables.

    Raises TwinError where a column is made of one that is not there, or of a table that nobody
    knows.
    """
    known: _Known = {}
    return [
        descent
        for key in sorted(declarations)
        for column in declarations[key].gives
        for descent in _told(key, column, declarations, twin, known)
    ]


def descents_of(
    table: str, column: str, declarations: Mapping[str, Declaration], twin: Twin
) -> list[Descent]:
    """Every way back from one column."""
    return _told(table, column, declarations, twin, {})


def published_by(
    table: str, declarations: Mapping[str, Declaration], twin: Twin
) -> dict[str, list[Place]]:
    """The publishers' columns that each column of a computed table is made of, each once."""
    known: _Known = {}
    return {
        column: list(
            dict.fromkeys(
                (way.begins.source, name)
                for way in _ways((table, column), declarations, twin, known)
                for name in way.begins.source_columns
            )
        )
        for column in declarations[table].gives
    }


def made_of(declaration: Declaration, column: str) -> list[Place]:
    """The columns of other tables that a column is declared to be made of."""
    parts = [origin.partition(".") for origin in declaration.gives[column].made_of]
    # A table may be read under two names.
    return list(dict.fromkeys((declaration.reads[name], read) for name, _, read in parts))


@dataclass(frozen=True)
class _Way:
    """A way back: the columns on it, the publisher's in bronze first and where it begins last."""

    through: tuple[Place, ...]
    begins: Published


# The ways back from columns that were asked for, since many tables are made of the same.
_Known = dict[Place, tuple[_Way, ...]]


def _told(
    table: str, column: str, declarations: Mapping[str, Declaration], twin: Twin, known: _Known
) -> list[Descent]:
    return [
        Descent(table=table, column=column, through=way.through[:-1], **vars(way.begins))
        for way in _ways((table, column), declarations, twin, known)
    ]


def _ways(
    place: Place, declarations: Mapping[str, Declaration], twin: Twin, known: _Known
) -> tuple[_Way, ...]:
    """Every way back from a column of a computed table or of bronze."""
    if place in known:
        return known[place]
    if place[0] in declarations:
        known[place] = tuple(
            _Way((*way.through, place), way.begins)
            for origin in _origins(place, declarations, twin)
            for way in _ways(origin, declarations, twin, known)
        )
    else:
        begins = _published(place, twin)
        known[place] = (_Way((place,), begins),) if begins else ()
    return known[place]


def _origins(place: Place, declarations: Mapping[str, Declaration], twin: Twin) -> list[Place]:
    """What a computed column is made of. Raises TwinError where one of them is not there."""
    table, column = place
    places = made_of(declarations[table], column)
    for origin, name in places:
        asks = f"{table}.{column} is made of {origin}"
        if origin in declarations:
            if name not in declarations[origin].gives:
                raise TwinError(f"{asks}.{name}, which that table does not give")
        elif twin.contract_of(origin) is None or not origin.startswith("bronze/"):
            raise TwinError(f"{asks}, which no contract and no function gives")
        elif name not in TIMES and _published((origin, name), twin) is None:
            raise TwinError(f"{asks}.{name}, which its contract does not store")
    return places


def _published(place: Place, twin: Twin) -> Published | None:
    """A column of bronze as its publisher delivers it; None where none is stored."""
    table, column = place
    contract = twin.contract_of(table)
    stored = contract.columns.get(column) if contract else None
    if contract is None or stored is None or not stored.is_stored:
        return None
    return Published(
        source=f"source/{contract.key}",
        source_columns=tuple(stored.source),
        personal=stored.personal,
        treatment=stored.treatment_name,
        entity=stored.entity or "",
        is_pseudonym=stored.is_pseudonym,
        is_by_day=stored.epoch == "day",
    )


def check_lineage(
    declarations: Mapping[str, Declaration], schemas: Mapping[str, pl.Schema], twin: Twin
) -> None:
    """Raise TwinError where a computed column descends from what it may not, or from nothing.

    Direct identifiers that nothing was done to and free texts end in bronze. A pseudonym may be
    counted, and ends there: a column made of one is a number, a yes or no, or a code of a closed
    list, never another text or an instant. That such a column does not hand pseudonyms on cannot
    be seen in its type: tests rename all of them, and nothing may change. All of it is seen where
    a column is made of one of bronze; what is made of that column hands on no more.
    """
    for table in sorted(declarations):
        for column in declarations[table].gives:
            for origin in _origins((table, column), declarations, twin):
                if origin[0] not in declarations and (found := _published(origin, twin)):
                    _check_origin((table, column), schemas[table][column], origin, found)


def _check_origin(place: Place, dtype: pl.DataType, origin: Place, published: Published) -> None:
    where, behind = ".".join(place), ".".join(origin)
    if published.treatment == "redact":
        raise TwinError(
            f"{where} descends from the free text {behind}, which is restricted to bronze; leave "
            "it out"
        )
    if published.personal == "direct" and published.treatment == "keep":
        raise TwinError(
            f"{where} descends from the direct identifier {behind}, to which nothing was done; "
            "treat it in its contract or leave it out"
        )
    if published.is_pseudonym and not _may_count(place[1], dtype):
        raise TwinError(
            f"{where} is made of the pseudonym {behind} and is no number: from silver up "
            "pseudonyms may be counted and not passed on; count them or leave them out"
        )


def _may_count(column: str, dtype: pl.DataType) -> bool:
    """Whether a column can say how many there are, or which of a closed list follows from that."""
    is_code = dtype == pl.String and column.endswith("_code")
    return dtype.is_numeric() or dtype == pl.Boolean or is_code


def strictest(ways: Iterable[Descent]) -> Personal:
    """The gravest personal class that a column still has; none where it has no origins."""
    return max((way.carried for way in ways), key=_SEVERITY.__getitem__, default="none")
