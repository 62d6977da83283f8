"""What keys look like to those who use them: nothing here shows, prints or pickles one."""

import hmac
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NoReturn

from infra.keys.ring import Slot

Kind = Literal["root", "pseudonym", "epoch", "cipher"]
_MARK: Final = b"bs-twin|v1|mark of a cipher key"
_MARK_BYTES: Final = 7  # Delta keeps marks as signed numbers of eight bytes


@dataclass(frozen=True, repr=False)
class CipherKey:
    """The key that encrypts the pseudonyms of a domain as they are stored, until it rotates."""

    secret: bytes = field(repr=False)
    slot: Slot

    @property
    def mark(self) -> int:
        """A number by which a table knows the key again; it says nothing of the key."""
        return int.from_bytes(hmac.digest(self.secret, _MARK, "sha256")[:_MARK_BYTES], "big")

    @property
    def domain(self) -> str:
        """The pseudonymisation domain."""
        return self.slot.domain

    def __repr__(self) -> str:
        return f"CipherKey({self.slot.name})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a cipher key cannot be pickled: keys stay in the process")


@dataclass(frozen=True, repr=False)
class PseudonymKey:
    """What pseudonyms of one domain, and of one day if it has an epoch, are made with.

    `mac_key` makes the pseudonym, `cipher_key` encrypts it as it is stored (spec/privacy.md §3.2).
    """

    mac_key: bytes = field(repr=False)
    cipher_key: bytes = field(repr=False)
    version: int
    key_id: str

    def __repr__(self) -> str:
        return f"PseudonymKey({self.key_id}, version {self.version})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a pseudonym key cannot be pickled: keys stay in the process")


@dataclass(frozen=True)
class KeyInfo:
    """What may be said of a key: never what it is. The root key has no domain and no version.

    The version of a cipher key is its turn: one more with each rotation. `created_on` is unknown
    once a key is destroyed.
    """

    key_id: str
    kind: Kind
    domain: str | None
    version: int | None
    epoch: date | None
    created_on: date | None
    destroyed_on: date | None = None
