"""Spans of persons: what cues prove, what the name recogniser says, and who is named in a row."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from quality.privacy.detection.announced_names import PARTICLES, STOPS, announced
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import (
    ACRONYMS,
    BODIES,
)
from quality.privacy.detection.names import labelled
from quality.privacy.detection.somebody import is_named_after, may_be_a_person
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import Token, known, shape_of

_SCORE: Final = 0.8
_LONGEST_NAME: Final = 3
_WORD: Final = re.compile(r" [^\W\d_]+")
_LINKS: Final = frozenset((",", "e", "ed", "o", "/"))
# With these a name neither begins nor ends.
_EDGES: Final = STOPS - PARTICLES


def persons(folded: Folded, *, eagerness: float = 0.0) -> Iterator[Span]:
    """The persons named in a text, cues first."""
    yield from announced(folded)
    words = labelled(folded, eagerness=eagerness)
    found = [*_recognised(folded, words), *_listed(folded, words)]
    yield from found
    yield from _enumerated(folded, [token for token, _ in words], found)


def _recognised(folded: Folded, words: list[tuple[Token, str]]) -> Iterator[Span]:
    """Runs of words labelled as a person, grown over what belongs to them, without policy's own."""
    place = 0
    while place < len(words):
        if words[place][1] != "P":
            place += 1
            continue
        first = place
        while place < len(words) and words[place][1] == "P":
            place += 1
        span = _span(folded, words, first, place)
        if span is not None:
            yield span


def _span(folded: Folded, words: list[tuple[Token, str]], first: int, after: int) -> Span | None:
    first, after = _trimmed(words, first, after)
    if first >= after:
        return None
    tokens = [token for token, _ in words[first:after]]
    if not may_be_a_person(folded, tokens):
        return None
    first, after = _grown(words, first, after)
    if len(tokens) < after - first and is_named_after(
        folded, [one for one, _ in words[first:after]]
    ):
        return None
    start, end = words[first][0].start, words[after - 1][0].end
    return Span(*folded.span(start, end), "PERSON", _SCORE)


def _listed(folded: Folded, words: list[tuple[Token, str]]) -> Iterator[Span]:
    """A listed first name and a listed surname, both with capitals, whatever was made of them."""
    for (one, label), (other, _) in pairwise(words):
        if not one.text[0].isupper() or label in "PS" or not _both_capital(one, other):
            continue
        first, last = known(one.text), known(other.text)
        is_particle = other.text.lower() in PARTICLES
        is_listed = "F" in first and ("S" in last or (is_particle and not first[-1:].isdigit()))
        is_listed &= not (first[-1:] == "3" and last[-1:].isdigit())
        if is_listed and may_be_a_person(folded, [one, other]):
            following = _WORD.match(folded.plain, other.end) if is_particle else None
            end = following.end() if following else other.end
            yield Span(*folded.span(one.start, end), "PERSON", _SCORE)


def _enumerated(folded: Folded, tokens: list[Token], found: Sequence[Span]) -> Iterator[Span]:
    """Names in a row with one that was found: `Elena, Paolo e Fatou`."""
    if not found:
        return
    # From each that was found the row goes on by itself.
    begun = {place for span in found for place in range(span.start, span.end)}
    starts = {token.start: place for place, token in enumerate(tokens)}
    ends = {token.end: place for place, token in enumerate(tokens)}
    for span in found:
        for place, step in ((ends.get(span.end), 1), (starts.get(span.start), -1)):
            here = place
            while here is not None and 0 <= here + 2 * step < len(tokens):
                link = tokens[here + step]
                row = _row(tokens, here + 2 * step, step)
                if link.text not in _LINKS or not row:
                    break
                if may_be_a_person(folded, row):
                    yield Span(*folded.span(row[0].start, row[-1].end), "PERSON", _SCORE)
                if tokens[here + 2 * step].start in begun:
                    break
                here += (1 + len(row)) * step


def _row(tokens: list[Token], place: int, step: int) -> list[Token]:
    """The words of a name from here on, or back from here; three at most."""
    row: list[Token] = []
    while 0 <= place < len(tokens) and len(row) < _LONGEST_NAME:
        if not _is_lone_name(tokens[place]) and not _is_surname(tokens[place], is_alone=not row):
            break
        row.append(tokens[place])
        place += step
    return row[::step]


def _is_surname(token: Token, *, is_alone: bool) -> bool:
    """Whether a word is also a surname; alone it may be no town elsewhere and no public body."""
    said = known(token.text)
    is_elsewhere = is_alone and ("C" in said or token.text.lower() in BODIES)
    return shape_of(token.text) == "X" and "S" in said and not is_elsewhere


def _is_lone_name(token: Token) -> bool:
    said = known(token.text)
    is_name = not said or (said[0] in "FSX" and "T" not in said)
    return shape_of(token.text) == "X" and token.text.lower() not in BODIES and is_name


def _both_capital(one: Token, other: Token) -> bool:
    """Whether a word with its capital comes right after this one, which has one."""
    return other.start == one.end + 1 and other.text[0].isupper() and other.text[1:2].islower()


def _trimmed(words: list[tuple[Token, str]], first: int, after: int) -> tuple[int, int]:
    def is_edge(token: Token) -> bool:
        lower = token.text.lower()
        is_acronym = token.text.isupper() and lower in ACRONYMS
        return not token.text[0].isalpha() or lower in _EDGES or is_acronym

    while first < after and is_edge(words[first][0]):
        first += 1
    while after > first and (
        (is_edge(words[after - 1][0]) and not _is_initial(words, after - 1))
        or words[after - 1][0].text.lower() in PARTICLES
    ):
        after -= 1
    return first, after


def _is_initial(words: list[tuple[Token, str]], place: int) -> bool:
    """Whether a full stop belongs to an initial, as in `Rossi M.`."""
    return words[place][0].text == "." and shape_of(words[place - 1][0].text) == "I"


def _grown(words: list[tuple[Token, str]], first: int, after: int) -> tuple[int, int]:
    """With the capitalised names beside it, and hyphens and apostrophes between them."""
    while after < len(words):
        token = words[after][0]
        if _is_particle_of_name(words, after):
            after += 2
            continue
        if words[after][1] != "O":
            break
        beside = token.start - words[after - 1][0].end <= 1
        if not beside or not (shape_of(token.text) in ("X", "U") and _is_unlike_a_word(token.text)):
            break
        after += 1
    while first > 0 and words[first - 1][1] == "O":
        token = words[first - 1][0]
        beside = words[first][0].start - token.end <= 1
        if not beside or not (shape_of(token.text) == "X" and _is_unlike_a_word(token.text)):
            break
        first -= 1
    return first, after


def _is_particle_of_name(words: list[tuple[Token, str]], place: int) -> bool:
    """Whether `Lo` of `Lo Presti` stands here."""
    if place + 1 >= len(words):
        return False
    token, following = words[place][0], words[place + 1][0]
    return (
        token.text[0].isupper()
        and token.text.lower() in PARTICLES
        and token.start - words[place - 1][0].end == 1
        and following.start - token.end <= 1
        and shape_of(following.text) in ("X", "U")
    )


def _is_unlike_a_word(text: str) -> bool:
    said = known(text)
    return said[:1] in tuple("FSX") and not said[-1].isdigit() and "T" not in said
