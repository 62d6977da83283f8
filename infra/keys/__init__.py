"""The root key and every key made from it or kept under it. No key material is ever shown."""

from infra.keys.keyring import KeyInfo, Keyring, PseudonymKey

__all__ = ["KeyInfo", "Keyring", "PseudonymKey"]
