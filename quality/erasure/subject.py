"""The person as our tables know them: pseudonyms under every key there is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from infra.keys import KeyInfo, Keyring
from quality.contract.model import Contract
from quality.contract.strictness import key_domains
from quality.erasure.request import Request
from quality.privacy.persons import LOCAL
from quality.privacy.pseudonyms import pseudonyms


@dataclass(frozen=True)
class Unattributable:
    """Days of a key domain whose keys were destroyed: nobody can say which rows are whose.

    So neither can we (GDPR Art. 11). `first` and `last` are the first and the last such day.
    """

    domain: str
    days_count: int
    first: date
    last: date


class Subject:
    """One person, by the identifiers of a request and all keys that are left."""

    def __init__(self, request: Request, keyring: Keyring) -> None:
        """Nothing is computed yet."""
        self.request = request
        self._keyring = keyring
        self._made: dict[tuple[str, bool], tuple[str, ...]] = {}

    @cached_property
    def _keys(self) -> list[KeyInfo]:
        return self._keyring.list()

    def pseudonyms(self, domain: str, *, by_day: bool) -> tuple[str, ...]:
        """Every pseudonym the person has, or had, in a key domain."""
        known = self._made.get((domain, by_day))
        if known is None:
            known = tuple(sorted(set(self._make(domain, by_day=by_day))))
            self._made[domain, by_day] = known
        return known

    def _make(self, domain: str, *, by_day: bool) -> Iterable[str]:
        kind = "epoch" if by_day else "pseudonym"
        for info in self._keys:
            if info.kind != kind or info.domain != domain or info.destroyed_on is not None:
                continue
            key = self._keyring.pseudonym_key(domain, epoch=info.epoch, version=info.version)
            for one in self.request.identifiers:
                if one.counts_in(domain):
                    yield from pseudonyms(pl.Series([one.form]), one.entity, key)

    def wanted(
        self, labels: Mapping[str, str], contract: Contract | None
    ) -> dict[str, tuple[str, ...]]:
        """By column of a table the values that are this person's.

        The table's own labels say how each column was treated, whatever a contract says today.
        """
        found: dict[str, tuple[str, ...]] = {}
        for name, label in labels.items():
            values = {
                one
                for domain, is_by_day in key_domains(label)
                for one in self.pseudonyms(domain, by_day=is_by_day)
            }
            if "keep" in label.split(" | "):
                values |= self._kept(name, contract)
            if values:
                found[name] = tuple(sorted(values))
        return found

    def _kept(self, name: str, contract: Contract | None) -> set[str]:
        """The identifiers themselves, where a column keeps some in the clear."""
        column = contract.columns.get(name) if contract else None
        if contract is None or column is None or column.type != "string":
            return set()
        return {
            text
            for one in self.request.identifiers
            if one.counts_in(contract.key_domain)
            and (one.entity not in LOCAL or column.entity == one.entity)
            for text in (one.form, one.value)
        }

    @property
    def all_pseudonyms(self) -> list[str]:
        """Every pseudonym under every key that is left."""
        domains = {info.domain for info in self._keys if info.domain is not None}
        return sorted(
            {
                one
                for domain in domains
                for is_by_day in (False, True)
                for one in self.pseudonyms(domain, by_day=is_by_day)
            }
        )

    def unattributable(self, contracts: Iterable[Contract]) -> list[Unattributable]:
        """The days of which nothing can be said, in the domains that have keys a day."""
        kinds = set(self.request.kinds)
        domains = {
            contract.key_domain
            for contract in contracts
            for column in contract.stored.values()
            if column.epoch and column.entity in kinds
        }
        gone: dict[str, list[date]] = {}
        for info in self._keys:
            if info.domain in domains and info.epoch is not None and info.destroyed_on is not None:
                gone.setdefault(str(info.domain), []).append(info.epoch)
        return [
            Unattributable(domain, len(days), min(days), max(days))
            for domain, days in sorted(gone.items())
        ]
