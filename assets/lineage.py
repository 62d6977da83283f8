"""Lineage by column: from any computed column back to the publishers', with the personal class."""

from collections.abc import Iterable, Iterator, Mapping
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
class Descent:
    """One way from a column of a computed table back to what a publisher wrote.

    `through` are the tables and columns on the way, bronze first. `personal` is the class of the
    publisher's column, `treatment` what was done to it at the gate, and `entity` what kind of
    identifier it is (empty for none); pseudonyms may have keys of a day.
    """

    table: str
    column: str
    through: tuple[Place, ...]
    source: str
    source_columns: tuple[str, ...]
    personal: Personal
    treatment: str
    entity: str
    is_pseudonym: bool
    is_by_day: bool

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
    return [
        descent
        for key in sorted(declarations)
        for column in declarations[key].gives
        for descent in _ways(key, column, (), declarations, twin)
    ]


def made_of(declaration: Declaration, column: str) -> list[Place]:
    """The columns of other tables that a column is declared to be made of."""
    parts = [origin.partition(".") for origin in declaration.gives[column].made_of]
    # A table may be read under two names.
    return list(dict.fromkeys((declaration.reads[name], read) for name, _, read in parts))


def descents_of(
    table: str, column: str, declarations: Mapping[str, Declaration], twin: Twin
) -> list[Descent]:
    """Every way back from one column."""
    return list(_ways(table, column, (), declarations, twin))


def _ways(
    table: str,
    column: str,
    after: tuple[Place, ...],
    declarations: Mapping[str, Declaration],
    twin: Twin,
) -> Iterator[Descent]:
    declaration = declarations.get(table)
    if declaration is not None:
        if column not in declaration.gives:
            raise TwinError(f"{_asks(after)} {table}.{column}, which that table does not give")
        for origin, name in made_of(declaration, column):
            yield from _ways(origin, name, ((table, column), *after), declarations, twin)
        return
    contract = twin.contract_of(table)
    if contract is None or not table.startswith("bronze/"):
        raise TwinError(f"{_asks(after)} {table}, which no contract and no function gives")
    if column in TIMES:
        return
    if column not in contract.stored:
        raise TwinError(f"{_asks(after)} {table}.{column}, which its contract does not store")
    stored = contract.stored[column]
    yield Descent(
        table=after[-1][0],
        column=after[-1][1],
        through=((table, column), *after[:-1]),
        source=f"source/{contract.key}",
        source_columns=tuple(stored.source),
        personal=stored.personal,
        treatment=stored.treatment_name,
        entity=stored.entity or "",
        is_pseudonym=stored.is_pseudonym,
        is_by_day=stored.epoch == "day",
    )


def _asks(after: tuple[Place, ...]) -> str:
    table, column = after[0]
    return f"{table}.{column} is made of"


def check_lineage(
    declarations: Mapping[str, Declaration], schemas: Mapping[str, pl.Schema], twin: Twin
) -> None:
    """Raise TwinError where a computed column descends from what it may not.

    Direct identifiers that nothing was done to and free texts end in bronze. A pseudonym may be
    counted, and ends there: a column made of one is a number, a yes or no, or a code of a closed
    list, never another text or an instant. That such a column does not hand pseudonyms on cannot
    be seen in its type: tests rename all of them, and nothing may change.
    """
    for descent in descents(declarations, twin):
        where = f"{descent.table}.{descent.column}"
        origin, name = descent.through[0]
        if descent.treatment == "redact":
            raise TwinError(
                f"{where} descends from the free text {origin}.{name}, which is restricted to "
                "bronze; leave it out"
            )
        if descent.personal == "direct" and descent.treatment == "keep":
            raise TwinError(
                f"{where} descends from the direct identifier {origin}.{name}, to which nothing "
                "was done; treat it in its contract or leave it out"
            )
        table, column = descent.first_computed
        if descent.is_pseudonym and not _may_count(column, schemas[table][column]):
            raise TwinError(
                f"{table}.{column} is made of the pseudonym {origin}.{name} and is no number: from "
                "silver up pseudonyms may be counted and not passed on; count them or leave them "
                "out"
            )


def _may_count(column: str, dtype: pl.DataType) -> bool:
    """Whether a column can say how many there are, or which of a closed list follows from that."""
    is_code = dtype == pl.String and column.endswith("_code")
    return dtype.is_numeric() or dtype == pl.Boolean or is_code


def strictest(ways: Iterable[Descent]) -> Personal:
    """The gravest personal class that a column still has; none where it has no origins."""
    return max((way.carried for way in ways), key=_SEVERITY.__getitem__, default="none")
