"""The keyring: what the gate, the seal and the reports ask for keys."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from infra.errors import TwinError
from infra.keys.ciphers import Ciphers
from infra.keys.derived import KEY_BYTES, PREFIX, DerivedKeys
from infra.keys.kinds import CipherKey, KeyInfo, Kind, PseudonymKey
from infra.keys.ring import Ring, Slot, StoredKey
from infra.keys.root import load_root_key, place_of_root_key, ring_folder
from infra.keys.shares import Share, shares_of
from infra.settings import Settings

_DOMAIN: Final = re.compile(r"[a-z][a-z0-9_]*")


class Keyring(DerivedKeys):
    """The root key in memory, and the ring of stored keys beside its file."""

    __slots__ = (
        "_pins",
        "_pseudonym_keys",
        "_ring",
        "ciphers",
    )

    def __init__(self, root: bytes, path: Path, *, place: str | None = None) -> None:
        """Use `Keyring.open`. The ring lies beside the path; `place` is where the root key is."""
        super().__init__(root, path, place=place)
        self._pseudonym_keys: dict[tuple[Slot, Slot], PseudonymKey] = {}
        self._pins: dict[str, int] = {}
        self._ring = Ring(ring_folder(path), self)
        self.ciphers = Ciphers(self._ring)

    @classmethod
    def open(cls, settings: Settings) -> "Keyring":
        """Open the keyring of an installation; only the embedded default makes a missing root key.

        Raises TwinError when the root key is missing, readable by others, or no key.
        """
        place = place_of_root_key(settings)
        return cls(load_root_key(settings), settings.root_key_file, place=place)

    def pseudonym_key(
        self, domain: str, *, epoch: date | None = None, version: int | None = None
    ) -> PseudonymKey:
        """Give the key of a domain: its newest version, an older one, or the random one of a day.

        The first use makes it. Raises TwinError for a day whose key was destroyed, for a version
        there never was, and while the domain's cipher key rotates.
        """
        _check_domain(domain)
        cipher = self.cipher(domain)
        if epoch is not None:
            return self._epoch_key(domain, epoch, cipher)
        version = version or self._pins.get(domain)
        newest = self._ring.latest(domain)
        if version is not None and not 1 <= version <= max(newest, 1):
            raise TwinError(
                f"key domain {domain} has no version {version}; see `gemello keys list`"
            )
        slot = Slot(domain, version or max(newest, 1))
        if (slot, cipher.slot) not in self._pseudonym_keys:
            self._pseudonym_keys[slot, cipher.slot] = self._versioned_key(slot, cipher)
        return self._pseudonym_keys[slot, cipher.slot]

    def cipher(self, domain: str) -> CipherKey:
        """Give the key that encrypts the domain's pseudonyms; the first use makes it.

        Raises TwinError while it rotates: some tables then have the one key and some the other.
        """
        _check_domain(domain)
        return self.ciphers.in_use(domain)

    def version(self, domain: str) -> int:
        """Give the version of a domain's key in use, made or not: the first if there is none."""
        _check_domain(domain)
        return self._pins.get(domain) or max(self._ring.latest(domain), 1)

    def key_id(self, domain: str) -> str:
        """Give the id of the version in use."""
        return _key_id(_info(Slot(domain, self.version(domain))))

    def pinned(self, domain: str, version: int) -> "Keyring":
        """Give this keyring as it was while a domain's key was of this version.

        It keeps the cipher key it first used: a table says whether that is still the right one.
        """
        keyring = Keyring(self._root, self._path, place=self._place)
        keyring._pins = {**self._pins, domain: version}
        keyring.ciphers = Ciphers(keyring._ring, kept=frozenset(keyring._pins))
        return keyring

    def list(self) -> list[KeyInfo]:
        """List all keys by kind, domain and version or day; those destroyed say when."""
        made_on = None
        if self._place == str(self._path):
            made_on = datetime.fromtimestamp(self._path.stat().st_mtime, UTC).date()
        infos = [KeyInfo(self.root_id(), "root", None, None, None, made_on)]
        for slot, is_destroyed in self._ring.slots():
            key_id, destroyed_on = _key_id(_info(slot)), None
            version, created_on = slot.version, None
            if is_destroyed:
                destroyed_on = self._ring.destroyed_on(slot)
            elif stored := self._ring.get(slot):
                version, created_on = stored.version, stored.created_on
            kind: Kind = "pseudonym" if slot.epoch is None else "epoch"
            if slot.turn is not None:
                kind, version = "cipher", slot.turn
            infos.append(
                KeyInfo(key_id, kind, slot.domain, version, slot.epoch, created_on, destroyed_on)
            )
        return infos

    def new(self, domain: str) -> KeyInfo:
        """Start the next version of a domain's key: new pseudonyms carry it, old ones stay."""
        self.cipher(domain)
        while True:
            slot = Slot(domain, self._ring.latest(domain) + 1)
            if self._ring.add(slot, self._mac_key(slot), version=slot.version or 1):
                break
        return next(
            info
            for info in self.list()
            if (info.domain, info.version, info.kind) == (domain, slot.version, "pseudonym")
        )

    def split(self, *, shares_count: int, needed_count: int) -> Sequence[Share]:
        """Split the root key into shares, so many of which give it back."""
        return shares_of(
            self._root,
            key_id=self.root_id(),
            shares_count=shares_count,
            needed_count=needed_count,
        )

    def opens_ring(self) -> int:
        """Open every stored key with the root key; give how many there are.

        Raises TwinError if one does not open: the root key is not the one they were stored under.
        """
        live = [slot for slot, is_destroyed in self._ring.slots() if not is_destroyed]
        for slot in live:
            self._ring.get(slot)
        return len(live)

    def expire_epochs(self, before: date) -> int:
        """Destroy the keys of all days before this one, in every domain; give how many there were.

        Such a day's key can never be had again: its pseudonyms link to nothing any more.
        """
        for slot in self._ring.unfinished():
            self._ring.destroy(slot)
        expired = [
            slot
            for slot, is_destroyed in self._ring.slots()
            if slot.epoch is not None and slot.epoch < before and not is_destroyed
        ]
        for slot in expired:
            self._ring.destroy(slot)
        return len(expired)

    def __repr__(self) -> str:
        return f"Keyring(root {self.root_id()})"

    def _versioned_key(self, slot: Slot, cipher: CipherKey) -> PseudonymKey:
        version = slot.version or 1
        stored = self._stored(slot, self._mac_key(slot), version)
        return PseudonymKey(stored.secret, cipher.secret, version, _key_id(_info(slot)))

    def _epoch_key(self, domain: str, day: date, cipher: CipherKey) -> PseudonymKey:
        # Not remembered: another process may destroy it while this one runs.
        slot = Slot(domain, epoch=day)
        stored = self._ring.get(slot)
        if stored is None:
            version = max(self._ring.latest(domain), 1)
            stored = self._stored(slot, secrets.token_bytes(KEY_BYTES), version)
        return PseudonymKey(stored.secret, cipher.secret, stored.version, _key_id(_info(slot)))

    def _stored(self, slot: Slot, secret: bytes, version: int) -> StoredKey:
        """The key of a slot, stored now if it is empty."""
        stored = self._ring.get(slot)
        if stored is None:
            self._ring.add(slot, secret, version=version)
            stored = self._ring.get(slot)
        if stored is None:
            raise TwinError(f"key {slot.name} vanished while it was made; run again")
        return stored

    def _mac_key(self, slot: Slot) -> bytes:
        return self._derive(_info(slot).removeprefix(PREFIX))


def id_of_version(domain: str, version: int) -> str:
    """Give the id of a version of a domain's key: the hash of its name. No key is needed."""
    return _key_id(_info(Slot(domain, version)))


def _info(slot: Slot) -> bytes:
    """Name a key as the derivation and its id do: `bs-twin|v1|pseudonym|parking|k1`."""
    domain, _, which = slot.name.partition(".")
    return PREFIX + f"pseudonym|{domain}|{which}".encode()


def _key_id(info: bytes) -> str:
    return hashlib.sha256(info).hexdigest()[:8]


def _check_domain(domain: str) -> None:
    if not _DOMAIN.fullmatch(domain):
        raise TwinError("a key domain is lower-case letters, digits and _, such as `parking`")
