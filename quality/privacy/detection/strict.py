"""Strict redaction: what is not known to be harmless is hidden, recognised or not."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from quality.privacy.detection import checks
from quality.privacy.detection.dates import LONG_PAST
from quality.privacy.detection.engine import detect, whosever
from quality.privacy.detection.folding import Folded, fold
from quality.privacy.detection.harmless import ACRONYMS, BODIES, SHORT, words_of_text
from quality.privacy.detection.names import labelled
from quality.privacy.detection.spans import IN_TEXT, Span, resolved
from quality.privacy.detection.tokens import REMEMBERED, Token, known, shape_of
from quality.privacy.words import PLACE_WORDS

# How much more readily a word is taken for a name than when names are only looked for.
_EAGER: Final = 2.5
_SCORE: Final = 0.5
_RUN: Final = re.compile(r"[^\W_]+(?:[.,/:\-][^\W_]+)*", re.UNICODE)
_SMALL: Final = 4
# As many digits as the shortest telephone has: in groups, too, they are no longer small numbers.
_LONG: Final = 7
# With letters among them they are a code, and it takes fewer.
_SHORTEST_CODE: Final = 5
_GROUP: Final = r"(?:\d{1,12}[a-z]{0,3}\d{0,9}|[a-z]{1,4}\d{1,9}[a-z\d]{0,6})"
_IN_GROUPS: Final = re.compile(rf"(?<![\w,.]){_GROUP}(?:[ .\-/]{{1,3}}{_GROUP})+(?!\w)")
_NUMBERS_ONLY: Final = re.compile(r"[\d .\-/]+")
_THIS_CENTURY: Final = r"(?:20[12]\d)"
_HARMLESS_NUMBER: Final = re.compile(
    rf"\d{{1,{_SMALL}}}|\d{{1,2}}[.:]\d{{2}}(?:[.:]\d{{2}})?|"
    rf"\d{{1,3}}(?:\.\d{{3}})+(?:,\d{{1,2}})?|\d{{1,6}}[,.]\d{{1,2}}|"
    rf"\d{{1,2}}[/.\-]\d{{1,2}}(?:[/.\-](?:{_THIS_CENTURY}|[12]\d))?|"
    rf"{_THIS_CENTURY}-\d{{2}}-\d{{2}}|"
    rf"\d{{1,6}}/{_THIS_CENTURY}|\d{{1,3}}/\d{{1,4}}|2[45]\d{{3}}|"
    rf"{_THIS_CENTURY}[/\-]{_THIS_CENTURY}|\d{{1,4}}-\d{{1,3}}"
)
_SHORT_CODE: Final = re.compile(
    r"\d{1,3}[a-z]{1,2}|[a-z]\d{1,2}|pm2[.,]5|pm10|a2a|so2|co2|no2|m[23]|km[/]?h|kwh|\d{1,5}(?:kwh|"
    r"kw|km|mc|mq|cm|mm|ms|kg|gb|mb|db)"
)
_FILE: Final = re.compile(
    r"(?:prot(?:ocollo)?|pratica|ticket|delibera|determina|ordinanza|verbale|segnalazione|legge|"
    r"lotto|bando|gara)"
    r"(?:[ .:]{0,2}(?:n|nr|num|numero|di|gara)\b)*[.:=#°º\- ]*$"
)
# What has such a sign in it is no word of a text.
_ACCOUNT: Final = re.compile(r"(?<!\S)[^\s_@]*[_@][^\s]*[^\W_][^\s]*")
_ENDS: Final = frozenset('.!?:;\n>"«(|•*')
_BEFORE_A_TOWN: Final = words_of_text("a ad di da in per tra fra verso comune ed e - , ( zona sede")
_PARTICLES: Final = words_of_text(
    "di de del della dei delle degli d' da la lo san santa s e dell' sant'"
)
_ONE_LETTER: Final = words_of_text("a e è i o l c")
_NAMES_PARTICLES: Final = words_of_text(
    "de di da del della dei degli dal dalla d lo la el al bin ben van von der den dos das do y"
)
_CITY: Final = "brescia"
_ARTICLES: Final = words_of_text(
    "il lo la i gli le un una uno del dello della dei degli delle nel nella al alla dal dalla sul "
    "sulla"
)
_LONGEST_TOPONYM: Final = 2


def hide(text: str) -> tuple[Span, ...]:
    """What of a text is hidden: all that is found, and every word not known to be harmless.

    Addresses, telephones and mailboxes are hidden whosever they are. Kept are common Italian words,
    toponyms and public bodies in their place, and numbers that identify nothing. A word that is
    also a name is kept only where the context clears it. Raises as `detect` does.
    """
    found = detect(text)
    folded = fold(text)
    words = labelled(folded, eagerness=_EAGER)
    hidden = [
        Span(*folded.span(start, end), "UNKNOWN", _SCORE) for start, end in _unknown(folded, words)
    ]
    return resolved([*_with_edges(text, [*found, *whosever(text)]), *_joined(text, hidden)])


def _with_edges(text: str, found: Sequence[Span]) -> list[Span]:
    """The spans, each up to the ends of the words in which it begins and ends."""
    wider = []
    for span in found:
        start, end = span.start, span.end
        while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            end += 1
        is_wider = end - start > span.length
        wider.append(Span(start, end, span.label, span.score) if is_wider else span)
    return wider


def _joined(text: str, hidden: Sequence[Span]) -> list[Span]:
    """Neighbours as one, so that the number of hidden words does not show a name's shape."""
    joined: list[Span] = []
    for span in sorted(hidden, key=IN_TEXT):
        between = text[joined[-1].end : span.start].strip(" .'’-").lower() if joined else ""
        if joined and (not between or between in _NAMES_PARTICLES):
            joined[-1] = Span(
                joined[-1].start, max(span.end, joined[-1].end), span.label, span.score
            )
        else:
            joined.append(span)
    return joined


def _unknown(folded: Folded, words: Sequence[tuple[Token, str]]) -> Iterator[tuple[int, int]]:
    case = folded.case
    toponyms = _toponyms(words)
    runs = [
        run.span()
        for run in _RUN.finditer(folded.lower)
        if not run[0].isalpha() and checks.has_digit(run[0])  # most are words: quick to see
    ]
    yield from (run for run in runs if not _is_harmless_number(folded, *run))
    yield from _broken_numbers(folded)
    if runs:
        yield from (match.span() for match in LONG_PAST.finditer(folded.lower))
    if "_" in folded.lower or "@" in folded.lower:
        yield from (match.span() for match in _ACCOUNT.finditer(folded.lower))
    yield from _pairs_of_names(words)
    inside = {place for start, end in runs for place in range(start, end)}
    for place, (token, label) in enumerate(words):
        if not token.text[0].isalpha() or token.start in inside or place in toponyms:
            continue
        before = words[place - 1][0] if place else None
        is_name = label == "P" and not _is_no_name(token.text, before, case=case)
        if is_name or not _is_harmless(token, before, case=case):
            yield token.start, token.end


def _pairs_of_names(words: Sequence[tuple[Token, str]]) -> Iterator[tuple[int, int]]:
    """Two words side by side that are both names, though each may be a word: `bruno franco`."""
    names = [_name(token.text) for token, _ in words]
    for place, (first, last) in enumerate(pairwise(names)):
        if not first or not last or "F" not in first + last:
            continue
        (one, label), (other, _) = words[place], words[place + 1]
        if label in "SG" or other.start != one.end + 1:
            continue
        if not place or words[place - 1][0].text.lower() not in _ARTICLES:
            yield one.start, other.end


@lru_cache(maxsize=REMEMBERED)
def _name(word: str) -> str:
    """`F` for a first name, `S` for a surname, both for both; whether or not it is a word too."""
    said = known(word) if word[0].isalpha() else ""
    return "".join(kind for kind in "FS" if kind in said)


def _is_no_name(text: str, before: Token | None, *, case: str) -> bool:
    """Whether a word is no name although it was eagerly taken for one.

    Those of the language that no list of names holds are found by `detect` where they are one.
    Where capitals are written, a small word that is also a name is none after its article.
    """
    said = known(text)
    if text.lower() == _CITY or (len(text) == 1 and text.islower()):
        return True
    if not any(letter in said for letter in "FSX"):
        return bool(said) or text.lower() in BODIES or text.lower() in SHORT
    has_article = before is not None and before.text in _ARTICLES
    return case == "n" and text[0].islower() and has_article and said[-1].isdigit()


def _is_harmless_number(folded: Folded, start: int, end: int) -> bool:
    written = folded.lower[start:end]
    if _HARMLESS_NUMBER.fullmatch(written) or _SHORT_CODE.fullmatch(written):
        return True
    digits = [one for one in re.split(r"[.,/:\-]", written) if any(map(str.isdigit, one))]
    if all(len(one) <= 2 for one in digits) and len(digits) <= 1:
        return all(
            part.isdigit() or known(part)[-1:].isdigit() for part in re.split(r"[.,/:\-]", written)
        )
    return written.replace("/", "").isdigit() and bool(
        _FILE.search(folded.lower[max(0, start - 34) : start])
    )


def _broken_numbers(folded: Folded) -> Iterator[tuple[int, int]]:
    """Numbers in small groups that are long together: a telephone or a card in some other form."""
    for match in _IN_GROUPS.finditer(folded.lower):
        count = sum(map(str.isdigit, match[0]))
        is_mixed = not _NUMBERS_ONLY.fullmatch(match[0])
        if count >= (_SHORTEST_CODE if is_mixed else _LONG) and not _HARMLESS_NUMBER.fullmatch(
            match[0]
        ):
            yield match.span()


def _is_harmless(token: Token, before: Token | None, *, case: str) -> bool:
    """Whether a word may stay: `before` is the word or sign before it."""
    stays = _stays(token.text, case)
    return (
        stays.anywhere
        or (stays.first and _is_first(before))
        or (stays.as_a_town and _follows_preposition(before))
    )


class _Stays(NamedTuple):
    """Where a word may stay: anywhere, at the beginning of a sentence, after `a` or `verso`."""

    anywhere: bool = False
    first: bool = False
    as_a_town: bool = False


@lru_cache(REMEMBERED)
def _stays(word: str, case: str) -> _Stays:
    lower = word.lower().replace("’", "'")
    bare = lower.rstrip("'")
    said = known(word)
    is_common = said[-1:].isdigit()
    shape = shape_of(word)
    if shape == "I" and case != "u":
        return _Stays(first=bare in _ONE_LETTER)
    if len(bare) == 1 or not SHORT.isdisjoint((lower, bare)):
        return _Stays(anywhere=True)
    if bare in BODIES or (shape == "U" and bare in ACRONYMS) or _is_kind_of_place(lower, said):
        return _Stays(anywhere=True)
    if shape == "x":
        return _Stays(anywhere=is_common, as_a_town="T" in said)
    # Without small letters nothing tells a first name from the word.
    if shape == "U" and case == "u":
        return _Stays(anywhere=is_common and "F" not in said, as_a_town="T" in said)
    # Capitals: only what begins a sentence, and is not also an Italian name, is a word.
    return _Stays(first=is_common and "S" not in said and "F" not in said, as_a_town="T" in said)


def _is_kind_of_place(lower: str, said: str) -> bool:
    return lower in PLACE_WORDS and "S" not in said


def _is_first(before: Token | None) -> bool:
    return before is None or before.text in _ENDS


def _follows_preposition(before: Token | None) -> bool:
    return before is not None and before.text.lower() in _BEFORE_A_TOWN


def _toponyms(words: Sequence[tuple[Token, str]]) -> set[int]:
    """The places of the words that name a street or a place after its kind."""
    found: set[int] = set()
    for place, (token, label) in enumerate(words):
        if label != "S" or token.text.lower() not in PLACE_WORDS:
            continue
        count, here = 0, place + 1
        while here < len(words) and words[here][1] == "S" and count < _LONGEST_TOPONYM:
            text = words[here][0].text
            if not text[0].isalpha() and text not in ".'\"":
                break
            if text.lower() not in _PARTICLES and text[0].isalpha():
                count += 1
            found.add(here)
            here += 1
    return found
