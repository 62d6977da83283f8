"""Rotation: all stored pseudonyms of a key domain encrypted anew, and the old key destroyed.

A pseudonym is a keyed hash, encrypted once more as it is stored. Rotation needs the two keys of
that encryption and nothing else: no identifier, no publisher, no sealed delivery. Its steps are
kept in the ring and in the tables themselves, so that one that was cut off goes on where it was.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from infra.errors import TwinError
from infra.keys import CipherKey, Keyring
from infra.lake import Lake
from quality.contract.strictness import pseudonyms_in
from quality.privacy.pseudonyms import reencrypted

Told = Callable[[str], None]


@dataclass(frozen=True)
class Rotation:
    """What a rotation did. Counts only.

    `had_ended` says that all but the destruction of the old key had been done before.
    """

    domain: str
    tables: tuple[str, ...] = ()
    rows_count: int = 0
    had_ended: bool = False


@dataclass(frozen=True)
class _Table:
    """A table with pseudonyms of the domain: in which columns, and which have keys of a day."""

    key: str
    columns: tuple[str, ...]
    by_day: tuple[str, ...]
    mark: int | None


def rotate(
    domain: str, *, lake: Lake, keyring: Keyring, notes: Mapping[str, str], told: Told | None = None
) -> Rotation:
    """Encrypt all stored pseudonyms of a domain with a new key, and destroy the old one.

    Tables are held alone, closed, rewritten, and rid of their older versions; then they are opened
    again. Who had one pseudonym in several tables still has one. Raises TwinError, before anything
    is changed, for a table of which it cannot be told what its columns hold, or that others go on
    writing.
    """
    said = told or (lambda _: None)
    with lake.upkeep.alone(*(table.key for table in _tables(domain, lake))):
        _refuse_doubtful(domain, lake, keyring)
        keys = keyring.ciphers.begin_rotation(domain)
        if keys is None:
            return Rotation(domain, had_ended=True)
        said("the new key is made")
        old, new = keys
        rows_count, tables = 0, set[str]()
        # A table that a run made while we were at it has the old key, too.
        while left := _left(domain, lake, new):
            with lake.upkeep.alone(*(table.key for table in left)):
                rows_count += _rewrite_all(left, lake, old, new, notes=notes, said=said)
            tables |= {table.key for table in left}
        keyring.ciphers.end_rotation(old)
        said("the old key is destroyed")
    return Rotation(domain, tuple(sorted(tables)), rows_count)


def _rewrite_all(
    tables: list[_Table],
    lake: Lake,
    old: CipherKey,
    new: CipherKey,
    *,
    notes: Mapping[str, str],
    said: Told,
) -> int:
    """Bring these tables under the new key, and give how many rows were written for it."""
    domain, upkeep = old.domain, lake.upkeep
    why = (
        f"the key of the domain {domain} is being rotated, or its rotation was cut off; type "
        f"`gemello keys rotate {domain}` to end it"
    )
    rows_count = 0
    for table in tables:
        upkeep.close(table.key, why)
        said(f"{table.key}: closed")
    for table in tables:
        change = partial(_changed, table=table, old=old, new=new)
        own = {**notes, "rotated": domain}
        done = upkeep.rekey(table.key, change, domain=domain, mark=new.mark, notes=own)
        rows_count += done.rows_count
        said(f"{table.key}: rewritten")
    for table in tables:
        # Not purged: the log holds no pseudonym, and is the history of deliveries.
        upkeep.remove_files(table.key)
        said(f"{table.key}: older versions removed")
    for table in tables:
        upkeep.reopen(table.key)
        said(f"{table.key}: open")
    return rows_count


def _changed(rows: pl.DataFrame, *, table: _Table, old: CipherKey, new: CipherKey) -> pl.DataFrame:
    columns = [name for name in table.columns if name in rows.columns]
    fresh = rows.with_columns(reencrypted(rows[name], old, new) for name in columns)
    if not table.by_day:
        return fresh
    # In the order of the new pseudonyms, as a landing leaves them (docs/decisions/0012).
    others = [name for name in fresh.columns if name not in table.by_day]
    return fresh.sort(*table.by_day, *others, nulls_last=True)


def _left(domain: str, lake: Lake, new: CipherKey) -> list[_Table]:
    """The tables whose pseudonyms are not encrypted with the new key, or that are closed still."""
    return [
        table
        for table in _tables(domain, lake)
        if table.mark != new.mark or lake.upkeep.is_closed(table.key)
    ]


def _tables(domain: str, lake: Lake) -> Iterator[_Table]:
    for key in lake.tables():
        held = {
            name: domains
            for name, label in lake.labels(key).items()
            if domain in (domains := pseudonyms_in(label))
        }
        if held:
            by_day = tuple(name for name, domains in held.items() if domains[domain])
            yield _Table(key, tuple(held), by_day, lake.cipher_mark(key, domain))


def _refuse_doubtful(domain: str, lake: Lake, keyring: Keyring) -> None:
    """Refuse tables that do not hold what the keys of the ring made, and nothing else."""
    marks = {key.mark for key in keyring.ciphers.all(domain)}
    for table in _tables(domain, lake):
        labels = lake.labels(table.key)
        for name in table.columns:
            if set(pseudonyms_in(labels[name])) != {domain}:
                raise TwinError(
                    f"{table.key}: {name} holds what was stored under several contracts "
                    f"({labels[name]}), and which row is which cannot be told; delete the "
                    "table's folder and rebuild it before the key is rotated: gemello run "
                    f"--from-archive --select {table.key}"
                )
        if marks and table.mark not in marks:
            raise TwinError(
                f"{table.key}: its pseudonyms are not encrypted with the key that the ring has "
                f"for the domain {domain}: the ring or the table was restored from an older "
                "copy; restore the one that belongs to the other, or delete the table's folder "
                "and rebuild it"
            )
