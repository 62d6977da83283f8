"""Spans of persons: what the name recogniser says, what cues prove, and who is no person."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from quality.privacy.detection.cues import NO_NAME, PARTICLES, STOPS, announced
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import ACRONYMS, BODIES
from quality.privacy.detection.names import labelled
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import Token, known, shape_of

_SCORE: Final = 0.8
_BORN: Final = re.compile(
    r"[ ,;(|\t\-]{1,3}(?P<it>\d{1,2}[/.\-]\d{1,2}[/.\-](?:19[2-9]\d|200\d))(?!\d)"
)
_BY_DATE: Final = 0.6
_SAINTS: Final = frozenset(("san", "santa", "santo", "sant'", "ss", "beata", "beato", "madonna"))
# What a company calls itself.
_FORMS: Final = frozenset(("srl", "srls", "spa", "snc", "sas", "onlus", "scarl", "coop", "s.r.l"))
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
_INSTITUTIONS: Final = re.compile(
    r"(?:intitola\w+(?:[ ]\w+){0,4}[ ](?:a|ad|al|alla|alla[ ]memoria[ ]di)|scuola|scuole|istituto|"
    r"liceo|asilo|ospedale|teatro|museo|biblioteca|palazzo|villa|caserma|stadio|"
    r"piscina|palestra|parco|giardin[oi]|fondazione|associazione|cooperativa|parrocchia|chiesa|"
    r"premio|trofeo|memorial|torneo|collegio|i\.?c\.?|via|viale|v\.le|p\.zza|piazza|piazzale|"
    r"piazzetta|"
    r"corso|largo|vicolo|contrada|traversa|fermata|parcheggio|ponte|galleria|rotonda|legge|decreto|"
    r"lodo|"
    r"bar|pizzeria|trattoria|ristorante|hotel|farmacia|macelleria|officina|autoscuola|panificio|"
    r"impresa|"
    r"san|santa|santo|sant'|s\.|rsa|ditta|supermercat[oi]|negozio|bonus|classe)(?:[ ]da)?[ ]?[\"']?$"
)
_LEGAL: Final = re.compile(
    r"[ ,]*(?:s\.?r\.?l\.?s?|s\.?p\.?a|s\.?n\.?c|s\.?a\.?s|&|onlus|s\.?c\.?a\.?r\.?l)(?![a-zà-ù])"
)


def persons(folded: Folded, *, eagerness: float = 0.0) -> Iterator[Span]:
    """The persons named in a text, cues first."""
    yield from announced(folded)
    words = labelled(folded.plain, eagerness=eagerness)
    yield from _recognised(folded, words)
    yield from _listed(folded, words)


def births(folded: Folded, found: Iterable[Span]) -> Iterator[Span]:
    """The dates that stand right after a person in a list, if they can be of a birth."""
    for span in found:
        match = _BORN.match(folded.text, span.end)
        if match is not None:
            yield Span(*match.span("it"), "DATE_OF_BIRTH", _BY_DATE)


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
    start, end = words[first][0].start, words[after - 1][0].end
    return Span(*folded.span(start, end), "PERSON", _SCORE)


def _listed(folded: Folded, words: list[tuple[Token, str]]) -> Iterator[Span]:
    """A listed first name and a listed surname, both with capitals, whatever was made of them."""
    for (one, label), (other, _) in pairwise(words):
        if label in "PS" or other.start != one.end + 1 or not _both_capital(one, other):
            continue
        first, last = known(one.text), known(other.text)
        is_listed = "F" in first and "S" in last and not (first[-1] == "3" and last[-1:].isdigit())
        if is_listed and _may_be_a_person(folded, [one, other]):
            yield Span(*folded.span(one.start, other.end), "PERSON", _SCORE)


def _both_capital(one: Token, other: Token) -> bool:
    return one.text[0].isupper() and other.text[0].isupper() and other.text[1:2].islower()


def _trimmed(words: list[tuple[Token, str]], first: int, after: int) -> tuple[int, int]:
    def is_edge(token: Token) -> bool:
        lower = token.text.lower()
        is_acronym = token.text.isupper() and lower in ACRONYMS
        return not token.text[0].isalpha() or lower in STOPS - PARTICLES or is_acronym

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
    while after < len(words) and words[after][1] == "O":
        token = words[after][0]
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


def _is_unlike_a_word(text: str) -> bool:
    said = known(text)
    return bool(said) and not said[-1].isdigit() and "T" not in said


def _is_name_only(text: str, said: str) -> bool:
    """Whether a word is a name, or none we know, rather than a word of the language."""
    return text.lower() not in BODIES and not said[-1:].isdigit()


def _may_be_a_person(folded: Folded, tokens: list[Token]) -> bool:
    start, end = tokens[0].start, tokens[-1].end
    before = folded.lower[max(0, start - 40) : start]
    if _INSTITUTIONS.search(before) or _LEGAL.match(folded.lower, end):
        return False
    names = [token for token in tokens if token.text[0].isalpha()]
    if all(len(token.text) < 2 for token in names) or names[0].text.lower() in _SAINTS:
        return False
    if any(token.text.lower() in _FORMS for token in names):
        return False
    said = [known(token.text) for token in names]
    # Common words and bodies alone name nobody; one word that may be both does after a cue.
    if not any(_is_name_only(token.text, one) for token, one in zip(names, said, strict=True)):
        words = before.split()
        is_small = names[0].text[0].islower()
        if all(one[:1].isdigit() for one in said) or (
            is_small and len(names) == 1 and (not words or words[-1].rstrip(",") not in _INTRODUCE)
        ):
            return False
    if all(token.text.lower() in BODIES for token in names):
        return False
    # One word alone that is a town, or a public body's, is nobody unless a cue says so.
    return not (len(names) == 1 and ("T" in said[0] or names[0].text.lower() in NO_NAME))
