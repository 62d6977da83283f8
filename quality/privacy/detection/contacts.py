"""Rules for ways to reach a person: telephones and mailboxes."""

import re
from typing import Final

from quality.privacy.detection import checks, mailboxes, surroundings
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.rule import Rule, rule

_SEP: Final = r"[ .\-/]{0,3}"
_ITALY: Final = r"(?:(?:\+|00)[ .\-/]?39|\((?:\+|00)39\))"
_AT: Final = r"(?:@|\(at\)|\[at\]|\{at\}|<at>|\(?chiocciola\)?|\[chiocciola\]|\(a\)|_at_|[ ]at[ ])"
_DOT: Final = r"(?:[ ]?(?:\(dot\)|\[dot\]|\(punto\)|\[punto\]|\bpunto\b|\bdot\b)[ ]?|[ ]?\.[ ]?)"
_TOP: Final = (
    r"(?:it|com|net|org|eu|info|gov|edu|biz|ch|de|fr|uk|es|ro|al|pl|me|io|tv|name|us|in|cloud)\b"
)
_PROVIDERS: Final = (
    r"(?:gmail|libero|hotmail|yahoo|alice|tiscali|outlook|virgilio|icloud|live|tin|fastwebnet|pec|"
    r"legalmail|aruba|email|inwind|msn)"
)
_LOCAL: Final = (
    r"[^\W_][\w+'\-]*(?:(?:\.|[ ]punto[ ]|[ ]?\(punto\)[ ]?|[ ]?\[dot\][ ]?|[ ]trattino[ ]|"
    r"[ ]underscore[ ])[\w+'\-]+)*"
)


_OF_A_YEAR: Final = re.compile(r"/(?:19|20)\d\d$")
_DAY: Final = re.compile(r"[0-3]?\d[ ./-]{1,3}[01]?\d[ ./-]{1,3}(?:19|20)?\d\d")


def _is_a_phone(folded: Folded, start: int, end: int) -> bool:
    """No date, no amount, no file number, no pair of coordinates."""
    after = folded.lower[end : end + 8].lstrip(" ")
    if after.startswith(("/20", "€", "euro", "kwh", "mc", "%")):
        return False
    written = folded.lower[start:end]
    if _OF_A_YEAR.search(written) or _DAY.fullmatch(written):
        return False
    return surroundings.is_no_other_number(folded, start, end)


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "PHONE_NUMBER",
        rf"(?<![^\W_])(?<!\d[.,])(?:{_ITALY}{_SEP})?(?:3(?:[ ]?\d){{2}}|\(3\d{{2}}\)){_SEP}"
        rf"\d(?:{_SEP}\d){{5,6}}(?![^\W_])(?![.,]\d)",
        score=0,
        digits=9,
        check=checks.phone,
        sure=0.85,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        rf"(?<![^\W_])(?<!\d[.,/])(?:{_ITALY}{_SEP})?(?:0[1-9]\d{{0,2}}|\(0[1-9]\d{{0,2}}\))"
        r"[ .\-/]{0,3}"
        rf"\d(?:{_SEP}\d){{4,7}}(?![^\W_])(?![.,]\d)",
        score=0,
        digits=6,
        check=checks.phone,
        sure=0.75,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        r"(?<![^\W_])(?:(?:\+|00)[ ]?[1-9]\d{0,2}|\(\+[1-9]\d{0,2}\))"
        r"(?:[ .\-/()]{0,2}\d){6,12}(?![^\W_])",
        score=0,
        digits=8,
        check=checks.phone,
        sure=0.8,
        accept=_is_a_phone,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "PHONE_NUMBER",
        r"\b(?:tel|telefono|cell|cellulare|cel|recapito|whatsapp|wa|fisso|casa|chiama(?:mi|temi|"
        r"re)?|"
        r"numero|tfn|tlf|phone|mob|mobile)\b[.]?(?:[ ](?:il|al|allo|n\.?|numero|mio|è|di|casa|"
        r"fisso)\b)*"
        r"[ ]?[:.\-]?[ ]?(?P<it>(?:\+|00)?\(?\d(?:[ .\-/()]{0,2}\d){5,13})(?![^\W_])",
        score=0,
        digits=6,
        needs=(
            "tel",
            "cel",
            "recap",
            "whats",
            "wa",
            "fisso",
            "casa",
            "chiam",
            "num",
            "tf",
            "tl",
            "ph",
            "mob",
        ),
        check=checks.phone,
        sure=0.8,
        accept=surroundings.is_no_other_number,
        policy=surroundings.is_somebodys_phone,
    ),
    rule(
        "EMAIL_ADDRESS",
        rf"(?<![\w.+\-]){_LOCAL}(?:[ ]?{_AT}[ ]?)(?:[\w\-]+{_DOT}){{1,4}}{_TOP}",
        score=0.95,
        needs=("@", "chiocciola", " at ", "(at", "[at", "{at", "<at", "_at_", "(a)"),
        policy=mailboxes.is_somebodys,
    ),
    rule(
        "EMAIL_ADDRESS",
        r"(?<![\w.+\-])[\w.+'\-]*[\w+]@[\w\-]+(?:\.[\w\-]+)+",
        score=0.95,
        needs=("@",),
        policy=mailboxes.is_somebodys,
    ),
    # A comma for the stop, and no stop at all where it is said.
    rule(
        "EMAIL_ADDRESS",
        rf"(?<![\w.+\-]){_LOCAL}(?:@[\w\-]+,|[ ]?(?:@|\(?chiocciola\)?)[ ]?{_PROVIDERS}[ ]){_TOP}",
        score=0.9,
        needs=("@", "chiocciola"),
        policy=mailboxes.is_somebodys,
    ),
    rule(
        "EMAIL_ADDRESS",
        r"(?<![^\W_])(?:[\w.\-][ ]){3,64}@(?:[ ][\w.\-]){4,64}(?![^\W_])",
        score=0.9,
        needs=("@",),
    ),
)
