"""From bytes in whatever encoding to UTF-8 with line feeds, line by line where it must be.

A line that cannot be decoded is emptied and listed; the lines around it stay what they are.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK: Final = 16 * 1024**2
_SAMPLE: Final = 1024**2
_LINES_LOOKED_AT: Final = 20_000
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_LEGACY: Final = ("windows-1252", "cp850")
_ITALIAN: Final = frozenset("àèéìòùÀÈÉÌÒÙ")
_PLAUSIBLE: Final = frozenset("°€’‘“”–…«»ºª²³µ§·áíóúâêîôûäëïöüçñßÄÖÜÇÑåøæ")


@dataclass(frozen=True, repr=False)
class Text:
    """A text file in UTF-8, the encoding it came in, and its undecodable lines, from 1 on."""

    content: bytes
    encoding: str
    undecodable: tuple[int, ...] = ()


def as_utf8(content: bytes, declared: str | None) -> Text:
    """Decode a file: by the declared encoding, else by its byte order mark, else by its looks.

    Undeclared, it is UTF-8 if that fits, otherwise Windows-1252 or CP850, whichever gives the more
    plausible Italian. Lone carriage returns at the ends of lines become line feeds.
    """
    wide = declared or next((name for bom, name in _BOMS if content.startswith(bom)), None)
    if wide is not None and not is_ascii_like(wide):
        return _from_wide(content, wide)
    has_mark = content.startswith(codecs.BOM_UTF8)
    content = _with_line_feeds(content[3:] if has_mark else content)
    if content.isascii() and (declared is None or _is_utf8(declared)):
        return Text(content, "utf-8")
    if declared is not None:
        return _by_line(content, declared)
    if _fits_utf8(content):
        return Text(content, "utf-8")
    if has_mark or _is_mostly_utf8(content):
        return _by_line(content, "utf-8")
    return _by_line(content, max(_LEGACY, key=lambda name: _plausibility(content, name)))


def is_ascii_like(encoding: str) -> bool:
    """Whether plain letters are single bytes in it, the same as in ASCII."""
    return "a\n".encode(encoding) == b"a\n"


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def _with_line_feeds(content: bytes) -> bytes:
    sample = content[:_SAMPLE]
    if b"\r" not in sample or sample.count(b"\n") >= sample.count(b"\r") - sample.count(b"\r\n"):
        return content
    return content.translate(bytes.maketrans(b"\r\n", b"\n\r"))


def _from_wide(content: bytes, encoding: str) -> Text:
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    bad: list[int] = []
    if "\ufffd" in text:
        lines = text.split("\n")
        bad = [number for number, line in enumerate(lines, 1) if "\ufffd" in line]
        for number in bad:
            lines[number - 1] = ""
        text = "\n".join(lines) + ("\n" if bad[-1:] == [len(lines)] else "")
    out = text.encode("utf-8", errors="replace")
    return Text(_with_line_feeds(out), encoding, tuple(bad))


def _chunks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield a large file in pieces of whole lines, each with the byte it begins at."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", min(start + _CHUNK, len(content))) + 1 or len(content)
        yield start, content[start:end]
        start = end


def _fits_utf8(content: bytes) -> bool:
    try:
        for _, chunk in _chunks(content):
            chunk.decode()
    except UnicodeDecodeError:
        return False
    return True


def _by_line(content: bytes, encoding: str) -> Text:
    """Decode in chunks of whole lines, and one by one only the lines of a chunk that fails."""
    is_same = _is_utf8(encoding)
    out: list[bytes] = []
    bad: list[int] = []
    for start, chunk in _chunks(content):
        try:
            text = chunk.decode(encoding)
            out.append(chunk if is_same else text.encode())
        except UnicodeDecodeError:
            first = content.count(b"\n", 0, start) + 1
            out.append(_line_by_line(chunk, encoding, first, bad))
    joined = content if is_same and not bad else b"".join(out)
    return Text(joined, encoding, tuple(bad))


def _line_by_line(chunk: bytes, encoding: str, first: int, bad: list[int]) -> bytes:
    lines = chunk.split(b"\n")
    for position, line in enumerate(lines):
        try:
            lines[position] = line.decode(encoding).encode()
        except UnicodeDecodeError:
            lines[position] = b""
            bad.append(first + position)
    # A last line without an end must not vanish with what stood on it.
    is_last_emptied = not lines[-1] and not chunk.endswith(b"\n")
    return b"\n".join(lines) + (b"\n" if is_last_emptied else b"")


def _high_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines that hold more than ASCII."""
    end = 0
    while found := _HIGH.search(content, end):
        start = content.rfind(b"\n", 0, found.start()) + 1
        end = content.find(b"\n", found.start()) + 1 or len(content)
        yield content[start:end]


def _is_mostly_utf8(content: bytes) -> bool:
    """Whether more lines with other than ASCII are UTF-8 than not: then the others are damaged."""
    good = bad = 0
    for line in islice(_high_lines(content), _LINES_LOOKED_AT):
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return good > 0 and good >= bad


def _plausibility(content: bytes, encoding: str) -> int:
    """How Italian the letters beyond ASCII look in this encoding; box drawings count against it."""
    lines = islice(_high_lines(content), _LINES_LOOKED_AT)
    text = b"".join(lines).decode(encoding, errors="replace")
    score = 0
    for letter, count in Counter(text).items():
        if letter in _ITALIAN:
            score += 3 * count
        elif letter in _PLAUSIBLE:
            score += count
        elif letter == "\ufffd":
            score -= 3 * count
        elif letter >= "\x80":
            score -= 2 * count
    return score
