"""Dates of birth: a date is one only by the words around it, or right after a person's name."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.rule import END, Rule, rule
from quality.privacy.detection.spans import Span

_MONTH: Final = (
    r"(?:gen(?:naio|n?\.?)?|feb(?:braio|br?\.?)?|mar(?:zo|\.)?|apr(?:ile|\.)?|mag(?:gio|\.)?|"
    r"giu(?:gno|\.)?|lug(?:lio|\.)?|ago(?:sto|\.)?|set(?:tembre|t?\.)?|ott(?:obre|\.)?|"
    r"nov(?:embre|\.)?|dic(?:embre|\.)?)"
)
_DAY_WORD: Final = (
    r"(?:primo|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici|tredici|quattordici|"
    r"quindici|sedici|diciassette|diciotto|diciannove|vent\w{1,8}|trent(?:a|uno))"
)
_YEAR_WORD: Final = r"(?:mille[ ]?nove[ ]?cento[a-zà-ù ]{3,24}?(?![a-zà-ù])|duemila\w{0,12})"
_DATE: Final = (
    r"(?:\d{1,2}[ ]?[./\- ][ ]?\d{1,2}[ ]?[./\- ][ ]?\d{2,4}|\d{4}[-/.]\d{2}[-/.]\d{2}|"
    rf"\d{{1,2}}(?:°|º)?[ \-./](?:di[ ])?{_MONTH}(?:[ \-./](?:del[ ])?['’]?\d{{2,4}})?|"
    rf"\d{{8}}|{_DAY_WORD}[ ]{_MONTH}(?:[ ](?:del[ ])?(?:['’]?\d{{2,4}}|{_YEAR_WORD}))?|"
    rf"{_MONTH}[ ](?:del[ ])?\d{{4}})"
)
# The year of somebody who may be a citizen, and of few events that people write about.
_PAST: Final = r"(?:19[2-9]\d|200\d|201[0-2])"
_OLD_DATE: Final = (
    rf"(?:\d{{1,2}}[ ]?[./\- ][ ]?\d{{1,2}}[ ]?[./\- ][ ]?{_PAST}|{_PAST}-\d{{2}}-\d{{2}}|"
    rf"\d{{1,2}}[ ]{_MONTH}[ ]{_PAST})"
)
# A day long past in words; strict redaction does not ask what happened then.
LONG_PAST: Final = re.compile(
    rf"(?<!\d)\d{{1,2}}(?:°|º)?[ \-./](?:di[ ])?{_MONTH}[ \-./](?:del[ ])?(?:19\d\d|200\d|"
    rf"'\d\d)(?!\d)"
)
_BORN: Final = re.compile(
    r"[ ]?[ ,;(|\t\-–/]{1,3}(?:(?:(?:n|nt|cl)\.|nat[oa]|classe|del|dell'|data[ ]nasc\w*\.?:?)[ ]?"
    rf"(?:il[ ])?)?(?P<it>{_OLD_DATE}|(?<=del )(?:{_PAST}|'\d\d)|(?<=dell')\d\d)(?!\d)",
    re.IGNORECASE,
)
_BY_NAME: Final = 0.6

# What is born as well.
_FOUNDED: Final = re.compile(
    r"\b(?:associazione|progetto|iniziativa|ente|societ[àa]|gruppo|circolo|fest[ai]|idea|"
    r"cooperativa|"
    r"impresa|azienda|comitato|servizio|fondazione|squadra|corso|mercato|sagra|"
    r"quartiere)\b[^.\n]{0,25}$"
)


def _is_of_somebody(folded: Folded, start: int, _: int) -> bool:
    """Whether a person is born by the words before, and no association."""
    before = folded.lower[max(0, start - 50) : start]
    cut = max(before.rfind("nat"), 0)
    return _FOUNDED.search(before[:cut]) is None


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "DATE_OF_BIRTH",
        r"(?:\bnat[oaie]\b(?![ ](?:un|una|per|dal|dalla)\b)|\bnascita\b|\bd\.?[ ]?d?\.?[ ]?n\b\.?|"
        r"\bdob\b|\bborn\b|\bnasc\.|\bcompleann[oi]\b|\bnasceva\b|\bnacque\b|"
        r"\bcomp(?:ie|io|iuto|irà)\b[^.\n]{0,20}\bil\b|\bn(?:t|\.)\.?[ ]il\b)"
        rf"(?:[^\n;]{{0,60}}?|[ :]{{0,3}}\n[ ]?)(?<!\d)(?P<it>{_DATE})(?!\d)",
        score=0.9,
        accept=_is_of_somebody,
        needs=("nat", "nasc", "dn", "d.n", "dob", "born", "compl", "compi", " n. il", "nacque"),
    ),
    rule(
        "DATE_OF_BIRTH",
        r"(?<![\w.])n(?:\.|t\.|[ ]a[ ])[ ]?(?:(?:a|in)[ ])?(?:[a-zà-ù']{3,}[ ,]{1,2}){0,3}"
        rf"(?:\(?[a-z]{{2}}\)?[ ,]{{1,2}})?(?:il[ ])?"
        rf"(?P<it>{_OLD_DATE}|\d{{1,2}}[./\-]\d{{1,2}}[./\-][3-9]\d)(?!\d)",
        score=0.8,
        digits=4,
        needs=("n.", "nt.", "n a "),
    ),
    rule(
        "DATE_OF_BIRTH",
        r"\b(?:figli[oae]|nipot[ei]|bambin[oaie]|gemell[ie]|ragazz[oaie]|madre|padre|mamma|papà|"
        r"nonn[oa]|"
        r"marito|moglie|sorella|fratello)[ ](?:[a-zà-ù]+[ ])?(?:è|e'|sono)[ ](?:del[ ]?|dell')"
        rf"(?P<it>{_DATE}|{_PAST}|['’]\d\d)(?!\d)",
        score=0.8,
        digits=2,
        needs=(" del",),
    ),
    rule(
        "DATE_OF_BIRTH",
        r"\b(?:classe|nat[oaie][ ](?:nel|a[ ][a-zà-ù]+[ ]nel)|anno[ ]di[ ]nascita[ ]?:?|"
        r"cl\.|(?:leva|annata|coscritt[oaie])(?:[ ]del)?)[ ]?['’]?"
        rf"(?P<it>(?:19|20)?\d{{2}}){END}(?![ ]?[°^/])",
        score=0.8,
        digits=2,
        needs=("classe", "nat", "nascita", "cl.", "leva", "annata", "coscr"),
    ),
)


def births(folded: Folded, found: Iterable[Span]) -> Iterator[Span]:
    """The dates that stand right after a person, if they can be of a birth."""
    for span in found:
        match = _BORN.match(folded.text, span.end)
        if match is not None:
            yield Span(*match.span("it"), "DATE_OF_BIRTH", _BY_NAME)
