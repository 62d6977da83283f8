"""Keyed pseudonyms: one per identifier and domain, and per day where the contract says so."""

import hashlib
import struct
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from infra.errors import TwinError
from infra.keys import CipherKey, PseudonymKey
from quality.contract.entities import Entity
from quality.privacy.cells import Repeats

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = pl.Series([one + other for one in _ALPHABET for other in _ALPHABET])
_BASE32_LENGTH: Final = 26
_BLOCK_BYTES: Final = 64  # of SHA-256, RFC 2104


def pseudonyms(forms: pl.Series, entity: Entity, key: PseudonymKey) -> pl.Series:
    """The pseudonym of each canonical form; null stays null.

    HMAC-SHA256 of `entity 0x1F form`, its first 16 bytes encrypted as one AES-256 block (so that
    the cipher key can be rotated without the clear values), as base32 after the key's version.
    """
    there = forms.drop_nulls()
    digests = _digests(there.to_list(), entity, key.mac_key)
    # ECB on purpose: each digest is one block of its own, and equal digests must stay equal.
    encryptor = Cipher(algorithms.AES256(key.cipher_key), modes.ECB()).encryptor()  # noqa: S305
    blocks = encryptor.update(digests) + encryptor.finalize()
    names = _base32(blocks, prefix=str(key.version))
    if len(there) == len(forms):
        return names
    positions = forms.is_not_null().cum_sum().cast(pl.Int64) - 1
    return names.extend_constant(None, 1).gather(
        pl.select(pl.when(forms.is_not_null()).then(positions).otherwise(len(there))).to_series()
    )


def reencrypted(names: pl.Series, old: CipherKey, new: CipherKey) -> pl.Series:
    """The same pseudonyms, of the same keys, days and people, encrypted with another key.

    Nothing is known of the identifiers, and nothing is learned. Equal ones stay equal, of several
    versions too. Raises TwinError, without a value, where one is no pseudonym.
    """
    distinct = names.drop_nulls().unique()
    if distinct.is_empty():
        return names
    blocks = _from_base32(distinct)
    # ECB as in `pseudonyms`: each block is one digest.
    decryptor = Cipher(algorithms.AES256(old.secret), modes.ECB()).decryptor()  # noqa: S305
    encryptor = Cipher(algorithms.AES256(new.secret), modes.ECB()).encryptor()  # noqa: S305
    digests = decryptor.update(blocks) + decryptor.finalize()
    fresh = _base32(encryptor.update(digests) + encryptor.finalize(), prefix="")
    made = distinct.str.head(-_BASE32_LENGTH) + fresh
    # A join, where replace_strict would build a Python dictionary.
    pairs = pl.DataFrame({"old": distinct, "new": made})
    rows = pl.DataFrame({"old": names})
    return rows.join(pairs, on="old", how="left", maintain_order="left")["new"].alias(names.name)


class Familiar:
    """The pseudonyms of the piece of a delivery before: in the next one most of them come again.

    It holds identifiers in the clear and lives no longer than the reading of the delivery.
    """

    def __init__(self) -> None:
        """Nobody is familiar yet."""
        self._named: dict[str, pl.DataFrame] = {}

    def pseudonyms(
        self, column: str, forms: pl.Series, entity: Entity, key: PseudonymKey
    ) -> pl.Series:
        """As `pseudonyms`, of the distinct forms of a column."""
        named = forms.alias("form").to_frame()
        before = self._named.get(column)
        if before is None:
            named = named.with_columns(pid=pseudonyms(forms, entity, key))
        else:
            named = named.join(before, on="form", how="left", maintain_order="left")
            is_new = named["pid"].is_null() & named["form"].is_not_null()
            if is_new.any():
                made = pseudonyms(forms.filter(is_new), entity, key)
                named = named.with_columns(pid=named["pid"].scatter(is_new.arg_true(), made))
        self._named[column] = named.drop_nulls()
        return named["pid"]


def pseudonyms_by_day(
    forms: Repeats, days: pl.Series, entity: Entity, key_of: Callable[[date], PseudonymKey | None]
) -> pl.Series:
    """The pseudonym of each row under the key of its day; null where either is null, or no key."""
    positions = forms.positions
    if positions is None:
        positions = pl.int_range(len(forms.values), dtype=pl.UInt32, eager=True)
    # Numbers join several times faster than the forms themselves.
    rows = pl.DataFrame({"position": positions, "day": days})
    pairs = rows.unique().drop_nulls().sort("day", "position")
    made: list[pl.DataFrame] = []
    for (day,), group in pairs.group_by("day", maintain_order=True):
        key = key_of(_as_date(day))
        if key is not None:
            names = pseudonyms(forms.values.gather(group["position"]), entity, key)
            made.append(group.with_columns(names.alias("pid")))
    if not made:
        return pl.repeat(None, len(days), dtype=pl.String, eager=True)
    keys = ["position", "day"]
    return rows.join(pl.concat(made), on=keys, how="left", maintain_order="left")["pid"]


def _as_date(day: object) -> date:
    if not isinstance(day, date):
        raise TypeError("a day is a date")
    return day


def _digests(forms: Iterable[str], entity: Entity, mac_key: bytes) -> bytes:
    """The first 16 bytes of each HMAC, one after the other.

    The two keyed starts of SHA-256 are made once and copied: twice as fast as hmac.digest.
    """
    padded = mac_key.ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + entity.encode() + b"\x1f")
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    digests: list[bytes] = []
    for form in forms:
        first, second = inner.copy(), outer.copy()
        first.update(form.encode("utf-8"))
        second.update(first.digest())
        digests.append(second.digest()[:16])
    return b"".join(digests)


def _from_base32(names: pl.Series) -> bytes:
    """The 16 bytes of each pseudonym, one after the other: the reverse of `_base32`."""
    import numpy as np

    shape = rf"^[1-9]\d*[{_ALPHABET}]{{{_BASE32_LENGTH}}}$"
    wrong_count = len(names) - int(names.str.contains(shape).sum())
    if wrong_count:
        raise TwinError(
            f"{wrong_count} of {len(names)} values of a column of pseudonyms are none: somebody "
            "else wrote them; rebuild the table from the sealed deliveries"
        )
    letters = np.frombuffer("".join(names.str.tail(_BASE32_LENGTH)).encode("ascii"), np.uint8)
    places = np.zeros(256, np.uint8)
    places[np.frombuffer(_ALPHABET.encode("ascii"), np.uint8)] = np.arange(32, dtype=np.uint8)
    columns = places[letters].reshape(len(names), _BASE32_LENGTH).T.astype(np.uint64)
    high, low = columns[12] >> np.uint64(1), (columns[12] & np.uint64(1)) << np.uint64(63)
    for place in range(12):
        high |= columns[place] << np.uint64(59 - 5 * place)
        low |= columns[place + 13] << np.uint64(58 - 5 * place)
    low |= columns[25] >> np.uint64(2)
    return np.stack([high, low], axis=1).astype(">u8").tobytes()


def _base32(blocks: bytes, *, prefix: str) -> pl.Series:
    """Lower-case base32 of each 16 bytes without padding (RFC 4648), two characters at a time."""
    words = struct.unpack(f">{len(blocks) // 8}Q", blocks)
    halves = pl.DataFrame(
        {"high": words[::2], "low": words[1::2]}, schema={"high": pl.UInt64, "low": pl.UInt64}
    )
    high, low = pl.col("high"), pl.col("low")
    tens = [
        *((high // 2**shift) % 1024 for shift in (54, 44, 34, 24, 14, 4)),
        (high % 16) * 64 + low // 2**58,
        *((low // 2**shift) % 1024 for shift in (48, 38, 28, 18, 8)),
        (low % 256) * 4,
    ]
    pairs = [pl.lit(_PAIRS).gather(ten.cast(pl.UInt32)) for ten in tens]
    return halves.select(pl.concat_str(pl.lit(prefix), *pairs).alias("pid")).to_series()
