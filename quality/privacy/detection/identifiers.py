"""Rules for numbers and codes that authorities, banks and utilities give to persons and things."""

from typing import Final

from quality.privacy.canonical import PLATE_LETTERS, PROVINCES
from quality.privacy.detection import checks, surroundings
from quality.privacy.detection.folding import Folded
from quality.privacy.detection.rule import BEGIN, END, Rule, rule

_L: Final = PLATE_LETTERS.lower()
_ONE: Final = _L.removesuffix("{2}")
_P: Final = PROVINCES.lower()
_OM: Final = "[0-9lmnp-v]"
_S: Final = r"[ .\-/_]{0,2}"
# Between a cue and its value: `n.`, `numero:`, `è`, `del mio`, `(POD)`.
_TO: Final = (
    r"(?:[ ]?\(?(?:n|nr|num|numero|codice|cod|id|è|e'|di|del|della|mio|mia|il|la|con|seriale|"
    r"matricola|serie|intestat[oa]|personale)\b[.°º]?\)?){0,4}[ ]?[:=\#°º.\-\"(]{0,3}[ ]?\n?"
)


def _is_upper(folded: Folded, start: int, end: int) -> bool:
    return folded.plain[start:end].isupper()


RULES: Final[tuple[Rule, ...]] = (
    rule(
        "IT_FISCAL_CODE",
        rf"{BEGIN}[a-z]{{3}}{_S}[a-z]{{3}}{_S}{_OM}{{2}}{_S}[abcdehlmprst]{_S}{_OM}{{2}}{_S}"
        rf"[a-z]{_S}{_OM}{{3}}{_S}[a-z]{END}",
        score=0.6,
        digits=1,
        check=checks.fiscal_code,
        accept=lambda folded, start, end: (
            len(checks.digits(folded.lower[start:end])) >= 4
            or checks.fiscal_code(folded.lower[start:end])
        ),
    ),
    rule(
        "IT_FISCAL_CODE",
        rf"{BEGIN}(?:[a-z0-9][ .\-_]){{15}}[a-z0-9]{END}",
        score=0,
        digits=4,
        check=checks.fiscal_code,
    ),
    # Without a space before or after it, as in `cfRSSMRA…`: the check letter says what it is.
    rule(
        "IT_FISCAL_CODE",
        rf"[a-z]{{6}}{_OM}{{2}}[abcdehlmprst]{_OM}{{2}}[a-z]{_OM}{{3}}[a-z]",
        score=0,
        digits=4,
        check=checks.fiscal_code,
    ),
    # Cut short or hidden in part: name, year, month and day still show.
    rule(
        "IT_FISCAL_CODE",
        rf"{BEGIN}[a-z]{{6}}\d{{2}}[abcdehlmprst]\d{{2}}[a-z0-9*.x]{{0,5}}(?![^\W_])",
        score=0.6,
        digits=4,
    ),
    rule(
        "IT_FISCAL_CODE",
        rf"{BEGIN}(?:codice[ ]fiscale|cod\.?[ ]?fisc\.?|c\.?[ ]?f\.?){_TO}(?P<it>\d{{11}}){END}",
        score=0.5,
        digits=11,
        needs=("fisc", "cf", "c.f"),
        check=checks.vat_code,
        policy=surroundings.names_no_company,
    ),
    rule(
        "IT_VAT_CODE",
        rf"{BEGIN}(?:p(?:artita)?\.?[ ]?i\.?v\.?a\.?|p\.?[ ]?i\.|vat){_TO}"
        rf"(?P<it>(?:it[ ]?)?\d{{3}}[ .]?\d{{4}}[ .]?\d{{4}}){END}",
        score=0.5,
        digits=11,
        needs=("iva", "p.i", "p.", "vat"),
        check=checks.vat_code,
        policy=surroundings.names_no_company,
    ),
    rule(
        "IT_VAT_CODE",
        rf"{BEGIN}\d{{11}}{END}",
        score=0,
        digits=11,
        check=checks.vat_code,
        accept=surroundings.is_no_other_number,
        policy=surroundings.names_no_company,
    ),
    rule(
        "IBAN_CODE",
        rf"{BEGIN}(?:it|sm){_S}\d{{2}}{_S}[a-z]{_S}(?:\d{_S}){{10}}(?:[a-z0-9]{_S}){{11}}"
        rf"[a-z0-9]{END}",
        score=0.7,
        digits=12,
        check=checks.iban,
    ),
    rule(
        "IBAN_CODE",
        rf"{BEGIN}[a-z]{{2}}\d{{2}}(?:[ \-]?[a-z0-9]{{4}}){{2,7}}(?:[ \-]?[a-z0-9]{{1,3}})?{END}",
        score=0,
        digits=10,
        check=checks.iban,
    ),
    rule(
        "CREDIT_CARD",
        rf"(?<![^\W_])(?<![\d][.\-])[2-6](?:[ .\-]?\d){{12,18}}{END}",
        score=0,
        digits=13,
        check=checks.card,
        accept=surroundings.is_no_other_number,
    ),
    rule(
        "IT_PLATE",
        rf"{BEGIN}{_L}[ \-.·*/]{{0,3}}\d{{3}}[ \-.·*/]{{0,3}}{_L}{END}",
        score=0.9,
        digits=3,
        accept=surroundings.is_no_amount,
    ),
    # Sign by sign, as it is spelled out.
    rule(
        "IT_PLATE",
        rf"{BEGIN}{_ONE}[ \-.]?{_ONE}[ \-.]{{0,2}}\d[ \-.]?\d[ \-.]?\d[ \-.]{{0,2}}{_ONE}[ \-.]?"
        rf"{_ONE}{END}",
        score=0.7,
        digits=3,
        accept=lambda folded, start, end: (
            _is_upper(folded, start, end) or surroundings.speaks_of_vehicles(folded, start, end)
        ),
    ),
    rule(
        "IT_PLATE",
        rf"{BEGIN}(?=[a-z]{{2}}[ \-]?[a-z\d]\d)(?:{_P})[ \-]?"
        rf"(?:[a-z]\d{{5}}|\d{{6}}|\d{{2}}[a-z]\d{{3}}){END}",
        score=0.6,
        digits=5,
        accept=lambda folded, start, end: (
            _is_upper(folded, start, end) or surroundings.speaks_of_vehicles(folded, start, end)
        ),
    ),
    # Motorcycles, mopeds, trailers, foreign and temporary plates: only where somebody says so.
    rule(
        "IT_PLATE",
        rf"{BEGIN}(?:targ(?:at[oaie]|a|he)|tg\.?)(?:[ ](?:la|il|una?|della|del|moto|auto|prova|"
        r"estera|francese|tedesca|rumena|romena|svizzera|polacca|ucraina|straniera|n\.?|numero|"
        r"parziale|è|era|vecchia))*"
        rf"[ ]?[:=\-(\"]?[ ]?(?P<it>(?:[a-z]{{1,3}}[ \-]?)?[a-z0-9]{{0,4}}[ \-]?\d[a-z0-9]{{0,6}}"
        rf"(?:[ \-][a-z0-9]{{0,4}}\d|[ \-][a-z]{{1,3}}(?=[^\w' ]|$))?){END}",
        score=0.7,
        digits=2,
        needs=("targ", "tg"),
        accept=lambda folded, start, end: 5 <= len(checks.bare(folded.lower[start:end])) <= 9,
    ),
    rule(
        "IT_PLATE",
        rf"{BEGIN}(?:moto(?:rino|ciclo|ciclett[ao])?|scooter|vespa|ciclomotore|veicolo|rimorchio)"
        rf"\b[^.\n]{{0,25}}?{BEGIN}(?P<it>{_L}[ \-]?\d{{5}}|x(?=[a-z0-9]{{0,4}}\d)[a-z0-9]{{5}})"
        rf"{END}",
        score=0.6,
        digits=2,
        needs=("mot", "scoot", "vespa", "veicol", "rimorch"),
    ),
    rule(
        "IT_POD", rf"{BEGIN}it{_S}\d{{3}}{_S}e{_S}(?:\d{_S}){{7,8}}\d{END}", score=0.95, digits=11
    ),
    rule("IT_HEALTH_CARD", rf"{BEGIN}80380(?:[ .]?\d){{15}}{END}", score=0.95, digits=20),
    rule(
        "IT_IDENTITY_CARD",
        rf"{BEGIN}c[a-z][ ]?\d{{5}}[ ]?[a-z]{{2}}{END}",
        score=0.8,
        digits=5,
        accept=lambda folded, start, end: (
            _is_upper(folded, start, end) or surroundings.speaks_of_documents(folded, start, end)
        ),
    ),
    rule(
        "IT_DRIVER_LICENSE",
        rf"{BEGIN}(?:u1[a-z0-9]{{7}}[a-z]|[a-z]{{2}}[ ]?\d{{7}}[ ]?[a-z]){END}",
        score=0.8,
        digits=5,
    ),
    rule(
        "IT_IDENTITY_CARD",
        rf"{BEGIN}(?:[a-z]{{2}}[ ]?\d{{7}}|\d{{7}}[ ]?[a-z]{{2}}|i\d{{8}}){END}",
        score=0.7,
        digits=7,
        accept=lambda folded, start, end: (
            surroundings.speaks_of_documents(folded, start, end)
            or (
                _is_upper(folded, start, end)
                and surroundings.is_no_other_number(folded, start, end)
            )
        ),
    ),
)
