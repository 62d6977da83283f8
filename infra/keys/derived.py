"""What follows from the root key alone: fingerprints, digests, and keys wrapped under it."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.errors import TwinError

KEY_BYTES: Final = 32
PREFIX: Final = b"bs-twin|v1|"
_NONCE_BYTES: Final = 12
_PIECE_BYTES: Final = 16 * 2**20


class DerivedKeys:
    """The root key in memory, and what can be derived from it."""

    __slots__ = ("_derived", "_path", "_place", "_root")

    def __init__(self, root: bytes, path: Path, *, place: str | None = None) -> None:
        """Nothing is derived yet. `place` is where the root key is, by default at the path."""
        self._root = root
        self._path = path
        self._place = place or str(path)
        self._derived: dict[bytes, bytes] = {}

    def fingerprint(self, purpose: str, content: Iterable[bytes]) -> str:
        """Give the keyed hash (HMAC-SHA256, 64 hex) of byte strings; where each ends counts.

        Without the root key nobody can test a guess against it, unlike a bare hash.
        """
        mac = hmac.new(self.fingerprint_key(purpose), digestmod=hashlib.sha256)
        for piece in content:
            mac.update(len(piece).to_bytes(8, "big"))
            mac.update(piece)
        return mac.hexdigest()

    def fingerprints(self, purpose: str, texts: Iterable[str]) -> list[str]:
        """Give the `fingerprint` of each of many texts, several times as fast."""
        return fingerprints_under(self.fingerprint_key(purpose), texts)

    def fingerprint_key(self, purpose: str) -> bytes:
        """Give the key of a purpose's fingerprints, for those that are to outlive the root key."""
        return self._derive(b"fingerprint|" + purpose.encode())

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
                f"a stored key does not open with the root key of {self._place}: it was changed, "
                "or the root key is another one; restore the one the key was stored under"
            ) from None

    def root_id(self) -> str:
        """Give the id of the root key, as `list` and its shares show it."""
        return hashlib.sha256(self._derive(b"id")).hexdigest()[:8]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring cannot be pickled: keys stay in the process")

    def _derive(self, info: bytes) -> bytes:
        if info not in self._derived:
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PREFIX + info)
            self._derived[info] = hkdf.derive(self._root)
        return self._derived[info]


def fingerprints_under(key: bytes, texts: Iterable[str]) -> list[str]:
    """Give the `fingerprint` of each of these texts under a key of its own."""
    start = hmac.new(key, digestmod=hashlib.sha256)
    found = []
    for text in texts:
        mac, piece = start.copy(), text.encode()
        mac.update(len(piece).to_bytes(8, "big") + piece)
        found.append(mac.hexdigest())
    return found
