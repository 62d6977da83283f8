"""The forms in which a value may lie on a disk: encoded, escaped, or hashed without a key."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from infra.errors import TwinError

# Of anything shorter some copy turns up by chance in a gigabyte of compressed data.
SHORTEST_BYTES: Final = 4
_SEPARATORS: Final = re.compile(r"[\s./()-]+")
_NUMBER: Final = re.compile(r"\+?\d{6,18}")
_SHORTEST_BASE64: Final = 6
_DIGESTS: Final = ("md5", "sha1", "sha256")


@dataclass(frozen=True, repr=False)
class Needle:
    """Bytes to look for; in any case of ASCII letters unless `is_exact`."""

    content: bytes
    form: str
    canary: int
    is_exact: bool = False


def needles_of(canaries: Sequence[str]) -> list[Needle]:
    """Write each value in every form. Raises TwinError for a value too short to mean anything."""
    found: dict[tuple[bytes, int, bool], Needle] = {}
    for number, value in enumerate(canaries):
        if len(value.encode()) < SHORTEST_BYTES:
            raise TwinError(
                f"canary {number + 1} is shorter than {SHORTEST_BYTES} characters and would be "
                "found by chance; write the whole value"
            )
        for form, content, is_exact in _forms(value):
            key = (content if is_exact else content.lower(), number, is_exact)
            if len(content) >= SHORTEST_BYTES and key not in found:
                found[key] = Needle(content, form, number, is_exact)
    return list(found.values())


def numbers_of(canaries: Sequence[str]) -> dict[int, int]:
    """Map each value that is a number (a phone, a VAT number) to its canary, for number columns."""
    compact = (_SEPARATORS.sub("", value) for value in canaries)
    return {int(text): i for i, text in enumerate(compact) if _NUMBER.fullmatch(text)}


def _forms(value: str) -> Iterator[tuple[str, bytes, bool]]:
    cases = [value, value.lower(), value.upper()]
    compact = _SEPARATORS.sub("", value)
    if compact != value and any(sign.isdigit() for sign in compact):
        cases.append(compact)
    for text in dict.fromkeys(cases):
        plain = text.encode()
        yield "compact" if text == compact != value else "plain", plain, False
        yield from _text_forms(text, plain)
        yield "hex", plain.hex().encode(), False
        yield from _base64_forms(plain)
        for name in _DIGESTS:
            digest = hashlib.new(name, plain, usedforsecurity=False).digest()
            yield name, digest.hex().encode(), False
            yield f"{name} bytes", digest, True
            yield f"{name} base64", base64.b64encode(digest).rstrip(b"="), True


def _text_forms(text: str, plain: bytes) -> Iterator[tuple[str, bytes, bool]]:
    yield "utf-16-le", text.encode("utf-16-le"), False
    yield "utf-16-be", text.encode("utf-16-be"), False
    with suppress(UnicodeEncodeError):
        yield "windows-1252", text.encode("cp1252"), False
    yield "url", quote(text, safe="").encode(), False
    yield "url", quote_plus(text).encode(), False
    yield "html", html.escape(text).encode(), False
    for is_ascii in (True, False):
        once = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
        yield "json", once.encode(), False
        yield "json", json.dumps(once, ensure_ascii=is_ascii)[1:-1].encode(), False


def _base64_forms(plain: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Encode at the three places a value can have in a longer text; only what it alone decides."""
    for shift in range(3):
        first, last = -(-8 * shift // 6), 8 * (shift + len(plain)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(shift) + plain)[first:last]
            if len(text) >= _SHORTEST_BASE64:
                yield "base64", text, True
