"""Erasing a person from one data set: quarantine, bronze, every version, sealed deliveries.

Nobody else writes it meanwhile. Tables come first: as long as a sealed delivery is whole, it says
which refused rows are the person's, and which rows do not show it by a pseudonym. Whatever stops
this, doing it again finishes it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from infra.arrivals import Arrivals
from infra.errors import ContractError, TwinError
from infra.lake import any_of, as_text
from infra.scan import UNREADABLE, Findings, Hit
from infra.seal.erasures import with_rows
from infra.seal.records import Record
from infra.seal.searching import search_arrivals
from quality.contract.entities import Entity
from quality.contract.model import Contract
from quality.erasure.subject import Subject
from quality.privacy.canonical import DEFAULT_ENTITY
from quality.privacy.cutting import CannotBeCut, Cut, cut, places_as_text
from quality.privacy.gate import protect
from quality.workplace import Workplace

Told = Callable[[str], None]
_PLACE: Final = "delivery_id:payload_index:row_index"
_ERASED: Final = "erasure"
_COUNT: Final = "erased_rows"


@dataclass(frozen=True)
class TableErased:
    """What was done to one table. `version` is the only one that is left of it."""

    table: str
    rows_count: int
    version: int


@dataclass(frozen=True)
class Known:
    """What the sealed deliveries say of the person's rows.

    `places` are those of quarantine; `keys` the keys of rows of bronze: by the names of columns,
    joined by colons, the values as `any_of` takes them.
    """

    places: Mapping[str, Collection[str]]
    keys: Mapping[str, Collection[str]]


@dataclass(frozen=True, repr=False)
class _Left:
    arrivals: Arrivals
    is_changed: bool


class Dataset:
    """One data set in the hands of an erasure; `contract` None where there is none any more."""

    def __init__(
        self, key: str, contract: Contract | None, *, subject: Subject, at: Workplace
    ) -> None:
        """Nothing is opened yet; `purged` are the tables whose history is purged by this."""
        self.key = key
        self.purged: list[str] = []
        self._contract = contract
        self._subject = subject
        self._at = at

    @property
    def tables(self) -> tuple[str, str]:
        """Its tables, in the order in which they are erased: what is refused first."""
        return f"quarantine/{self.key}", f"bronze/{self.key}"

    def erase(self, told: Told) -> list[TableErased]:
        """Erase the person from all of it; what was done to each table that held them."""
        with self._at.lake.upkeep.alone(*self.tables):
            known = self._known()
            told(f"{self.key}: looked into sealed deliveries")
            erased = [
                done
                for table, more in zip(self.tables, (known.places, known.keys), strict=True)
                if self._at.lake.exists(table)
                for done in self._erase_table(table, more, told)
            ]
            self._erase_deliveries(told)
        return erased

    def _erase_table(
        self, table: str, more: Mapping[str, Collection[str]], told: Told
    ) -> Iterator[TableErased]:
        upkeep, job = self._at.lake.upkeep, self._subject.request.id
        wanted = self._remembered(table, more)
        is_begun = upkeep.is_rewritten(table, job)
        if not wanted and not is_begun:
            return
        where = partial(any_of, wanted)
        found = upkeep.holding(table, where)
        if not found.is_any and not is_begun:
            return
        if found.rows_count or not is_begun:
            upkeep.rewrite(
                table,
                lambda rows: rows.filter(~where(rows.columns)),
                job=job,
                notes={_ERASED: job, _COUNT: str(found.rows_count)},
            )
            told(f"{table}: rewritten")
        if found.is_any or not upkeep.is_purged(table, job):
            upkeep.purge(table, job=job)
            self.purged.append(table)
            told(f"{table}: history purged")
        notes = self._at.lake.last_notes(table)
        count = int(notes.get(_COUNT, "0")) if notes.get(_ERASED) == job else 0
        yield TableErased(table, count, self._at.lake.version(table) or 0)

    def _remembered(
        self, table: str, more: Mapping[str, Collection[str]]
    ) -> Mapping[str, Collection[str]]:
        """By which values rows of a table are the person's: known now, or noted before.

        Noted before anything is done: a run that is stopped goes on, and a backup that is restored
        is rid of the same rows.
        """
        erasures = self._at.archive.erasures
        wanted = self._subject.wanted(self._at.lake.labels(table), self._contract)
        entry = erasures.get(self._subject.request.id)
        if entry is None:
            raise TwinError("an erasure is noted before it begins; this is a bug")
        noted = with_rows(entry, table, {**wanted, **more})
        if noted != entry and noted.rows[table]:
            erasures.put(noted)
        return noted.rows[table]

    def _known(self) -> Known:
        """What sealed deliveries say of the person; looked at before any of them is cut."""
        places: set[str] = set()
        keys: set[str] = set()
        for records in self._at.archive.contents.by_ciphertext(self.key):
            arrivals = self._at.archive.contents.open(records[0])
            try:
                found = self._cut(arrivals)
            except CannotBeCut:
                continue
            if found is not None and found.places:
                for record in records:
                    places |= set(places_as_text(record.delivery_id, found.places))
                    keys |= set(self._keys(found.removed, record))
        names = ":".join(self._contract.primary_key) if self._contract else ""
        return Known({_PLACE: places} if places else {}, {names: keys} if keys else {})

    def _cut(self, arrivals: Arrivals) -> Cut | None:
        """The delivery without the person; None where it cannot be read as its contract says.

        Raises CannotBeCut where it holds rows of the person that cannot be taken out.
        """
        contract = self._contract
        if contract is None or not (self._reads_any(contract) or self._is_said(arrivals)):
            return None
        wanted = self._subject.request.wanted(contract.key_domain)
        try:
            return cut(
                arrivals, contract, wanted, adapter=contract.source, keyring=self._at.keyring
            )
        except CannotBeCut:
            raise
        except ContractError:
            return None

    def _reads_any(self, contract: Contract) -> bool:
        """Whether the contract reads identifiers of such a kind."""
        wanted = self._subject.request.wanted(contract.key_domain).entities
        kinds: set[Entity] = {c.entity or DEFAULT_ENTITY for c in contract.columns.values()}
        return bool(kinds & wanted)

    def _is_said(self, arrivals: Arrivals) -> bool:
        """Whether any byte of a delivery names the person."""
        return any(hit.form != UNREADABLE for hit in self._hits(arrivals))

    def _hits(self, arrivals: Arrivals) -> list[Hit]:
        """Where a delivery names the person, and what of it nobody can look into."""
        if not self._subject.request.values:
            return []
        findings = Findings(self._subject.request.values)
        search_arrivals(arrivals, findings, shown=self.key)
        return findings.hits()

    def _keys(self, removed: Arrivals, record: Record) -> Iterator[str]:
        """The keys that the person's delivered rows have in bronze."""
        contract = self._contract
        if contract is None or not contract.primary_key:
            return
        sealed = record.described()
        with suppress(ContractError):
            keyring = self._at.keyring_of(contract, sealed)
            rows = protect(removed, contract, keyring, adapter=contract.source).frame
            yield from rows.select(as_text(contract.primary_key)).to_series().drop_nulls()

    def _erase_deliveries(self, told: Told) -> None:
        archive = self._at.archive
        for records in archive.contents.by_ciphertext(self.key):
            left = self._left(archive.contents.open(records[0]))
            if left is None:
                self._note(records, "destroyed")
                archive.contents.destroy(records, mark=self._subject.request.id.encode())
                told(f"{self.key}: a sealed delivery destroyed")
            elif left.is_changed:
                self._note(records, "cut")
                archive.contents.replace(records, left.arrivals)
                told(f"{self.key}: a sealed delivery cut")
        # What somebody who was stopped left: no key opens it, and nobody is sealing now.
        archive.contents.remove_unkeyed(self.key)
        if self._contract is not None and self._reads_any(self._contract):
            archive.answers.forget(self.key)
            told(f"{self.key}: servers' answers forgotten")

    def _left(self, arrivals: Arrivals) -> "_Left | None":
        """What of a delivery may stay; None where all of it has to go.

        That is so, too, where nobody can look into it: a damaged zip, say, which no row came of.
        """
        try:
            found = self._cut(arrivals)
        except CannotBeCut:
            return None
        left = arrivals if found is None else found.left
        if self._hits(left):
            return None
        return _Left(left, is_changed=found is not None and found.is_changed)

    def _note(self, records: Sequence[Record], what: str) -> None:
        """Remember, before it is done, what becomes of a delivery: a run that is stopped counts."""
        erasures = self._at.archive.erasures
        entry = erasures.get(self._subject.request.id)
        if entry is None:
            return
        own = {**entry.deliveries.get(self.key, {}), records[0].delivery_id: what}
        erasures.put(replace(entry, deliveries={**entry.deliveries, self.key: own}))
