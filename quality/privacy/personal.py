"""Whether a column nobody declared looks personal: by its name, and by a sample of its values.

An alarm, not a protection: what is not declared is left out whatever is found here.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from quality.contract.entities import Entity
from quality.privacy import words
from quality.privacy.canonical import canonical
from quality.privacy.recognisers import found_in

_ROWS: Final = 20_000
_SAMPLE: Final = 200
_SCORE: Final = 0.4
_SHARE: Final = 0.1
_SHARE_BY_CHANCE: Final = 0.5
_SHARE_NAMES: Final = 0.5
_SHARE_FIRST_NAMES: Final = 0.2
# A check digit alone accepts every tenth number: these need half of the values.
_BY_CHANCE: Final[tuple[Entity, ...]] = ("IT_VAT_CODE", "CREDIT_CARD", "IMEI")
_BY_SHAPE: Final[tuple[Entity, ...]] = (
    "IT_FISCAL_CODE",
    "IBAN_CODE",
    "IT_POD",
    "EMAIL_ADDRESS",
)
_BY_PRESIDIO: Final[tuple[Entity, ...]] = (
    "IT_PLATE",
    "PHONE_NUMBER",
    "MAC_ADDRESS",
    "IP_ADDRESS",
)
# Postal and municipal codes are short telephone numbers too, coordinates and dates long ones.
_SHORTEST_PHONE: Final = 8
_QUANTITY: Final = re.compile(
    r"[+-]?[0-9]{1,5}|[+-]?[0-9]*[.,][0-9]+|[0-9]{4}-[0-9]{2}(-[0-9]{2}.*)?"
    r"|[0-9]{1,2}[/.-][0-9]{1,2}[/.-](19|20)[0-9]{2}.*|(19|20)[0-9]{2}[01][0-9][0-3][0-9]"
)
_FEWEST_NAMES: Final = 3


@dataclass(frozen=True)
class Finding:
    """Why a column looks personal: counts and kinds, no value."""

    kind: str
    hits_count: int | None = None
    sample_count: int | None = None

    def __str__(self) -> str:
        """The finding as part of a sentence."""
        if self.hits_count is None:
            return f"{self.kind}"
        return f"{self.hits_count} of {self.sample_count} sampled values: {self.kind}"


def look_at(cells: pl.Series) -> Finding | None:
    """Why this column looks personal, or None.

    A column looks personal if its name has a word such as `targa`, if its name is itself an
    identifier, if a tenth of up to 200 distinct values (two at least; one of fewer than ten) are
    identifiers to Presidio or to our validators, if half are two or three capitalised words that
    name no place, or if a fifth are such words with a common first name.
    """
    if words.names_a_person(cells.name):
        return Finding("by its name")
    if identifiers_in(cells.name) or _is_full_name(cells.name):
        return Finding("its name is itself an identifier: does the file have a header?")
    sample = sample_of(cells)
    if not sample:
        return None
    return _identifiers(sample) or _names(sample)


def is_clean_name(name: str) -> bool:
    """Whether the name of a column is no value: no identifier, no person's name, no address."""
    return (
        not identifiers_in(name, score=0.0)
        and not words.looks_like_a_person(name)
        and not words.has_first_name(name)
        and not words.looks_like_an_address(name)
    )


def sample_of(cells: pl.Series) -> list[str]:
    """Up to 200 distinct values, from all over the column, as text."""
    there = cells.drop_nulls()
    there = there.gather_every(max(1, math.ceil(len(there) / _ROWS)))
    if not there.dtype.is_nested() and there.dtype != pl.Object:
        there = there.unique(maintain_order=True)
    there = there.gather_every(max(1, math.ceil(len(there) / _SAMPLE)))
    texts = (str(value).strip() for value in there.to_list())
    return list(dict.fromkeys(text for text in texts if text))


def identifiers_in(text: str, *, score: float = _SCORE) -> frozenset[str]:
    """The kinds of identifiers in a text; a plain quantity, date or short code is none."""
    if _QUANTITY.fullmatch(text):
        return frozenset()
    found = found_in(text, score=score)
    return found if _digits(text) >= _SHORTEST_PHONE else found - {"PHONE_NUMBER"}


def _identifiers(sample: Sequence[str]) -> Finding | None:
    found = [identifiers_in(text) for text in sample]
    texts = pl.Series(sample, dtype=pl.String)
    for entity in (*_BY_SHAPE, *_BY_PRESIDIO, *_BY_CHANCE):
        hits = [entity in kinds for kinds in found]
        if entity not in _BY_PRESIDIO:
            is_valid = canonical(texts, entity)[0].is_not_null().to_list()
            hits = [one or other for one, other in zip(hits, is_valid, strict=True)]
        share = _SHARE_BY_CHANCE if entity in _BY_CHANCE else _SHARE
        if is_enough(sum(hits), len(sample), share):
            return Finding(entity, sum(hits), len(sample))
    return None


def _names(sample: Sequence[str]) -> Finding | None:
    full = _count(sample, words.looks_like_a_person)
    first = _count(sample, _is_full_name)
    is_full = full >= _FEWEST_NAMES and is_enough(full, len(sample), _SHARE_NAMES)
    if is_full or is_enough(first, len(sample), _SHARE_FIRST_NAMES):
        return Finding("look like names of persons", max(full, first), len(sample))
    return None


def is_enough(hits_count: int, sample_count: int, share: float) -> bool:
    """Whether so many hits make a column look personal: the share, and two (one of under ten)."""
    at_least = 1 if sample_count < 10 else 2
    return hits_count >= max(at_least, share * sample_count)


def _is_full_name(text: str) -> bool:
    return words.looks_like_a_person(text) and words.has_first_name(text)


def _count(sample: Sequence[str], is_hit: Callable[[str], bool]) -> int:
    return sum(map(is_hit, sample))


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
