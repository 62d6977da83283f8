"""Where landings happen: the lake, the archive of sealed deliveries, and the keys."""

from dataclasses import dataclass

from infra.keys import Keyring
from infra.lake import Lake
from infra.seal import Archive, SealedDelivery
from quality.contract.model import Contract


@dataclass(frozen=True)
class Workplace:
    """What a landing reads and writes."""

    lake: Lake
    archive: Archive
    keyring: Keyring

    def key_in_use(self, contract: Contract) -> tuple[str, int] | None:
        """The domain and newest version of the key that a contract's pseudonyms are made with."""
        domain = contract.key_domain
        return None if domain is None else (domain, self.keyring.version(domain))

    def key_of(self, contract: Contract, sealed: SealedDelivery | None) -> tuple[str, int] | None:
        """The domain and version of the key that a delivery is protected with; see `keyring_of`."""
        if sealed is None or sealed.key_domain is None or sealed.key_version is None:
            return self.key_in_use(contract)
        if sealed.key_domain != contract.key_domain:
            return self.key_in_use(contract)
        return sealed.key_domain, sealed.key_version

    def keyring_of(self, contract: Contract, sealed: SealedDelivery | None) -> Keyring:
        """The keys a delivery is protected with, now and whenever it is landed or replayed again.

        Without a sealed copy, or under another key domain since, those in use.
        """
        key = self.key_of(contract, sealed)
        return self.keyring if key is None else self.keyring.pinned(*key)

    def lake_of(self, contract: Contract, keyring: Keyring) -> Lake:
        """The lake, for rows that were protected with these keys: see `Lake.encrypted_with`."""
        domain = contract.key_domain
        has_pseudonyms = any(column.is_pseudonym for column in contract.stored.values())
        if domain is None or not has_pseudonyms:
            return self.lake
        return self.lake.encrypted_with(domain, keyring.cipher(domain).mark)
