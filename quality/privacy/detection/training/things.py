"""Invented places, institutions, brands, titles and words: what has capitals and is nobody."""

import random
from functools import cache

from quality.privacy.detection.training.lists import (
    foreign_words,
    places_elsewhere,
    section,
    towns,
    words,
)
from quality.privacy.detection.training.vocabulary import ENDS, HEADS, SYLLABLES, THINGS

_LETTERS = "ABCDEFGILMNOPRSTUVZ"


def place(dice: random.Random) -> str:
    """A town of the province, or a place elsewhere."""
    near = dice.random() < 0.5
    return dice.choice(places() if near else places_elsewhere()).title()


def thing(dice: random.Random) -> str:
    """Something with capitals that is nobody: a brand, an institution, a title, an acronym."""
    chance = dice.random()
    if chance < 0.35:
        return dice.choice(THINGS)
    if chance < 0.5:
        return dice.choice(common()).title()
    if chance < 0.72:
        return _institution(dice)
    if chance < 0.86:
        return " ".join(dice.choices(_foreign(), k=dice.choice((1, 1, 2, 3)))).title()
    if chance < 0.92:
        found = "".join(dice.choices(_LETTERS, k=dice.choice((2, 3, 3, 4, 5))))
    else:
        found = place(dice) if chance < 0.96 else invented(dice).title()
    return found


def _institution(dice: random.Random) -> str:
    head, end = dice.choice(HEADS), dice.choice(common()).title()
    tails = (
        end,
        f"di {place(dice)}",
        f"per {dice.choice(common())}",
        f"{dice.choice(common())} {end}",
    )
    return f"{head} {dice.choice(tails)}"


def invented(dice: random.Random) -> str:
    """A word of syllables that no list has."""
    return "".join(dice.choices(SYLLABLES, k=dice.choice((1, 2, 2)))) + dice.choice(ENDS)


@cache
def common() -> tuple[str, ...]:
    """Common words of some length."""
    return tuple(sorted(word for word, zipf in words().items() if zipf > 2.6 and len(word) > 3))


@cache
def places() -> tuple[str, ...]:
    """The towns of the province and the places of the city."""
    return tuple(sorted({*towns(), *section("places.txt")[""]}))


@cache
def _foreign() -> tuple[str, ...]:
    return tuple(sorted(word for word in foreign_words() if len(word) > 2))
