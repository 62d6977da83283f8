"""Numbers as they are said: digits as words, alone or among groups of digits."""

import re
from collections.abc import Iterator
from typing import Final

from quality.privacy.detection.announced_codes import label_before
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.patterns import Pattern
from quality.privacy.detection.spans import Span

_UNIT: Final = r"(?:uno|due|tr[eé]|quattro|cinque|sei|sette|otto|nove)"
_TENS: Final = r"(?:vent|trent|quarant|cinquant|sessant|settant|ottant|novant)"
_WORD: Final = (
    rf"(?:{_UNIT}?cento{_TENS}[ia]?{_UNIT}?|{_UNIT}cento{_UNIT}?|{_TENS}[ia]?{_UNIT}?|"
    rf"zero|{_UNIT}|doppi[oa]|triplo|dieci|undici|dodici|tredici|quattordici|quindici|sedici|"
    r"diciassette|diciotto|diciannove)"
)
_ITEM: Final = rf"(?:{_WORD}|\d{{1,4}})\b"
_RUN: Final = Pattern(rf"\b(?:\+|più[ ])?{_ITEM}(?:[ ,.\-/]{{1,3}}{_ITEM}){{3,15}}")
_NEEDS: Final = ("zero", "tre", "due", "otto", "nove", "sette", "sei")
_LEAST_WORDS: Final = 3
_LEAST_DIGITS: Final = 7
_MOST_DIGITS: Final = 16
_SCORE: Final = 0.8


def dictated(folded: Folded) -> Iterator[tuple[int, int]]:
    """Where in the folded text numbers of at least seven digits are said in words."""
    if sum(map(folded.lower.count, _NEEDS)) < _LEAST_WORDS - 1:
        return
    for match in _RUN.matches(folded.lower):
        words = re.findall(r"[^\W\d_]+", match[0])
        count = sum(map(_digits_in, words)) + sum(map(str.isdigit, match[0]))
        if len(words) >= _LEAST_WORDS and _LEAST_DIGITS <= count <= _MOST_DIGITS:
            yield match.span()


def dictated_numbers(folded: Folded) -> Iterator[Span]:
    """The numbers said in words: telephones, unless another kind is announced."""
    for start, end in dictated(folded):
        written = folded.lower[start:end]
        count = sum(map(_digits_in, re.findall(r"[^\W\d_]+", written)))
        count += sum(map(str.isdigit, written))
        label = label_before(folded.plain, start, "0" * count)
        yield Span(*folded.span(start, end), label or "PHONE_NUMBER", _SCORE)


def _digits_in(word: str) -> int:
    """How many digits a word stands for; `doppio` is the one more of the digit after it."""
    if "cento" in word:
        return 3
    if word == "triplo":
        return 2
    is_ten = re.match(_TENS, word) is not None or word.endswith("ici") or word.startswith("dici")
    return 2 if is_ten or word == "dieci" else 1
