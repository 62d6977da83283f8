"""Invented sentences of a city's inbox, each word labelled; the same for the same seed."""

import random
import re
from functools import cache
from pathlib import Path
from typing import Final

from quality.privacy.detection.tokens import tokens_of
from quality.privacy.detection.training.lists import people, words
from quality.privacy.detection.training.things import common, invented, place, places, thing
from quality.privacy.detection.training.vocabulary import (
    BODIES,
    EVENTS,
    FORMS,
    SAINTS,
    STREETS,
    TRADES,
)

_SENTENCES: Final = Path(__file__).parent / "sentences.txt"
_SLOT: Final = re.compile(r"\{([a-z])\}")


class Writer:
    """Writes labelled sentences; each has words, and for each word one of `O P S G`."""

    def __init__(self, seed: int) -> None:
        """Begin with this seed."""
        self._dice = random.Random(seed)  # noqa: S311 # invented sentences, not secrets

    def texts(self, count: int) -> list[tuple[str, str]]:
        """Texts with a label for each word as `tokens_of` sees them."""
        return [self._text() for _ in range(count)]

    def _text(self) -> tuple[str, str]:
        dice = self._dice
        lines = _sentences()
        pieces: list[tuple[str, str]] = []
        for _ in range(dice.choice((1, 1, 1, 2, 2, 3))):
            if dice.random() < 0.12:
                pieces += self._noise()
            else:
                pieces += self._filled(dice.choice(lines))
            pieces.append((dice.choice((" ", " ", "\n", " - ")), "O"))
        return self._cased(pieces)

    def _filled(self, line: str) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        for number, part in enumerate(_SLOT.split(line)):
            if number % 2 == 0:
                pieces.append((self._varied(part), "O"))
            else:
                pieces += self._slot(part)
        return pieces

    def _varied(self, text: str) -> str:
        """Some common words replaced by others of the same ending, so that no phrase is learnt."""
        if self._dice.random() < 0.5:
            return text

        def other(match: re.Match[str]) -> str:
            word = match[0]
            alike = _by_ending().get(word[-2:])
            if len(word) < 5 or not alike or self._dice.random() > 0.3:
                return word
            return self._dice.choice(alike)

        return re.sub(r"(?<![\w'.])[a-zà-ù]+(?![\w'])", other, text)

    def _slot(self, kind: str) -> list[tuple[str, str]]:  # noqa: PLR0911 # a slot, a line
        dice = self._dice
        match kind:
            case "p":
                return [(self._person(), "P")]
            case "f":
                return [(self._first(), "P")]
            case "l":
                return [(self._last(), "P")]
            case "s":
                return self._street()
            case "o":
                return self._body()
            case "t":
                return [(place(dice), "O")]
            case "c":
                return [(thing(dice), "O")]
            case "w":
                return [(dice.choice(common()), "O")]
            case _:
                return [(self._value(kind), "O")]

    def _value(self, kind: str) -> str:
        dice = self._dice
        day = f"{dice.randint(1, 28)}/{dice.randint(1, 12):02}/{dice.randint(1940, 2025)}"
        values = {
            "d": (
                day,
                day.replace("/", "."),
                f"{dice.randint(1, 28)} marzo {dice.randint(1990, 2025)}",
            ),
            "n": (str(dice.randint(1, 99)), str(dice.randint(100, 99999))),
            "h": (f"{dice.randint(0, 23)}:{dice.randint(0, 59):02}", f"{dice.randint(6, 22)}.30"),
            "k": ("RSSMRA80A01B157X", "AB123CD", "IT001E12345678", "ND"),
            "e": ("333 1234567", "030/1234567", "nome@posta.it", "+39 340 1234567"),
        }
        return dice.choice(values[kind])

    def _first(self) -> str:
        dice, known = self._dice, people()
        chance = dice.random()
        kind = "first" if chance < 0.68 else "near_first" if chance < 0.84 else "foreign_first"
        return _capital(dice.choice(known[kind])) if chance < 0.97 else invented(dice).title()

    def _last(self) -> str:
        dice, known = self._dice, people()
        chance = dice.random()
        if chance < 0.1:
            return invented(dice).title()
        if chance < 0.16:
            particle = dice.choice(
                ("De ", "Di ", "D'", "Del ", "Della ", "Lo ", "La ", "Dal ", "El ", "Dell'")
            )
            return particle + _capital(dice.choice(known["last"]))
        if chance < 0.24:
            return dice.choice(common()).title()
        kind = "last" if chance < 0.68 else "near_last" if chance < 0.84 else "foreign_last"
        return _capital(dice.choice(known[kind]))

    def _person(self) -> str:
        dice, chance = self._dice, self._dice.random()
        first, last = self._first(), self._last()
        forms = (
            (0.42, f"{first} {last}"),
            (0.60, f"{last} {first}"),
            (0.66, f"{first} {self._first()} {last}"),
            (0.72, f"{first} {last} {self._last()}"),
            (0.77, f"{first[0]}. {last}"),
            (0.80, f"{last} {first[0]}."),
            (0.83, f"{last.upper()} {first}"),
            (0.86, f"{first} {last.upper()}"),
            (0.90, f"{first} {last}".upper()),
            (0.92, f"{first} {last}".lower()),
            (0.94, f"{last}, {first}"),
            (0.96, f"{first} {last}-{self._last()}"),
            (1.00, first if dice.random() < 0.6 else last),
        )
        return next(form for limit, form in forms if chance < limit)

    def _street(self) -> list[tuple[str, str]]:
        dice, chance = self._dice, self._dice.random()
        if chance < 0.45:
            name = f"{self._first()} {self._last()}" if dice.random() < 0.6 else self._last()
            if dice.random() < 0.15:
                name = f"{name[0]}. {self._last()}"
        elif chance < 0.6:
            saint = dice.choice(SAINTS)
            name = saint + ("" if saint.endswith("'") else " ") + self._first()
        elif chance < 0.85:
            name = dice.choice(EVENTS)
        else:
            name = dice.choice(places()).title()
        kind = dice.choice(STREETS)
        return [(kind, "S"), (" ", "S"), (name, "S")]

    def _body(self) -> list[tuple[str, str]]:
        dice, chance = self._dice, self._dice.random()
        last = self._last()
        name = f"{self._first()} {last}" if dice.random() < 0.5 else last
        if chance < 0.25:
            trade = f"{dice.choice(TRADES)} " if dice.random() < 0.6 else ""
            return [(f"{trade}{last} {dice.choice(FORMS)}", "G")]
        quote = '"' if dice.random() < 0.2 else ""
        body = dice.choice(BODIES)
        if chance < 0.35:
            name = f"da {self._first()}"
        if dice.random() < 0.4:
            body = body[0].upper() + body[1:]
        return [(f"{body} {quote}{name}{quote}", "G")]

    def _noise(self) -> list[tuple[str, str]]:
        dice = self._dice
        chosen = dice.choices(common(), k=dice.randint(4, 12))
        text = " ".join(word.title() if dice.random() < 0.12 else word for word in chosen)
        return [(text[0].upper() + text[1:] + dice.choice((".", "", "!", "?")), "O")]

    def _cased(self, pieces: list[tuple[str, str]]) -> tuple[str, str]:
        chance = self._dice.random()
        texts = [text.replace("\\n", "\n") for text, _ in pieces]
        if chance < 0.16:
            texts = [text.lower() for text in texts]
        elif chance < 0.22:
            texts = [text.upper() for text in texts]
        whole, labels, owner = "".join(texts), [], []
        for text, (_, label) in zip(texts, pieces, strict=True):
            owner += [label] * len(text)
        labels = [_label(owner[token.start], token.text) for token in tokens_of(whole)]
        return whole, "".join(labels)


def _label(owner: str, word: str) -> str:
    return "O" if owner == "P" and word in ",\n" else owner


def _capital(name: str) -> str:
    return re.sub(r"(^|[ '\-])(\w)", lambda match: match[1] + match[2].upper(), name)


@cache
def _sentences() -> tuple[str, ...]:
    lines = _SENTENCES.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def _by_ending() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word, zipf in sorted(words().items()):
        if zipf > 3 and len(word) > 4:
            found.setdefault(word[-2:], []).append(word)
    return {ending: tuple(alike) for ending, alike in found.items()}
