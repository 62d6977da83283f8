"""The proof: every byte is looked at for the person, and what cannot be looked at is said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.counting import counted
from infra.errors import TwinError
from infra.objects import open_store
from infra.scan import Findings, Hit, search_store
from infra.seal.searching import search_archive
from quality.contract.model import Contract
from quality.contract.strictness import key_domains
from quality.erasure.subject import Subject
from quality.tables import bronze_spec, quarantine_spec
from quality.workplace import Workplace

_MOST_NAMED: Final = 8


class NotErased(TwinError):
    """Something of the person is left, or may be: nothing is certified."""


@dataclass(frozen=True)
class Place:
    """A location that is searched: how it is called in a certificate, and where it is."""

    name: str
    location: str


@dataclass(frozen=True)
class Looked:
    """How much of a place was looked at."""

    place: str
    objects_count: int
    bytes_count: int


@dataclass(frozen=True)
class Proof:
    """That nothing was found: of how many values, where; sealed deliveries were opened."""

    values_count: int
    looked: tuple[Looked, ...]
    deliveries_count: int
    tables_count: int


def prove(
    subject: Subject,
    *,
    at: Workplace,
    contracts: Mapping[str, Contract],
    places: Sequence[Place],
    purged: Collection[str],
) -> Proof:
    """Look for the person everywhere. Raises NotErased, naming places, if anything may be left.

    `purged` are the tables of which nothing but the newest rows may be there.
    """
    values = [*subject.request.values, *subject.all_pseudonyms]
    left = _left_in_tables(subject, at=at, contracts=contracts, purged=purged)
    looked: list[Looked] = []
    deliveries_count = 0
    if values:
        findings = Findings(values)
        roots = [Place("lake", root) for root in at.lake.roots]
        for place in (*roots, *places):
            store = open_store(place.location)
            counts = search_store(store, findings, shown=place.name)
            looked.append(Looked(place.name, *counts))
            left += _hidden_in(place, store.hidden_count())
        deliveries_count = search_archive(at.archive, findings)
        left += [_told(hit) for hit in findings.hits()]
    if left:
        more = len(left) - _MOST_NAMED
        rest = f"; and {more} more" if more > 0 else ""
        raise NotErased(
            f"{subject.request.id}: not everything is erased, and nothing was signed. Left: "
            f"{'; '.join(left[:_MOST_NAMED])}{rest}. Remove what is named here (a copy somebody "
            "made, a file of another tool, statistics), then give the same command again"
        )
    return Proof(len(values), tuple(looked), deliveries_count, len(at.lake.tables()))


def _hidden_in(place: Place, count: int) -> list[str]:
    """What a bucket keeps of objects that are gone, in which nobody looks."""
    if not count:
        return []
    return [
        f"the bucket of the {place.name} keeps {counted(count, 'older version', 'older versions')} "
        "of objects, or parts of uploads: remove them, and turn versioning off"
    ]


def _told(hit: Hit) -> str:
    if hit.form == "unreadable":
        return f"{hit.path} cannot be opened, so nobody knows what is in it"
    return f"{hit.path} ({hit.place}) holds a value as {hit.form}"


def _left_in_tables(
    subject: Subject,
    *,
    at: Workplace,
    contracts: Mapping[str, Contract],
    purged: Collection[str],
) -> list[str]:
    left: list[str] = []
    for table in at.lake.tables():
        labels = at.lake.labels(table)
        contract = contracts.get(table.partition("/")[2])
        if not any(key_domains(label) for label in labels.values()):
            continue
        found = at.lake.upkeep.traces(table, allowed=_allowed(table, labels, contract))
        if table in purged:
            left += [f"{table}: {name} is no part of it" for name in found.other_files]
            left += [f"{table}: {name} is of an older version" for name in found.old_log]
        if found.statistics and subject.wanted(labels, contract):
            names = ", ".join(found.statistics)
            left.append(
                f"{table} has statistics of {names}, least and greatest values in the clear; "
                f"`gemello upkeep rewrite {table}` writes it without"
            )
    return left


def _allowed(table: str, labels: Mapping[str, str], contract: Contract | None) -> set[str]:
    """The columns that may have statistics: what is neither a pseudonym nor of a person."""
    if contract is None:
        return {name for name, label in labels.items() if label == "keep"}
    is_bronze = table.startswith("bronze/")
    spec = bronze_spec(contract) if is_bronze else quarantine_spec(contract)
    return set(spec.statistics)
