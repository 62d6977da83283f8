"""Whether words can name a person: streets, schools, firms, saints, offices and words do not."""

import re
from typing import Final

from quality.privacy.detection.announced_names import NO_NAME
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import BODIES, BRANDS, NEVER_NAMES, TRADES
from quality.privacy.detection.named_after import BESIDE, FIRM, INSTITUTIONS, is_eponym
from quality.privacy.detection.tokens import Token, known, tokens_of
from quality.privacy.words import PLACE_WORDS

# How far back the words stand that make a name a place's.
_BEFORE: Final = 60
_SAINTS: Final = frozenset(
    ("san", "santa", "santo", "sant'", "ss", "beata", "beato", "madonna", "croce")
)
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
# Verbs with their pronouns, which no list of words holds: `contattatelo`, `chiamarmi`.
_VERB: Final = re.compile(
    r"\w{2,}(?:[aei]te|[aei]r|[ae]ndo)(?:mi|ti|ci|vi|lo|la|li|le|ne|gli|melo|mela|celo|velo)"
)


def may_be_persons(folded: Folded, start: int, end: int) -> bool:
    """Whether these characters, which somebody took for a person's name, can be one.

    Streets, schools, firms and offices named after people are not people.
    """
    tokens = [token for token in tokens_of(folded.plain[start:end]) if token.text[0].isalpha()]
    placed = [Token(one.text, one.start + start, one.end + start) for one in tokens]
    return bool(placed) and not is_named_after(folded, placed)


def may_be_a_person(folded: Folded, tokens: list[Token]) -> bool:
    """Whether words taken for a name can be one: no street, no firm, no words of the language."""
    if is_named_after(folded, tokens):
        return False
    names = [token for token in tokens if token.text[0].isalpha()]
    words = folded.lower[max(0, tokens[0].start - _BEFORE) : tokens[0].start].split()
    is_cued = bool(words) and words[-1].rstrip(",") in _INTRODUCE
    return _can_name(names, is_cued=is_cued, case=folded.case)


def is_named_after(folded: Folded, tokens: list[Token]) -> bool:
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


def _is_name_only(token: Token, said: str) -> bool:
    """Whether a word is a name, or none we know, rather than a word of the language or a town."""
    is_place = "T" in said or said[:1] in ("C", "W")
    return token.text.lower() not in BODIES and not said[-1:].isdigit() and not is_place
