"""Closing a table: nobody reads or writes it, whoever they are, until it is opened again.

A lease ends with the process that holds it; this does not. Of several tables that are rewritten for
one new key some have it before the others, and whoever joined them then would find nothing. Writers
that began before a table was closed fail at their commit, because its metadata changed, and see it
when they try again.
"""

from typing import TYPE_CHECKING

from infra.errors import TwinError
from infra.lake.faults import commit
from infra.lake.places import Place
from infra.lake.reading import CLOSED, OLDEST, newest

if TYPE_CHECKING:
    from deltalake import DeltaTable


def is_closed(place: Place, key: str) -> bool:
    """Whether nobody may read or write the table."""
    return bool(newest(place, key).metadata().configuration.get(CLOSED))


def close(place: Place, key: str, why: str) -> None:
    """Let nobody read or write the table from now on.

    Raises TwinError if it is closed for another reason.
    """

    def attempt() -> int:
        table = newest(place, key)
        said = table.metadata().configuration.get(CLOSED)
        if said and said != why:
            raise TwinError(f"{key} is closed already: {said}; end that first")
        if said != why:
            _set(table, {CLOSED: why})
        return table.version()

    commit(key, attempt)


def reopen(place: Place, key: str) -> None:
    """Let everybody read and write again; versions before this commit are told to be gone."""

    def attempt() -> int:
        table = newest(place, key)
        if table.metadata().configuration.get(CLOSED):
            _set(table, {CLOSED: "", OLDEST: str(table.version() + 1)})
        return table.version()

    commit(key, attempt)


def _set(table: "DeltaTable", properties: dict[str, str]) -> None:
    table.alter.set_table_properties(properties, raise_if_not_exists=False)
