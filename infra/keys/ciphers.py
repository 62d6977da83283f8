"""The keys that encrypt stored pseudonyms: one a domain, which rotates."""

import secrets
from collections.abc import Sequence
from typing import Final

from infra.errors import KeyDestroyed, TwinError
from infra.keys.kinds import CipherKey
from infra.keys.ring import Ring, Slot

_KEY_BYTES: Final = 32


class Ciphers:
    """The cipher keys of a ring, by domain."""

    def __init__(self, ring: Ring, *, kept: frozenset[str] = frozenset()) -> None:
        """Of the `kept` domains the key first used is given again, whatever happens to it."""
        self._ring = ring
        self._kept = kept
        self._known: dict[str, CipherKey] = {}

    def in_use(self, domain: str) -> CipherKey:
        """Give the key that encrypts the domain's pseudonyms; the first use makes it.

        Raises TwinError while it rotates: some tables then have the one key and some the other.
        """
        known = self._known.get(domain)
        if known is not None and (domain in self._kept or self._ring.is_newest(known.slot)):
            return known
        turns = self._ring.turns(domain) or self._first(domain)
        if len(turns) > 1:
            raise TwinError(
                f"the key of the domain {domain} is being rotated, or its rotation was cut off: "
                f"type `gemello keys rotate {domain}` to end it, then run again"
            )
        self._known[domain] = self._load(Slot(domain, turn=turns[0]))
        return self._known[domain]

    def all(self, domain: str) -> Sequence[CipherKey]:
        """Give the keys of a domain: one, two while it rotates, none if it was never used."""
        return [self._load(Slot(domain, turn=turn)) for turn in self._ring.turns(domain)]

    def begin_rotation(self, domain: str) -> tuple[CipherKey, CipherKey] | None:
        """Give the old and the new key of a rotation; None if one had but to be ended.

        A rotation that was cut off goes on with its own new key. Until `end_rotation` no other
        pseudonym of the domain can be made. Raises TwinError for a domain that has no key.
        """
        ending = [slot for slot in self._ring.unfinished() if slot.domain == domain and slot.turn]
        for slot in ending:
            self._ring.destroy(slot)
        if ending:
            return None
        turns = self._ring.turns(domain)
        if not turns:
            raise TwinError(
                f"the key domain {domain} has no cipher key yet: nothing was pseudonymised with "
                "it, and there is nothing to rotate; see `gemello keys list`"
            )
        if len(turns) == 1:
            following = Slot(domain, turn=turns[0] + 1)
            self._ring.add(following, secrets.token_bytes(_KEY_BYTES), version=1)
        old, new = self.all(domain)
        return old, new

    def end_rotation(self, old: CipherKey) -> None:
        """Destroy the old key: no stored pseudonym may be encrypted with it any more."""
        self._ring.destroy(old.slot)
        self._known.pop(old.domain, None)

    def _first(self, domain: str) -> Sequence[int]:
        """Make the first key of a domain, unless there must have been one before."""
        others = [slot for slot, _ in self._ring.slots() if slot.domain == domain]
        turns = self._ring.turns(domain)  # a first one, perhaps, since our first look
        if not turns and others:
            raise TwinError(
                f"the ring has keys of the domain {domain}, and not the one that encrypts its "
                "pseudonyms: restore the ring from its copy; without one, see `A lost key` in "
                "docs/operations.md"
            )
        if not turns:
            self._ring.add(Slot(domain, turn=1), secrets.token_bytes(_KEY_BYTES), version=1)
        return turns or [1]

    def _load(self, slot: Slot) -> CipherKey:
        # Not as KeyDestroyed, which says that a day is over.
        try:
            stored = self._ring.get(slot)
        except KeyDestroyed:
            stored = None
        if stored is None:
            raise TwinError(
                f"the key of the domain {slot.domain} was rotated at this moment; run again"
            )
        return CipherKey(stored.secret, slot)
