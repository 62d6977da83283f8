"""One way of writing for the patterns: lower case, plain signs, and the way back to the text."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

_PLAIN: Final = (
    dict.fromkeys(
        map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"), " "
    )
    | dict.fromkeys(map(ord, "\u200a\u202f\u205f\u3000\t\v\f"), " ")
    | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
    | dict.fromkeys(map(ord, "’‘`´ʼ′"), "'")
    | dict.fromkeys(map(ord, "“”„«»"), '"')
    | {ord("\r"): "\n", ord("@"): "@"}
)
_LATIN: Final = bytes(range(256)).decode("latin-1")
_CAPITALS: Final = "".join(filter(str.isupper, _LATIN)).encode("latin-1")
_SMALLS: Final = "".join(filter(str.islower, _LATIN)).encode("latin-1")
# Signs nobody sees, which would cut an identifier in two, and compatibility forms such as ＡＢ１２.
_ODD: Final = re.compile(r"[^\x00-\xff\u2010-\u2026\u20ac\u0100-\u024f]|\xad")


@dataclass(frozen=True)
class Folded:
    """A text as the patterns read it. `plain` has its capitals, `lower` has not."""

    text: str
    plain: str
    lower: str
    places: tuple[int, ...] | None = None

    @cached_property
    def case(self) -> str:
        """Whether capitals tell anything in this text, as `case_of` says."""
        return case_of(self.plain)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text that came these characters are."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def case_of(text: str) -> str:
    """Whether capitals tell anything here: `n`, or `l` and `u` where there are none or all are."""
    capitals, smalls = _capitals_and_smalls(text)
    if capitals * 50 < smalls and capitals < 3:
        return "l"
    return "u" if capitals > 3 * smalls and capitals > 3 else "n"


def _capitals_and_smalls(text: str) -> tuple[int, int]:
    try:
        letters = text.encode("latin-1")
    except UnicodeEncodeError:
        return sum(map(str.isupper, text)), sum(map(str.islower, text))
    # The same for nearly all Italian texts, in a tenth of the time.
    count = len(letters)
    capitals, smalls = letters.translate(None, _CAPITALS), letters.translate(None, _SMALLS)
    return count - len(capitals), count - len(smalls)


# The recognisers of one text fold it one after the other.
@lru_cache(maxsize=2)
def fold(text: str) -> Folded:
    """The text with plain signs; every character of it stands for one of the text that came."""
    if _ODD.search(text) is None:
        plain = text.translate(_PLAIN)
        lower = plain.lower()
        if len(lower) == len(text):
            return Folded(text, plain, lower)
    kept = [(i, form) for i, c in enumerate(text) if (form := _form(c))]
    plain = "".join(form for _, form in kept)
    return Folded(text, plain, "".join(map(_lower, plain)), tuple(i for i, _ in kept))


@cache
def _form(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Cc", "Mn") and character not in "\n\r\t":
        return ""
    form = unicodedata.normalize("NFKC", character)
    return (form if len(form) == 1 else character).translate(_PLAIN)


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character
