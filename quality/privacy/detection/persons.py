"""Spans of persons: what the name recogniser says, what cues prove, and who is no person."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from quality.privacy.detection.announced_names import NO_NAME, PARTICLES, STOPS, announced
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import (
    ACRONYMS,
    BODIES,
    BRANDS,
    NEVER_NAMES,
    TRADES,
)
from quality.privacy.detection.named_after import BESIDE, FIRM, INSTITUTIONS, is_eponym
from quality.privacy.detection.names import labelled
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import Token, known, shape_of, tokens_of
from quality.privacy.words import PLACE_WORDS

_SCORE: Final = 0.8
# How far back the words stand that make a name a place's.
_BEFORE: Final = 60
_LONGEST_NAME: Final = 3
_WORD: Final = re.compile(r" [^\W\d_]+")
_LINKS: Final = frozenset((",", "e", "ed", "o", "/"))
_SAINTS: Final = frozenset(
    ("san", "santa", "santo", "sant'", "ss", "beata", "beato", "madonna", "croce")
)
# What a company calls itself.
_FORMS: Final = frozenset(("srl", "srls", "spa", "snc", "sas", "onlus", "scarl", "coop", "s.r.l"))
# With these a name neither begins nor ends.
_EDGES: Final = STOPS - PARTICLES
_INTRODUCE: Final = frozenset(
    [
        "sono",
        "ciao",
        "con",
        "sig",
        "signora",
        "signor",
        "zia",
        "zio",
        "mamma",
        "papà",
        "nonna",
        "nonno",
        "amica",
        "amico",
        "cugino",
        "cugina",
        "figlia",
        "figlio",
        "moglie",
        "marito",
        "nipote",
        "caro",
        "cara",
        "chiamo",
        "chiama",
        "nome",
        "maestra",
        "collega",
        "tecnico",
        "grazie",
    ]
)


# Verbs with their pronouns, which no list of words holds: `contattatelo`, `chiamarmi`.
_VERB: Final = re.compile(
    r"\w{2,}(?:[aei]te|[aei]r|[ae]ndo)(?:mi|ti|ci|vi|lo|la|li|le|ne|gli|melo|mela|celo|velo)"
)


def persons(folded: Folded, *, eagerness: float = 0.0) -> Iterator[Span]:
    """The persons named in a text, cues first."""
    yield from announced(folded)
    words = labelled(folded, eagerness=eagerness)
    found = [*_recognised(folded, words), *_listed(folded, words)]
    yield from found
    yield from _enumerated(folded, [token for token, _ in words], found)


def may_be_persons(folded: Folded, start: int, end: int) -> bool:
    """Whether these characters, which somebody took for a person's name, can be one.

    Streets, schools, firms and offices named after people are not people.
    """
    tokens = [token for token in tokens_of(folded.plain[start:end]) if token.text[0].isalpha()]
    placed = [Token(one.text, one.start + start, one.end + start) for one in tokens]
    return bool(placed) and not _is_named_after(folded, placed)


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
    if not _may_be_a_person(folded, tokens):
        return None
    first, after = _grown(words, first, after)
    if len(tokens) < after - first and _is_named_after(
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
        if is_listed and _may_be_a_person(folded, [one, other]):
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
                if _may_be_a_person(folded, row):
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


def _is_name_only(token: Token, said: str) -> bool:
    """Whether a word is a name, or none we know, rather than a word of the language or a town."""
    is_place = "T" in said or said[:1] in ("C", "W")
    return token.text.lower() not in BODIES and not said[-1:].isdigit() and not is_place


def _may_be_a_person(folded: Folded, tokens: list[Token]) -> bool:
    if _is_named_after(folded, tokens):
        return False
    names = [token for token in tokens if token.text[0].isalpha()]
    words = folded.lower[max(0, tokens[0].start - _BEFORE) : tokens[0].start].split()
    is_cued = bool(words) and words[-1].rstrip(",") in _INTRODUCE
    return _can_name(names, is_cued=is_cued, case=folded.case)


def _is_named_after(folded: Folded, tokens: list[Token]) -> bool:
    """Whether words name a street, a school, a firm, a saint or an office rather than a person."""
    start, end = tokens[0].start, tokens[-1].end
    before = folded.lower[max(0, start - _BEFORE) : start]
    lower = [token.text.lower() for token in tokens if token.text[0].isalpha()]
    if INSTITUTIONS.search(before) or FIRM.match(folded.lower, end):
        return True
    if lower[0] in _SAINTS or (lower[0] in PLACE_WORDS and "S" not in known(lower[0])):
        return True
    if before[-1:] in ("@", "#") or (len(lower) > 1 and BESIDE.fullmatch(lower[0])):
        return True
    if lower[0] in BRANDS or not TRADES.isdisjoint(lower):
        return True
    if is_eponym(folded.lower[start:end], before):
        return True
    rest = [one for one in lower if len(one) > 1]
    is_nobody = BODIES.issuperset(rest) or NEVER_NAMES.issuperset(rest)
    return is_nobody or not _FORMS.isdisjoint(lower)


def _can_name(names: list[Token], *, is_cued: bool, case: str) -> bool:
    """Whether words can be somebody's name by what is known of them."""
    said = [known(token.text) for token in names]
    is_small = names[0].text[0].islower()
    if (
        is_small
        and len(names) == 1
        and (_VERB.fullmatch(names[0].text) or names[0].text in NEVER_NAMES)
    ):
        return False
    # Common words, towns and bodies alone name nobody; one word that may be both does after a cue.
    if not any(map(_is_name_only, names, said)):
        is_elsewhere = all(one[:1] in ("C", "W", "1", "2", "3") for one in said)
        if (is_elsewhere and not is_cued) or all(
            one[:1].isdigit() or ("T" in one and not is_cued) for one in said
        ):
            return False
        if is_small and len(names) == 1 and not is_cued:
            return False
    # Where capitals are written, small words in no list of names name nobody.
    is_listed = any(one[:1] in ("F", "S", "X") for one in said)
    if case == "n" and not is_listed and all(token.text[0].islower() for token in names):
        return False
    # One word alone that is a town, or a public body's, is nobody.
    return len(names) > 1 or not ("T" in said[0] or names[0].text.lower() in NO_NAME)
