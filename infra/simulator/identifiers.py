"""Identifiers of the right form that belong to nobody: fiscal codes, plates, supply points."""

import unicodedata
from datetime import date
from typing import Final

import numpy as np

_MONTHS: Final = "ABCDEHLMPRST"
_ODD_VALUES: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD: Final = dict(zip("0123456789", _ODD_VALUES, strict=True)) | dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_ODD_VALUES, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_PLATE_LETTERS: Final = "ABCDEFGHJKLMNPRSTVWXYZ"
# In 2025 the country had issued plates up to G: one that begins with a later letter is nobody's.
_PLATE_FIRST_LETTERS: Final = "HJKLMNPRSTVWXY"
_OMOCODIA: Final = "LMNPQRSTUV"


def plain_letters(text: str) -> str:
    """The letters A to Z of a name, without accents, apostrophes and spaces."""
    decomposed = unicodedata.normalize("NFKD", text.upper())
    return "".join(letter for letter in decomposed if "A" <= letter <= "Z")


def fiscal_code(*, surname: str, name: str, is_female: bool, born_on: date, place: str) -> str:
    """The codice fiscale by the rules of the decree of 23 December 1976, check letter included."""
    day = born_on.day + (40 if is_female else 0)
    birth = f"{born_on.year % 100:02}{_MONTHS[born_on.month - 1]}{day:02}"
    body = _surname_code(surname) + _name_code(name) + birth + place
    return body + check_letter(body)


def check_letter(body: str) -> str:
    """The sixteenth letter of a codice fiscale, from the fifteen before it."""
    total = 0
    for position, sign in enumerate(body):
        if position % 2 == 0:
            total += _ODD[sign]
        else:
            total += int(sign) if sign.isdigit() else ord(sign) - ord("A")
    return chr(ord("A") + total % 26)


def omocode(code: str) -> str:
    """The same person's code as the tax office writes it when two persons share one (omocodia)."""
    body = code[:14] + _OMOCODIA[int(code[14])]
    return body + check_letter(body)


def with_wrong_check_letter(code: str) -> str:
    """A codice fiscale with a slip of the pen in its last letter."""
    return code[:15] + chr(ord("A") + (ord(code[15]) - ord("A") + 1) % 26)


def plates(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct plates of the series in use since 1994, not issued yet."""
    found: dict[str, None] = {}
    while len(found) < count:
        first = rng.integers(len(_PLATE_FIRST_LETTERS), size=count)
        letters = rng.integers(len(_PLATE_LETTERS), size=(count, 3))
        numbers = rng.integers(1000, size=count)
        for start, (b, c, d), number in zip(first, letters, numbers, strict=True):
            left = _PLATE_FIRST_LETTERS[start] + _PLATE_LETTERS[b]
            found[f"{left}{number:03}{_PLATE_LETTERS[c]}{_PLATE_LETTERS[d]}"] = None
    return list(found)[:count]


def supply_points(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct POD codes of a distributor that does not exist."""
    numbers = rng.choice(90_000_000, size=count, replace=False) + 10_000_000
    return [f"IT901E{number}" for number in numbers]


def _surname_code(surname: str) -> str:
    letters = plain_letters(surname)
    consonants = [letter for letter in letters if letter not in "AEIOU"]
    vowels = [letter for letter in letters if letter in "AEIOU"]
    return "".join([*consonants, *vowels, "X", "X", "X"])[:3]


def _name_code(name: str) -> str:
    consonants = [letter for letter in plain_letters(name) if letter not in "AEIOU"]
    if len(consonants) >= 4:
        return consonants[0] + consonants[2] + consonants[3]
    return _surname_code(name)
