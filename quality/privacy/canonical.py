"""The one way to write an identifier, so that one person or thing has one pseudonym (canon_v1).

A change of any canonical form changes pseudonyms: make it a new version, with new keys.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Final

import polars as pl

from quality.contract.entities import Entity
from quality.privacy import checkdigits
from quality.privacy.cells import empty

VERSION: Final = "canon_v1"
# What a pseudonymised column without an entity holds: a name the publisher gave to a record.
DEFAULT_ENTITY: Final[Entity] = "RECORD_ID"

_INVISIBLE: Final = r"[\p{Cc}\p{Cf}]"
_SEPARATORS: Final = r"[\s./_\-‐‑–]"
# What publishers write where they know nothing. It identifies nobody: no pseudonym is made of it.
_PLACEHOLDERS: Final = (
    "", "ND", "NA", "NP", "NULL", "NONE", "NAN", "NIL", "NESSUNO", "NESSUNA", "SCONOSCIUTO",
    "SCONOSCIUTA", "IGNOTO", "IGNOTA", "ASSENTE", "NONDISPONIBILE", "NONNOTO", "NONPRESENTE",
    "NONRILEVATO", "NONRILEVATA", "NONDEFINITO", "ANONIMO", "UNKNOWN", "NOTAVAILABLE",
    "XXXXXX00X00X000X", "AAAAAA00A00A000A",
)  # fmt: skip
_ONE_CHARACTER: Final = r"^(?:0+|9{5,}|1{7,}|X+|\*+|\?+)$"

# Shapes of the values once upper case and without separators.
_SHAPES: Final[dict[str, str]] = {
    "IT_FISCAL_CODE": r"^(?:[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}"
    r"[A-Z][0-9LMNPQRSTUV]{3}[A-Z]|[0-9]{11})$",
    "IT_VAT_CODE": r"^[0-9]{11}$",
    "IT_POD": r"^IT[0-9]{3}E[0-9]{8,9}$",
    "IT_PDR": r"^[0-9]{14}$",
    "IT_IDENTITY_CARD": r"^(?:C[A-Z][0-9]{5}[A-Z]{2}|[A-Z]{2}[0-9]{7}|[0-9]{7}[A-Z]{2})$",
    "IT_PASSPORT": r"^[A-Z]{1,2}[0-9]{7}$",
    "IT_DRIVER_LICENSE": r"^(?:[A-Z]{2}[0-9]{7}[A-Z]|U1[A-Z0-9]{7}[A-Z])$",
    "IT_HEALTH_CARD": r"^80380[0-9]{15}$",
    "IBAN_CODE": r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",
    "CREDIT_CARD": r"^[0-9]{13,19}$",
    "IMEI": r"^[0-9]{15}$",
    "METER_SERIAL": r"[\p{L}\p{N}]",
    "TRANSIT_CARD": r"[\p{L}\p{N}]",
    "CUSTOMER_CODE": r"[\p{L}\p{N}]",
}
# Plates: cars since 1994, motorcycles and trailers since 1999, mopeds, and those with a province.
PROVINCES: Final = (
    "AG|AL|AN|AO|AP|AQ|AR|AT|AV|BA|BG|BI|BL|BN|BO|BR|BS|BZ|CA|CB|CE|CH|CL|CN|CO|CR|CS|CT|CZ|EN|FC|"
    "FE|FG|FI|FM|FO|FR|GE|GO|GR|IM|IS|KR|LC|LE|LI|LO|LT|LU|MB|MC|ME|MI|MN|MO|MS|MT|NA|NO|NU|OR|PA|"
    "PC|PD|PE|PG|PI|PL|PN|PO|PR|PS|PT|PU|PV|PZ|RA|RC|RE|RG|RI|RM|RN|RO|ROMA|SA|SI|SO|SP|SR|SS|SU|"
    "SV|TA|TE|TN|TO|TP|TR|TS|TV|UD|VA|VB|VC|VE|VI|VR|VT|VV"
)
PLATE_LETTERS: Final = "[A-HJ-NPR-TV-Z]{2}"
CAR_PLATE: Final = rf"{PLATE_LETTERS}[0-9]{{3}}{PLATE_LETTERS}"
_PLATE: Final = (
    rf"^(?:{CAR_PLATE}|{PLATE_LETTERS}[0-9]{{5}}|[B-DF-HJ-NP-TV-Z][B-DF-HJ-NP-TV-Z2-9]{{5}}"
    rf"|(?:{PROVINCES})(?:[0-9]{{5,6}}|[A-Z][0-9]{{5}}|[0-9]{{1,5}}[A-Z][0-9]{{0,4}}))$"
)
_MAC: Final = re.compile(
    r"[0-9a-f]{2}([:\s-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}"
)
_OMOCODIA: Final = str.maketrans("LMNPQRSTUV", "0123456789")
_OMOCODIC: Final = (6, 7, 9, 10, 12, 13, 14)


def canonical(texts: pl.Series, entity: Entity) -> tuple[pl.Series, pl.Series]:
    """Canonical forms of distinct texts, and which of these are no valid identifiers of the kind.

    A placeholder such as `N/D` or `00000000000` becomes null and is not invalid; so does a locally
    administered MAC address, which phones make up anew every day.
    """
    plain = texts.str.normalize("NFKC").str.replace_all(_INVISIBLE, "")
    plain = plain.str.strip_chars().str.replace_all(r"\s+", " ")
    plain = empty(plain, where=_is_placeholder(plain, entity))
    if entity in _ONE_BY_ONE:
        forms = _each(plain, _ONE_BY_ONE[entity])
    else:
        forms = _BY_COLUMN.get(entity, _document)(plain, entity)
    is_invalid = plain.is_not_null() & forms.is_null()
    if entity == "MAC_ADDRESS":
        forms = empty(forms, where=forms.str.contains("^.[2367abef]"))
    return forms, is_invalid


def _is_placeholder(plain: pl.Series, entity: Entity) -> pl.Series:
    bare = plain.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}*?]", "")
    is_word = bare.is_in(_PLACEHOLDERS)
    # The record with the id 0 is a record; the person with the fiscal code 0 is nobody.
    return is_word if entity == DEFAULT_ENTITY else is_word | bare.str.contains(_ONE_CHARACTER)


def _document(plain: pl.Series, entity: Entity) -> pl.Series:
    """Upper case without separators, null where the shape or the check digit is wrong."""
    bare = plain.str.to_uppercase().str.replace_all(_SEPARATORS, "")
    if entity == "IT_VAT_CODE":
        bare = bare.str.strip_prefix("IT")
    bare = empty(bare, where=~bare.str.contains(_SHAPES[entity]))
    check = _CHECKS.get(entity)
    return bare if check is None else _each(bare, check)


def _each(texts: pl.Series, form: Callable[[str], str | None]) -> pl.Series:
    forms = [None if text is None else form(text) for text in texts.to_list()]
    return pl.Series(forms, dtype=pl.String)


def _plate(plain: pl.Series, _: Entity) -> pl.Series:
    bare = plain.str.to_uppercase().str.replace_all(r"[\s./_\-‐‑–·*]", "")
    return empty(bare, where=~bare.str.contains(_PLATE))


def _as_it_is(plain: pl.Series, _: Entity) -> pl.Series:
    return plain


def _name(plain: pl.Series, _: Entity) -> pl.Series:
    """Upper case without accents; apostrophes and punctuation are one sign each."""
    bare = plain.str.replace_all("[’‘`´ʼ]", "'").str.normalize("NFKD")
    bare = bare.str.replace_all(r"\p{M}", "").str.to_uppercase()
    bare = bare.str.replace_all(r"[,;.]", " ").str.replace_all(r"\s+", " ").str.strip_chars()
    return empty(bare, where=~bare.str.contains(r"\p{L}"))


def _fiscal_code(text: str) -> str | None:
    """Without omocodia, the check letter made anew; eleven digits are a company or provisional."""
    if len(text) == 11:
        return text if checkdigits.luhn(text) else None
    if checkdigits.fiscal_code_letter(text[:15]) != text[15]:
        return None
    letters = list(text[:15])
    for place in _OMOCODIC:
        letters[place] = letters[place].translate(_OMOCODIA)
    day = int(letters[9] + letters[10])
    if not (1 <= day <= 31 or 41 <= day <= 71):
        return None
    plain = "".join(letters)
    return plain + checkdigits.fiscal_code_letter(plain)


def _if_luhn(text: str) -> str | None:
    return text if checkdigits.luhn(text) else None


def _if_iban(text: str) -> str | None:
    return text if checkdigits.iban(text) else None


def _phone(text: str) -> str | None:
    """E.164, read as from Italy."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "IT")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(text: str) -> str | None:
    """Lower case, the domain in its IDNA form."""
    import idna

    local, _, domain = text.lower().removeprefix("mailto:").rpartition("@")
    if not re.fullmatch(r"[^\s@\"<>(),:;\[\]\\]{1,64}", local) or "." not in domain:
        return None
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    return f"{local}@{ascii_domain}"


def _mac(text: str) -> str | None:
    lower = text.lower()
    return re.sub(r"[\s:.-]", "", lower) if _MAC.fullmatch(lower) else None


def _ip(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "IT_FISCAL_CODE": _fiscal_code,
    "IT_VAT_CODE": _if_luhn,
    "IBAN_CODE": _if_iban,
    "CREDIT_CARD": _if_luhn,
    "IMEI": _if_luhn,
}
_ONE_BY_ONE: Final[dict[str, Callable[[str], str | None]]] = {
    "PHONE_NUMBER": _phone,
    "EMAIL_ADDRESS": _email,
    "MAC_ADDRESS": _mac,
    "IP_ADDRESS": _ip,
}
_BY_COLUMN: Final[dict[str, Callable[[pl.Series, Entity], pl.Series]]] = {
    "IT_PLATE": _plate,
    "RECORD_ID": _as_it_is,
    "PERSON": _name,
    "ADDRESS": _name,
}
