"""Names that words announce, each up to the first word that cannot be of a name."""

import re
from collections.abc import Iterator
from typing import Final

from quality.privacy.detection.cues import CAPITAL, CUES, OFFICE, SIGNS, SPEAKS, TITLE, WARY
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import (
    ACRONYMS,
    BODIES,
    BRANDS,
    NEVER_NAMES,
    TRADES,
)
from quality.privacy.detection.named_after import BESIDE, FIRM, INSTITUTIONS
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import known

_BY_CUE: Final = 0.9
# How many words a name has at most after its cue.
_LONGEST: Final = 4
# Where the words stand that make what follows a place's name.
_BEFORE: Final = 60
_TITLES: Final = frozenset(
    ("ing", "avv", "dott", "geom", "sig", "arch", "dr", "prof", "rag", "don", "suor", "ra", "ssa")
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?")
_SHORTEST_ELIDED: Final = 5
# Inside names from elsewhere, in small letters.
_INNER: Final = frozenset(("da", "das", "do", "dos", "de", "el", "ben", "bin", "van", "von", "der"))
_CAPITALISED: Final = re.compile(r" [A-ZÀ-Ú][a-zà-ú]+")
_ELIDED: Final = ("l'", "dell'", "all'", "un'", "nell'", "sull'", "dall'", "quest'", "c'")
# A person's name ends where one of these words follows.
STOPS: Final = frozenset(
    """
    e ed o di da del della dei delle degli dal dalla a al alla ai alle ad in nel nella con per tra
    fra su sul sulla che chi non ha ho hanno è era sono si mi ci vi ma se come quando dove il lo
    la i gli le un una uno nato nata residente abita abitante via viale piazza corso cell tel
    telefono email mail cf codice targa vi dice detto chiede chiama vuole segnala scrive riferisce
    lamenta chiesto presso già anche più ore dell' nell' all' dall' sull' c'è l' un' d.ssa cognome
    nome data ufficio comune settore servizio area presidente segretario sindaco assessore
    consigliere responsabile tecnico operatore cliente utente buongiorno salve grazie distinti
    cordiali saluti ciao anni oggi ieri domani sportello
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
NO_NAME: Final = frozenset(
    """
    comune ufficio settore polizia servizio brescia mobilità trasporti provincia regione direzione
    area sportello protocollo segreteria sindaco assessore presidente direttore responsabile
    condominio amministrazione azienda ditta società scuola istituto gestore operatore cliente
    utente madonna cielo dio signore signora signori anonimo anziano anziana nessuno assente
    presente xxx nd vari tutti altro sì no si mezzo numero via piazza del della di in il la lo i
    le gli un una elettronico digitale tributi anagrafe tecnico mittente destinatario referente
    richiedente nome cognome generale generali consiglieri assessori colleghi direttori cittadini
    residenti utenti clienti vicario comunale delegato reggente amministrativo titolare incaricato
    firmatario sottoscritto dichiarante interessato dirigenti assessori agenti tecnici autisti
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
PARTICLES: Final = frozenset(
    [
        "de",
        "di",
        "d'",
        "dal",
        "dalla",
        "del",
        "della",
        "dello",
        "dei",
        "degli",
        "lo",
        "la",
        "li",
        "le",
        "el",
        "al",
        "ben",
        "bin",
        "van",
        "von",
        "der",
        "da",
        "dos",
        "das",
        "do",
    ]
)
# After the first word of a name these are none of it, though a particle may be.
_NO_LATER_NAME: Final = (NO_NAME | BODIES) - PARTICLES


def announced(folded: Folded) -> Iterator[Span]:
    """The persons whom the words before them announce."""
    for cue in CUES:
        if cue in SIGNS and not any(map(folded.lower.__contains__, SIGNS[cue])):
            continue
        for match in cue.matches(folded.plain if cue is SPEAKS else folded.lower):
            if cue in CAPITAL and not folded.plain[match.start("it")].isupper():
                continue
            if cue in WARY and not (
                _is_surely_a_name(folded, *match.span("it"))
                and not INSTITUTIONS.search(_before(folded, match.start("it")))
            ):
                continue
            if (
                match[0].find(",") > -1
                and cue is OFFICE
                and _is_surely_no_name(match["it"].lower())
            ):
                continue
            if cue in (TITLE, OFFICE) and BESIDE.search(_before(folded, match.start())):
                continue
            span = _after_cue(folded, *match.span("it"), is_title=cue in (TITLE, OFFICE))
            if span is not None:
                yield span


def _before(folded: Folded, start: int) -> str:
    return folded.lower[max(0, start - _BEFORE) : start]


def _is_surely_a_name(folded: Folded, start: int, end: int) -> bool:
    """Whether the first word is a name we know, or none and not a word, a firm or a town."""
    word = folded.plain[start:end].split(" ")[0].rstrip(".")
    lower = word.lower()
    said = known(word)
    if lower in BODIES or lower in NO_NAME or lower in BRANDS or lower in TRADES or len(word) < 3:
        return False
    if word.isupper() and (lower in ACRONYMS or folded.case != "u" or said[-1:].isdigit()):
        return False
    is_name = said[:1] in ("F", "S", "X")
    if folded.case == "u":
        return is_name
    if said[-1:].isdigit():
        is_rare = said[-1] != "3" or "S" in said
        return "F" in said or (is_rare and not _begins(folded, start))
    return "T" not in said and (is_name or not said)


def _begins(folded: Folded, start: int) -> bool:
    """Whether a sentence begins here, where any word has a capital."""
    return folded.plain[:start].rstrip(" \"'(")[-1:] in ("", ".", "!", "?", "\n", ":", ";")


def _is_surely_no_name(words: str) -> bool:
    said = known(words.split(" ", maxsplit=1)[0].rstrip("."))
    return said[-1:].isdigit() and said[:1] not in ("F", "S", "X")


def _after_cue(folded: Folded, start: int, end: int, *, is_title: bool) -> Span | None:
    """The name that a cue announces: up to the first word that cannot be of a name."""
    first, last, count = start, start, 0
    is_caps = folded.case == "u"
    for word in _WORD.finditer(folded.lower, start, end):
        lower = word[0].rstrip(".")
        is_small = is_caps or folded.plain[word.start()].islower()
        if not count and lower in _TITLES:
            continue
        if count and is_small and lower in _INNER and _has_capital_after(folded, word.end()):
            continue
        if (count == 0 and _begins_no_name(folded, word, is_title=is_title, is_small=is_small)) or (
            _is_none_of_it(folded, word, count, is_title=is_title, is_small=is_small)
        ):
            break
        first = first if count else word.start()
        last, count = word.start() + len(lower), count + 1
        if word[0].endswith(".") and len(lower) > 2:
            break
    if not count or folded.lower[first:last] in PARTICLES:
        return None
    if count > _LONGEST or last - first < 2 or FIRM.match(folded.lower, last):
        return None
    if not TRADES.isdisjoint(folded.lower[first:last].split()):
        return None
    return Span(*folded.span(first, last), "PERSON", _BY_CUE)


def _begins_no_name(folded: Folded, word: re.Match[str], *, is_title: bool, is_small: bool) -> bool:
    """Whether a word right after a cue is an office, a firm, a thing or a word of the language."""
    lower = word[0].rstrip(".")
    return (
        (lower in NO_NAME and (is_small or lower not in PARTICLES))
        or (lower in BODIES and not (is_title and "S" in known(lower) and not is_small))
        or lower in NEVER_NAMES
        or lower in BRANDS
        or (lower in TRADES and "S" not in known(lower))
        or (lower in ACRONYMS and folded.plain[word.start() : word.end()].isupper())
        or _is_plain_word(lower, is_small=is_small)
    )


def _is_none_of_it(
    folded: Folded, word: re.Match[str], count: int, *, is_title: bool, is_small: bool
) -> bool:
    """Whether a name ends before this word, `count` words after its beginning."""
    lower = word[0].rstrip(".")
    if lower.startswith(_ELIDED) and (is_small or len(lower) < _SHORTEST_ELIDED):
        return True
    if lower in STOPS and not (lower in PARTICLES and not is_small):
        return True
    if not count:
        return False
    is_doubtful = is_small and (is_title or _is_plain_word(lower, is_small=is_small))
    return (
        # The next label of a form; a name may stand before a colon, too.
        (folded.lower.startswith((":", "=", " :"), word.end()) and not _is_name(lower))
        or (is_doubtful and not _is_name(lower))
        or (not is_small and lower in _NO_LATER_NAME)
    )


def _has_capital_after(folded: Folded, end: int) -> bool:
    """Whether ` Silva` follows, which is no town of ours."""
    following = _CAPITALISED.match(folded.plain, end)
    return following is not None and "T" not in known(following[0].strip())


def _is_plain_word(lower: str, *, is_small: bool) -> bool:
    """Whether a word in small letters, or where all are capitals, is a word and no known name."""
    return is_small and known(lower)[:1].isdigit()


def _is_name(lower: str) -> bool:
    return known(lower)[:1] in ("F", "S", "X")
