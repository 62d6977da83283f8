"""The root key and every key made from it or kept under it. No key material is ever shown."""

from infra.keys.derived import fingerprints_under
from infra.keys.keyring import Keyring
from infra.keys.kinds import CipherKey, KeyInfo, PseudonymKey

__all__ = ["CipherKey", "KeyInfo", "Keyring", "PseudonymKey", "fingerprints_under"]
