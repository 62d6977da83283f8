"""Whether what a pattern matched is what it seems: check digits, ranges, prefixes."""

import ipaddress
import re
from typing import Final

from quality.privacy import checkdigits

_SEPARATORS: Final = re.compile(r"[\s./_()\[\]-]")
_OMOCODIA: Final = str.maketrans("LMNPQRSTUV", "0123456789")
_SHAPE: Final = re.compile(
    r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]"
)
# Emergency, information and premium services: nobody's own number.
_SERVICES: Final = ("800", "803", "840", "848", "892", "893", "894", "895", "899", "199", "178")


def bare(text: str) -> str:
    """Upper case without separators."""
    return _SEPARATORS.sub("", text).upper()


def digits(text: str) -> str:
    """The digits of a text."""
    return "".join(filter(str.isdigit, text))


def fiscal_code(text: str) -> bool:
    """Whether the check letter of a codice fiscale is right, omocodia included."""
    code = bare(text)
    if not _SHAPE.fullmatch(code) or checkdigits.fiscal_code_letter(code[:15]) != code[15]:
        return False
    day = int(code[9:11].translate(_OMOCODIA))
    return 1 <= day <= 31 or 41 <= day <= 71


def vat_code(text: str) -> bool:
    """Whether eleven digits end in their Luhn digit and are not all the same."""
    code = digits(text)
    return len(code) == 11 and len(set(code)) > 1 and checkdigits.luhn(code)


def iban(text: str) -> bool:
    """Whether an IBAN has the length of its country and passes mod 97."""
    return checkdigits.iban(bare(text))


def card(text: str) -> bool:
    """Whether 13 to 19 digits begin as payment cards do and pass Luhn."""
    code = digits(text)
    begins = code[:1] in "3456" or code[:2] == "22"
    return 13 <= len(code) <= 19 and begins and len(set(code)) > 1 and checkdigits.luhn(code)


def imei(text: str) -> bool:
    """Whether fifteen digits pass Luhn."""
    code = digits(text)
    return len(code) == 15 and checkdigits.luhn(code)


def ip(text: str) -> bool:
    """Whether this is the address of a machine, and not a version or an empty address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified and (address.version == 4 or len(text) > 4)


def phone(text: str) -> bool:
    """Whether the digits can be somebody's telephone, and no service's."""
    code = digits(text)
    if text.lstrip(" (").startswith("+") or code.startswith("00"):
        code = code.removeprefix("00")
        if not code.startswith("39"):
            return 8 <= len(code) <= 15
        code = code[2:]
    elif len(code) >= 11 and code.startswith("393"):
        code = code[2:]
    if code.startswith(_SERVICES) or len(set(code)) < 3:
        return False
    return 9 <= len(code) <= 10 if code.startswith("3") else 6 <= len(code) <= 11


def latitude_longitude(text: str) -> bool:
    """Whether two numbers are a place on Earth."""
    found = re.findall(r"-?\d{1,3}[.,]\d+", text)
    if len(found) != 2:
        return False
    first, second = (float(one.replace(",", ".")) for one in found)
    return abs(first) <= 90 and abs(second) <= 180


def has_digit(text: str) -> bool:
    """Whether it holds a digit: a code, and not a word."""
    return any(map(str.isdigit, text))


def is_code(text: str) -> bool:
    """Whether it holds four digits or more and is no date and no amount."""
    return len(digits(text)) >= 4 and not _DATE_OR_AMOUNT.fullmatch(text)


_DATE_OR_AMOUNT: Final = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|(?:19|20)\d{2}|\d+[.,]\d{1,2}|\d{1,3}(?:\.\d{3})+(?:,\d+)?"
)
