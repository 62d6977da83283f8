"""Rules for homes: a street with a civic number. A street without one is nobody's."""

import re
from typing import Final

from quality.privacy.detection import surroundings
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.patterns import by_first_letter
from quality.privacy.detection.rule import Rule, rule

_KINDS: Final = (
    r"vialetto|viale|via|v\.le|vle|v\.|piazzetta|piazzale|piazza|p\.?zza|p\.za|pza|p\.le|p\.tta|"
    r"corso|q\.re|"
    r"c\.so|vicoletto|vicolo|vic\.|vico|largo|l\.go|strada|str\.|stradone|traversa|trav\.|contrada|"
    r"c\.da|cda|località|localita'|loc\.|frazione|fraz\.|lungolago|galleria|salita|villaggio|"
    r"vill\.|cascina|c\.na|borgo|circonvallazione|rione|calle|rua|quartiere"
)
STREETS: Final = f"(?:{by_first_letter(_KINDS)})"
_NUMBER: Final = (
    r"(?:,?[ ]?(?:al[ ]?)?(?:n\.?[ ]?c\.|n[.°º]*|nr\.?|num\.?|numero(?:[ ]civico)?|civico|"
    r"civ\.?|nr°|\#)[ ]?|"
    r"[ ]?,[ ]?|[ ]|"
    r"[ ]-[ ]|[ ]?\n[ ]?(?=civ))"
    r"(?:numero[ ]|civico[ ]|n[.°º]*[ ]?)?\d{1,4}(?![\d.,:/]?\d)"
    # `8 a` is a house where nothing follows that it could lead to.
    r"(?:(?:[ ]?[/\-][ ]?[a-h]|[a-h]|[ ][b-df-h]|[ ]?[/\-]?[ ]?(?:bis|ter|quater|snc))\b"
    r"(?!['’])|/\d{1,3})?"
)
_INSIDE: Final = (
    r"(?:[ ]?[,\-]?[ ]?(?:interno|int\.?|scala|sc\.?|piano|p\.|palazzina|pal\.?|app\.?|"
    r"appartamento|"
    r"lotto|edificio|citofono)[ ]?(?:\d{1,3}[a-z]?|[a-z])\b)*"
)
_TOWN: Final = (
    r"(?:[ ]?[,\-–(][ ]?|[ ]|\n)(?:cap[ ])?\d{5}[ ][a-zà-ù']+"
    r"(?:[ ](?:[a-zà-ù']+[ ])?\(?[a-z]{2}\)?(?![a-zà-ù]))?"
)
# A word that is of no street's name: what follows speaks of something else.
_NOT: Final = (
    r"(?!(?:dalle|dal|alle|ore|per|è|e'|ha|resta|rimane|ogni|fino|circa|non|sono|hanno|ci|con|"
    r"verso|tra|fra|"
    r"solo|linea|bus|ieri|oggi|domani|che|si|ma|o|da(?![ ]vinci)|tutto|tutta|manca|mancano|dopo|"
    r"quasi|"
    r"angolo|all'altezza|altezza|davanti|fronte|vicino|incrocio|civici|numeri|c'è|viene|era|lato|direzione)\b)"
)
_WORD: Final = rf"{_NOT}[^\W\d_][\w.'°]*"
_WORDS: Final = rf"[ ]?\n?(?:(?:(?:\d{{1,2}}|[ivx]+)[ ])?{_WORD}(?:[ ]{_WORD}){{0,4}}?)"
_YEAR: Final = re.compile(r"[ ](?:nel|del|dal|anno)[ ](?:1[89]|20)\d\d$")
# `in via Milano 3 lampioni`: a count of things, not a house.
_THINGS: Final = (
    r"(?![ ](?:lampion|volt|minut|or[ae]\b|giorn|metr|m\b|km|euro|€|auto|macchin|person|ann[io]|"
    r"mes[ei]|"
    r"settiman|buc[ah]|tombin|alber|piant|cassonett|bidon|cestin|post[io]\b|fermat|stall|pal[io]\b|"
    r"luci|"
    r"semafor|incident|feriti|ragazz|bambin|uomini|donne|cani|gatt|veicol|mezz|moto\b|bici|corse|"
    r"linee|camion|utent|famigli|pass[io]|mq|mc\b|cm\b|kwh|%|gradi|punti|tavol|sedi[ae]|panchin|"
    r"case\b|"
    r"condomin|negoz|cantier|segnal|stradal|topi|ratt|sacch|sacc|cartell|esemplar|gennaio|febbraio|"
    r"marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre))"
)


def _is_no_year(folded: Folded, start: int, end: int) -> bool:
    """Whether the number is a house's: `la galleria del 1965` has none."""
    return _YEAR.search(folded.lower, start, end) is None


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "ADDRESS",
        rf"(?<![\w.'])(?P<it>{STREETS}{_WORDS}{_NUMBER}{_THINGS}{_INSIDE}(?:{_TOWN})?)(?![^\W_])",
        score=0.8,
        digits=1,
        accept=_is_no_year,
        policy=surroundings.is_private,
    ),
    # `al 12 di via Milano`, `civico 3 in via Roma`
    rule(
        "ADDRESS",
        r"(?<![\w.])(?:al|civico|civ\.|numero)[ ](?:civico[ ]|numero[ ]|n\.?[ ]?)?"
        rf"(?P<it>\d{{1,3}}(?:[ ]?/?[ ]?[a-h])?(?:[ ]di|[ ]in|,)[ ]{STREETS}{_WORDS})(?<!\.)"
        r"(?=[,.;:\n!?)\]»…\"]|[ ]*$|[ ](?:a|da|e|in|che|c'è|non|è|dove|ma|dal|ho|ci)\b)",
        score=0.8,
        digits=1,
        needs=("al ", "civ", "numero "),
        accept=surroundings.speaks_of_a_home,
    ),
    rule(
        "ADDRESS",
        r"\b(?:indirizzo|residenza|domicilio|residente[ ]in|abitazione)[ ]?[:=][ ]?"
        rf"(?P<it>[^\W\d_][\w.'°]*(?:[ ][^\W\d_][\w.'°]*){{0,4}}?{_NUMBER}{_INSIDE}(?:{_TOWN})?)"
        rf"(?![^\W_])",
        score=0.8,
        digits=1,
        needs=("indirizzo", "residen", "domicilio", "abitazione"),
    ),
)
