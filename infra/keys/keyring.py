"""The keyring: what the gate, the seal and the reports ask for keys."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.errors import TwinError
from infra.keys.ring import Ring, Slot
from infra.keys.root import load_root_key, ring_folder
from infra.settings import Settings

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PIECE_BYTES: Final = 16 * 2**20
_PREFIX: Final = b"bs-twin|v1|"
Kind = Literal["root", "pseudonym", "epoch"]
_DOMAIN: Final = re.compile(r"[a-z][a-z0-9_]*")


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

    `created_on` is unknown once a key is destroyed.
    """

    key_id: str
    kind: Kind
    domain: str | None
    version: int | None
    epoch: date | None
    created_on: date | None
    destroyed_on: date | None = None


class Keyring:
    """The root key in memory, and the ring of stored keys beside its file."""

    __slots__ = ("_derived", "_path", "_pins", "_pseudonym_keys", "_ring", "_root")

    def __init__(self, root: bytes, path: Path) -> None:
        """Use `Keyring.open`."""
        self._root = root
        self._path = path
        self._derived: dict[bytes, bytes] = {}
        self._pseudonym_keys: dict[Slot, PseudonymKey] = {}
        self._pins: dict[str, int] = {}
        self._ring = Ring(ring_folder(path), self)

    @classmethod
    def open(cls, settings: Settings) -> "Keyring":
        """Open the keyring of an installation; only the embedded default makes a missing root key.

        Raises TwinError when the root key is missing, readable by others, or no key.
        """
        return cls(load_root_key(settings), settings.root_key_file)

    def pseudonym_key(
        self, domain: str, *, epoch: date | None = None, version: int | None = None
    ) -> PseudonymKey:
        """Give the key of a domain: its newest version, an older one, or the random one of a day.

        The first use makes it. Raises TwinError for a day whose key was destroyed, and for a
        version there never was.
        """
        _check_domain(domain)
        if epoch is not None:
            return self._epoch_key(domain, epoch)
        version = version or self._pins.get(domain)
        newest = self._ring.latest(domain)
        if version is not None and not 1 <= version <= max(newest, 1):
            raise TwinError(
                f"key domain {domain} has no version {version}; see `gemello keys list`"
            )
        slot = Slot(domain, version or max(newest, 1))
        if slot not in self._pseudonym_keys:
            self._pseudonym_keys[slot] = self._versioned_key(slot)
        return self._pseudonym_keys[slot]

    def version(self, domain: str) -> int:
        """Give the version of a domain's key in use, made or not: the first if there is none."""
        _check_domain(domain)
        return self._pins.get(domain) or max(self._ring.latest(domain), 1)

    def key_id(self, domain: str) -> str:
        """Give the id of the version in use."""
        return _key_id(_info(Slot(domain, self.version(domain))))

    def pinned(self, domain: str, version: int) -> "Keyring":
        """Give this keyring as it was while a domain's key was of this version."""
        keyring = Keyring(self._root, self._path)
        keyring._pins = {**self._pins, domain: version}
        return keyring

    def fingerprint(self, purpose: str, content: Iterable[bytes]) -> str:
        """Give the keyed hash (HMAC-SHA256, 64 hex) of byte strings; where each ends counts.

        Without the root key nobody can test a guess against it, unlike a bare hash.
        """
        mac = hmac.new(self._derive(b"fingerprint|" + purpose.encode()), digestmod=hashlib.sha256)
        for piece in content:
            mac.update(len(piece).to_bytes(8, "big"))
            mac.update(piece)
        return mac.hexdigest()

    def fingerprints(self, purpose: str, texts: Iterable[str]) -> list[str]:
        """Give the `fingerprint` of each of many texts, several times as fast."""
        start = hmac.new(self._derive(b"fingerprint|" + purpose.encode()), digestmod=hashlib.sha256)
        found = []
        for text in texts:
            mac, piece = start.copy(), text.encode()
            mac.update(len(piece).to_bytes(8, "big") + piece)
            found.append(mac.hexdigest())
        return found

    def digest(self, content: bytes) -> bytes:
        """Give bytes that stand for a large content in a `fingerprint`, and for nothing else.

        GHASH (NIST SP 800-38D) of each 16 MiB under a key of its own, five times as fast as a
        SHA-256. It is a universal hash: safe while it is secret, and the HMAC of the fingerprint
        keeps it so (Carter and Wegman 1981).
        """
        ghash = AESGCM(self._derive(b"digest"))
        view, nonce = memoryview(content), bytes(_NONCE_BYTES)
        pieces = range(0, len(content), _PIECE_BYTES)
        return b"".join(ghash.encrypt(nonce, b"", view[at : at + _PIECE_BYTES]) for at in pieces)

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Encrypt a key under the root key; only the same context opens it again."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._derive(b"wrap")).encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Decrypt a wrapped key. Raises TwinError if it or its context is not what was wrapped."""
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self._derive(b"wrap")).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError):
            raise TwinError(
                f"a stored key does not open with the root key {self._path}: it was changed, or "
                "the root key is another one; restore the one the key was stored under"
            ) from None

    def list(self) -> list[KeyInfo]:
        """List all keys by kind, domain and version or day; those destroyed say when."""
        made_on = datetime.fromtimestamp(self._path.stat().st_mtime, UTC).date()
        infos = [KeyInfo(self._root_id(), "root", None, None, None, made_on)]
        for slot, is_destroyed in self._ring.slots():
            key_id, destroyed_on = _key_id(_info(slot)), None
            version, created_on = slot.version, None
            if is_destroyed:
                destroyed_on = self._ring.destroyed_on(slot)
            elif stored := self._ring.get(slot):
                version, created_on = stored.version, stored.created_on
            kind: Kind = "pseudonym" if slot.epoch is None else "epoch"
            infos.append(
                KeyInfo(key_id, kind, slot.domain, version, slot.epoch, created_on, destroyed_on)
            )
        return infos

    def new(self, domain: str) -> KeyInfo:
        """Start the next version of a domain's key: new pseudonyms carry it, old ones stay."""
        _check_domain(domain)
        while True:
            slot = Slot(domain, self._ring.latest(domain) + 1)
            if self._ring.add(slot, secrets.token_bytes(_KEY_BYTES), version=slot.version or 1):
                break
        return next(
            info
            for info in self.list()
            if (info.domain, info.version, info.kind) == (domain, slot.version, "pseudonym")
        )

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
        return f"Keyring(root {self._root_id()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring cannot be pickled: keys stay in the process")

    def _versioned_key(self, slot: Slot) -> PseudonymKey:
        version = slot.version or 1
        stored = self._ring.get(slot)
        if stored is None:
            self._ring.add(slot, secrets.token_bytes(_KEY_BYTES), version=version)
            stored = self._ring.get(slot)
        if stored is None:
            raise TwinError(f"key {slot.name} vanished while it was made; run again")
        mac_key = self._derive(_info(slot).removeprefix(_PREFIX))
        return PseudonymKey(mac_key, stored.secret, version, _key_id(_info(slot)))

    def _epoch_key(self, domain: str, day: date) -> PseudonymKey:
        # Not remembered: another process may destroy it while this one runs.
        slot = Slot(domain, epoch=day)
        stored = self._ring.get(slot)
        if stored is None:
            version = max(self._ring.latest(domain), 1)
            self._ring.add(slot, secrets.token_bytes(2 * _KEY_BYTES), version=version)
            stored = self._ring.get(slot)
        if stored is None:
            raise TwinError(f"key {slot.name} vanished while it was made; run again")
        mac_key, cipher_key = stored.secret[:_KEY_BYTES], stored.secret[_KEY_BYTES:]
        return PseudonymKey(mac_key, cipher_key, stored.version, _key_id(_info(slot)))

    def _derive(self, info: bytes) -> bytes:
        if info not in self._derived:
            hkdf = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PREFIX + info)
            self._derived[info] = hkdf.derive(self._root)
        return self._derived[info]

    def _root_id(self) -> str:
        return hashlib.sha256(self._derive(b"id")).hexdigest()[:8]


def _info(slot: Slot) -> bytes:
    """Name a key as the derivation and its id do: `bs-twin|v1|pseudonym|parking|k1`."""
    domain, _, which = slot.name.partition(".")
    return _PREFIX + f"pseudonym|{domain}|{which}".encode()


def _key_id(info: bytes) -> str:
    return hashlib.sha256(info).hexdigest()[:8]


def _check_domain(domain: str) -> None:
    if not _DOMAIN.fullmatch(domain):
        raise TwinError("a key domain is lower-case letters, digits and _, such as `parking`")
