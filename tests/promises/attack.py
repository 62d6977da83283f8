"""What somebody without the key can try: guesses, digests of them, and where these turn up.

A guess counts as a hit if a stored pseudonym holds the first or the last bytes of any digest of it,
or if a written digest of it, or as much of one as nobody meets by chance, stands anywhere.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from infra.scan.forms import Needle
from infra.scan.search import Matcher

_BLOCK: Final = 16  # what a pseudonym holds of a digest
_WRITTEN: Final = 13  # 52 bits or more: beyond chance in a lake of megabytes
_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
# What an attacker reads in the code, the contracts and the documentation.
_PUBLIC: Final = (
    b"", b"gemello", b"brescia", b"bs-twin", b"bs-twin|v1|", b"canon_v1", b"k1", b"c1", b"1",
    b"parking", b"registry", b"tax", b"bs-twin|v1|pseudonym|parking|k1",
    b"bs-twin|v1|pseudonym|registry|k1", bytes(32), b"0" * 32,
)  # fmt: skip

Digest = Callable[[bytes], bytes]


def digests() -> dict[str, Digest]:
    """Every way to a pseudonym that needs nothing but what is public."""
    plain = {name: partial(_plain, name) for name in _ALGORITHMS}
    keyed = {f"hmac {key!r}": partial(_keyed, key) for key in _PUBLIC}
    blocks = {f"aes {key!r}": partial(_encrypted, key) for key in (b"", *_PUBLIC[1:4])}
    return {**plain, **keyed, **blocks}


def _plain(name: str, text: bytes) -> bytes:
    return hashlib.new(name, text, usedforsecurity=False).digest()


def _keyed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _encrypted(key: bytes, text: bytes) -> bytes:
    """As a pseudonym is made, with public words for both keys."""
    cipher = Cipher(algorithms.AES256(key.ljust(32, b"\0")), modes.ECB()).encryptor()  # noqa: S305 # as ours
    return cipher.update(_keyed(key, text)[:_BLOCK])


def spellings(forms: Iterable[str], entity: str) -> dict[bytes, int]:
    """Each identifier as it may have been written before it was hashed, and which one it is."""
    found: dict[bytes, int] = {}
    for number, form in enumerate(forms):
        spaced = f"{form[:2]} {form[2:5]} {form[5:]}" if entity == "IT_PLATE" else form[:6]
        for text in (form, form.lower(), spaced, f"{entity}\x1f{form}", f"{entity}:{form}"):
            found.setdefault(text.encode(), number)
    return found


def blocks_of(names: Iterable[str]) -> frozenset[bytes]:
    """The bytes that stored pseudonyms hold."""
    return frozenset(base64.b32decode(f"{name[-26:].upper()}======") for name in names)


def matched(guesses: Mapping[bytes, int], stored: frozenset[bytes]) -> set[str]:
    """The ways by which any guess leads to a stored pseudonym."""
    return {
        name
        for name, digest in digests().items()
        for made in map(digest, guesses)
        if made[:_BLOCK] in stored or made[-_BLOCK:] in stored
    }


def written(guesses: Mapping[bytes, int], *, ways: Iterable[str] = _ALGORITHMS) -> list[Needle]:
    """The beginnings of all digests of all guesses as text, and the shortest digests as bytes."""
    by_name = digests()
    return [
        Needle(content, name, number, is_exact)
        for name in ways
        for text, number in guesses.items()
        for content, is_exact in _texts(by_name[name](text))
    ]


def _texts(digest: bytes) -> Iterator[tuple[bytes, bool]]:
    yield digest.hex().encode()[:_WRITTEN], False
    yield base64.b32encode(digest)[:_WRITTEN], False
    yield base64.b64encode(digest)[:_WRITTEN], True
    yield digest[:8], True


def everything_in(lake: Path) -> bytes:
    """Every byte of every file of a lake, and every text of every table and its statistics."""
    parts = [path.read_bytes() for path in sorted(lake.rglob("*")) if path.is_file()]
    for path in sorted(lake.rglob("*.parquet")):
        frame = pl.read_parquet(path)
        texts = [column.drop_nulls().unique() for column in frame.select(pl.col(pl.String))]
        parts += ["\n".join(column.to_list()).encode() for column in texts]
        parts.append(str(pq.read_metadata(path).to_dict()).encode())
    return b"\n".join(parts)


def found_in(data: bytes, needles: list[Needle]) -> set[str]:
    """The ways by which a written digest of a guess stands in the data."""
    return {needle.form for _, needle in Matcher(needles).find(data)}


def pseudonyms_in(lake: Path) -> dict[str, frozenset[str]]:
    """The pseudonyms of each column of each table as it stands now."""
    found = {}
    for log in sorted(lake.glob("*/*/*/_delta_log")):
        frame = pl.read_delta(str(log.parent))
        for name in frame.columns:
            if name.endswith("_pid") and frame[name].null_count() < frame.height:
                at = f"{log.parent.relative_to(lake).as_posix()}.{name}"
                found[at] = frozenset(frame[name].drop_nulls().unique())
    return found
