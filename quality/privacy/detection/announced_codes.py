"""Codes that words announce: whose number this is, by the nearest word that says so.

People write `cod. cl.`, `il codice cliente non è 1, è 2`, `contatore: tolto …, messo …`,
`12345 è la mia tessera`. So words are read backwards from each code up to one that names a kind or
one that names some other number; a few after it are read where nothing before it speaks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from quality.privacy.detection import checks
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.patterns import Pattern
from quality.privacy.detection.spans import Label, Span

_DIGITS: Final = r"[A-Za-z]{0,6}\d[A-Za-z\d]*"
# Groups with a digit; letters alone belong to it after a sign, and after a blank if capitals.
_VALUE: Final = Pattern(
    rf"(?<![^\W_])(?<!\d[.,/])(?:[A-Za-z]{{1,6}}[\-/._](?=[A-Za-z]{{0,3}}\d)|"
    rf"[A-Z]{{1,2}}[ ](?=[A-Z]{{0,2}}\d))?{_DIGITS}"
    rf"(?:[\-/._:]{{1,2}}[A-Za-z\d]{{1,14}}|[ ]{_DIGITS}|[ ][A-Z]{{1,2}}(?![\w'’.])){{0,9}}"
    r"(?![^\W_])"
)
_LONGEST: Final = 40
_BEFORE: Final = 90
_AFTER: Final = 45
# A word, and what parts texts: a line, a clause, a sentence.
_STEP: Final = re.compile(r"[^\W\d_]+|\n|[;!?]|(?<=[a-zà-ù]{4})\.[ ](?=[A-Z])|[€%]")
_FURTHEST: Final = 8
_BREAKS: Final = {"\n": 3, ";": 2, "!": 3, "?": 3}
_A_SENTENCE: Final = 3
# How far the words may stand that are more often said of something else.
_NEAR: Final = 3
_LEAST_DIGITS: Final = 4


@dataclass(frozen=True)
class _Kind:
    """What is announced; `takes` looks at letters and digits without separators."""

    label: Label
    takes: Callable[[str], bool]
    furthest: int = _FURTHEST


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda bare: compiled.fullmatch(bare) is not None


def _digits(least: int, most: int = 30) -> Callable[[str], bool]:
    return lambda bare: least <= len(checks.digits(bare)) <= most and len(bare) <= most


_CUSTOMER: Final = _Kind("CUSTOMER_CODE", _digits(4, 16), _NEAR)
_METER: Final = _Kind("METER_SERIAL", _digits(5, 22))
_CARD: Final = _Kind("TRANSIT_CARD", _digits(4, 24))
_TAG: Final = _Kind("DEVICE_TAG", _digits(3, 34))
_HEALTH: Final = _Kind("IT_HEALTH_CARD", _digits(9, 20))
_PAYMENT: Final = _Kind("CREDIT_CARD", _form(r"\d{13,19}"))
_IDENTITY: Final = _Kind(
    "IT_IDENTITY_CARD",
    _form(r"[A-Z]{2}\d{5}[A-Z]{2}|[A-Z]{2}\d{7}|\d{7}[A-Z]{2}|[A-Z]{1,2}\d{6,8}"),
)
_GAS: Final = _Kind("IT_PDR", _form(r"\d{14}"))
# By how a word begins, the longest beginning first. `None` is the name of some other number.
_KINDS: Final[dict[str, _Kind | None]] = {
    **dict.fromkeys(
        ("client", "utent", "contribuent", "assistit", "abbonat", "anagrafic"), _CUSTOMER
    ),
    **dict.fromkeys(("utenz", "contratt", "fornitur", "codcli", "codutent", "cliente"), _CUSTOMER),
    **dict.fromkeys(("contator", "misurator", "matric", "matr.", "serial", "cont."), _METER),
    **dict.fromkeys(
        ("tesser", "tess.", "abbonament", "card.", "omnibus", "abb.", "smartcard"), _CARD
    ),
    **dict.fromkeys(("calott", "rfid", "tag.", "transponder", "chip.", "microchip"), _TAG),
    **dict.fromkeys(
        ("mastell", "bidon", "carrellat", "epc.", "uid.", "nfc.", "badge", "telepass"), _TAG
    ),
    **dict.fromkeys(("dispositiv", "pattumell", "chiavett", "contenitor", "tags."), _TAG),
    **dict.fromkeys(("sanitari", "team.", "tessan"), _HEALTH),
    **dict.fromkeys(("credito", "bancomat", "visa.", "mastercard", "amex", "postepay"), _PAYMENT),
    **dict.fromkeys(("carta.", "prepagat", "debito", "pan."), _PAYMENT),
    **dict.fromkeys(("identit", "cie.", "ci.", "doc.", "document"), _IDENTITY),
    **dict.fromkeys(("pdr.", "riconsegn", "gas.", "metano"), _GAS),
    **dict.fromkeys(
        ("passaport", "passport", "pass."),
        _Kind("IT_PASSPORT", _form(r"[A-Z]{1,2}\d{6,8}|[A-Z]\d{2}[A-Z]{2}\d{4,5}|\d{7,9}")),
    ),
    **dict.fromkeys(
        ("patent", "pat."),
        _Kind("IT_DRIVER_LICENSE", _form(r"(?=(?:[A-Z]*\d){4})[A-Z\d]{8,11}")),
    ),
    "pod.": _Kind("IT_POD", _form(r"(?:[I1L]T)?\d{3}E\d{8,9}|[I1L]T[A-Z\d]{10,13}|\d{8,12}")),
    "imei": _Kind("IMEI", _form(r"\d{14,16}")),
    "iban": _Kind("IBAN_CODE", _form(r"[A-Z]{2}[A-Z\d]{13,32}")),
    **dict.fromkeys(
        ("fiscal", "cf.", "codfisc", "fisc."),
        _Kind("IT_FISCAL_CODE", _form(r"(?=(?:[A-Z]*\d){5})[A-Z]{5,7}[A-Z\d]{8,11}")),
    ),
    **dict.fromkeys(
        """
        prot. protocoll verbal fattur bollett ticket pratic ordinanz deliber determin avvis lettur
        legge. leggo segna. segnal valor mc. kwh consum euro import pal. palo palin line corsa
        corse vettur art. legg. civic cap. prenotazion ore. h. alle dalle sinistr rif. riferiment
        repertori appuntament mq. preventiv data tel. telefon cell. cellular cel. chiam richiam
        recapit fisso whatsapp targ tg. fogli mappal particell ferm scontrin ordin spedizion
        tracking firmware version inventari lott. cig. cup. iuv. cro. trn. band gar. gara error fax
        iva piva vat codpren bonific rg. eur. kg. km. anni. anno. mes. giorn civ. interno int. via.
        piazz scad
        """.split(),  # noqa: SIM905 # a list of words is read more easily without quotes
        None,
    ),
}
_BEGINNINGS: Final = sorted(_KINDS, key=len, reverse=True)
_FILLERS: Final = frozenset(
    """
    n nr num numero no è e di del della dell dei il la lo l i un una mio mia suo sua con codice cod
    che era cioè risulta ovvero sarebbe questo questa seguente ecco allora scritto vecchio vecchia
    nuovo nuova attuale non ma id o d quello quella qui sotto come
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
_CODE_WORDS: Final = frozenset(("codice", "cod", "id", "numero", "n", "nr", "num"))
# What a card or a code is of, where it is not what its first word says.
_OF_WASTE: Final = re.compile(
    r"calott|rifiut|cassonett|bidon|mastell|ecologic|umido|indifferenz|isola"
)
_OF_TRAVEL: Final = re.compile(r"viaggio|abbonament|tessera|bigliett")
_OF_HEALTH: Final = re.compile(r"sanitari")


_SAID_AFTER: Final = re.compile(r"[ ,]{1,2}(?:è|e'|sarebbe)[ ](?:il|la|lo|l')")


def announced_codes(folded: Folded) -> Iterator[Span]:
    """The codes of a text under the label of the word that announces them."""
    if sum(map(folded.lower.count, "0123456789")) < _LEAST_DIGITS:
        return
    for match in _VALUE.matches(folded.plain):
        written = match[0]
        if len(written) > _LONGEST or not checks.is_code(written):
            continue
        bare = checks.bare(written)
        found = None
        if _SAID_AFTER.match(folded.lower, match.end()):
            found = _after(folded, match.end(), bare)
        found = found or _before(folded.plain, match.start(), bare)
        found = found or _after(folded, match.end(), bare)
        if found is not None:
            label, score = found
            yield Span(*folded.span(*match.span()), label, score)


def label_before(plain: str, start: int, bare: str) -> Label | None:
    """The kind of number that the words before a place announce."""
    found = _before(plain, start, bare)
    return None if found is None else found[0]


def _before(plain: str, start: int, bare: str) -> tuple[Label, float] | None:
    """What the words before say, the nearest first; None too where they name another number."""
    begin = max(0, start - _BEFORE)
    steps = _STEP.findall(plain[begin:start])
    cost = 0
    codes = 0
    for place in range(len(steps) - 1, -1, -1):
        word = steps[place].lower()
        if cost > _FURTHEST:
            return None
        if word in _FILLERS:
            codes += word in _CODE_WORDS
            continue
        if not word[0].isalpha():
            cost += _BREAKS.get(word, _A_SENTENCE) if cost or word != "\n" else 1
            continue
        is_known, kind = _kind_of(word)
        if is_known and kind is None:
            return None
        kind = _abbreviated(steps, place) if kind is None else kind
        if kind is not None:
            kind = _of_what(kind, " ".join(steps[max(0, place - 2) : place + 4]).lower())
            is_coded = codes or _says_code(steps, place)
            if kind.takes(bare) and cost <= (_FURTHEST if is_coded else kind.furthest):
                return kind.label, 0.9 - cost / 100
        cost += 1
    return None


def _abbreviated(steps: list[str], place: int) -> _Kind | None:
    """`cod. cl.`, `c.i.`, `t.s.`, `c.f.`: one word and the letter or two after it."""
    two = f"{steps[place - 1]} {steps[place]}".lower() if place else ""
    return {
        "cod cl": _CUSTOMER,
        "codice cl": _CUSTOMER,
        "n cl": _CUSTOMER,
        "c cl": _CUSTOMER,
        "cod ut": _CUSTOMER,
        "codice ut": _CUSTOMER,
        "c i": _IDENTITY,
        "t s": _HEALTH,
        "s n": _METER,
        "carta bus": _CARD,
        "carta metro": _CARD,
        "carta trasporti": _CARD,
        "tit viaggio": _CARD,
    }.get(two)


def _says_code(steps: list[str], place: int) -> bool:
    return any(step.lower() in _CODE_WORDS for step in steps[max(0, place - 2) : place])


def _of_what(kind: _Kind, around: str) -> _Kind:
    if kind is _METER and _OF_TRAVEL.search(around):
        return _CARD
    if kind is _CARD and _OF_HEALTH.search(around):
        return _HEALTH
    return _TAG if kind is _CARD and _OF_WASTE.search(around) else kind


def _after(folded: Folded, end: int, bare: str) -> tuple[Label, float] | None:
    """What the next words say: `… è il mio codice cliente`, `… (tessera bus)`."""
    rest = re.match(r"[ ,(\-=]{1,3}([^.;\n]*)", folded.lower[end : end + _AFTER])
    steps = re.findall(r"[^\W\d_]+|[,)]", rest[1]) if rest else []
    has_code = False
    for word in steps[:6]:
        if word in _FILLERS:
            has_code |= word in _CODE_WORDS or word in ("è", "mio", "mia", "il", "la", "sarebbe")
            continue
        is_known, kind = _kind_of(word)
        if not is_known or kind is None or not (has_code or (rest and "(" in rest[0])):
            return None
        return (kind.label, 0.8) if kind.takes(bare) else None
    return None


@lru_cache(maxsize=20_000)
def _kind_of(word: str) -> tuple[bool, _Kind | None]:
    """Whether a word names a kind of number, and which; a full stop in the list ends the word."""
    ended = f"{word}."
    for beginning in _BEGINNINGS:
        if ended.startswith(beginning):
            return True, _KINDS[beginning]
    return False, None
