"""Signing what an auditor should be able to check without trusting us: Ed25519 (RFC 8032)."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.errors import TwinError
from infra.objects import create_file, storage_errors
from infra.settings import Settings

_SEED_BYTES: Final = 32
_PUBLIC: Final = ".pub"


@dataclass(frozen=True)
class Signed:
    """A document with its signature, and the public key that checks it (base64)."""

    document: Mapping[str, object]
    signature: str
    public_key: str

    @property
    def key_id(self) -> str:
        """By which the public key is known: 16 hex digits."""
        return key_id(base64.b64decode(self.public_key))

    def as_json(self) -> str:
        """The form in which it is handed out."""
        values = {
            "document": self.document,
            "signature": self.signature,
            "public_key": self.public_key,
        }
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


class SigningKey:
    """The installation's signing key: a file of 32 random bytes, its public half beside it."""

    def __init__(self, seed: bytes) -> None:
        """Use `SigningKey.open`."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return f"SigningKey({key_id(self.public)})"

    @classmethod
    def open(cls, settings: Settings) -> "SigningKey":
        """Open the installation's key; it is made on first use.

        Raises TwinError when others can read it, or it does not hold a key.
        """
        path = settings.signing_key_file
        with storage_errors(str(path), "read the signing key"):
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                create_file(path, secrets.token_bytes(_SEED_BYTES), mode=0o600)
            if path.stat().st_mode & 0o077:
                raise TwinError(
                    f"others on this machine can read the signing key {path}: type "
                    f"`chmod 600 {path}`, and think who may have signed with it"
                )
            seed = path.read_bytes()
            if len(seed) != _SEED_BYTES:
                raise TwinError(
                    f"{path} does not hold a signing key: it must be exactly {_SEED_BYTES} bytes; "
                    "restore it from its copy"
                )
            key = cls(seed)
            create_file(_beside(path), base64.b64encode(key.public) + b"\n", mode=0o644)
        return key

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, document: Mapping[str, object]) -> Signed:
        """Sign a document as it stands in JSON."""
        signature = base64.b64encode(self._key.sign(said(document))).decode()
        return Signed(document, signature, base64.b64encode(self.public).decode())


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _PUBLIC)


def said(document: Mapping[str, object]) -> bytes:
    """The bytes of a document that are signed: JSON with sorted keys and without blanks."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(document: Mapping[str, object]) -> str:
    """The SHA-256 of a document, by which a later one names it."""
    return hashlib.sha256(said(document)).hexdigest()


def key_id(public: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_valid(signed: Signed, *, public: bytes | None = None) -> bool:
    """Whether a signature is right; of this public key, if one is given."""
    try:
        named = _decoded(signed.public_key)
        if public is not None and named != public:
            return False
        checker = Ed25519PublicKey.from_public_bytes(named)
        checker.verify(_decoded(signed.signature), said(signed.document))
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(text: str) -> bytes:
    """Base64 in its one form: of several texts that mean the same bytes only one is taken."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("base64 has one form")
    return decoded


def read_signed(text: str) -> Signed:
    """Read what `Signed.as_json` wrote. Raises TwinError where it is not that."""
    try:
        values = json.loads(text)
        document = dict(values["document"].items())
        return Signed(document, str(values["signature"]), str(values["public_key"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TwinError("this is no signed document: it has no document and signature") from None
