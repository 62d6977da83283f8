"""The marked texts, and how well a redaction does on them."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from quality.privacy.detection.spans import Span

Texts = Literal["own", "first-author", "second-author"]
_HERE = Path(__file__).parent
_FOLDERS: dict[Texts, Path] = {
    "own": _HERE,
    "first-author": _HERE / "other_hands" / "a",
    "second-author": _HERE / "other_hands" / "b",
}
_MARK = re.compile(r"\{([A-Z_]+):([^{}]+)\}")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Marked:
    """A text and what is personal in it."""

    register: str
    text: str
    spans: tuple[Span, ...]
    is_held_out: bool


def marked_texts(texts: Texts = "own") -> list[Marked]:
    """All texts of all registers, by the hand that wrote the rules or by one of two others."""
    return [
        _marked(file.stem, line.replace("\\n", "\n"), is_held_out=_is_held_out(texts, number))
        for file in sorted(_FOLDERS[texts].glob("*.txt"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines())
    ]


def _is_held_out(texts: Texts, number: int) -> bool:
    return number % 4 >= 2 if texts == "own" else texts == "second-author"


def _marked(register: str, line: str, *, is_held_out: bool) -> Marked:
    text, spans, last = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[last : mark.start()]
        spans.append(Span(len(text), len(text) + len(mark[2]), mark[1], 1.0))  # type: ignore[arg-type] # checked by a test
        text += mark[2]
        last = mark.end()
    return Marked(register, text + line[last:], tuple(spans), is_held_out)


@dataclass
class Tally:
    """Found of those there are."""

    hits: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 1.0

    def interval(self, z: float = 1.96) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.share, self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.share:.3f} ({self.hits}/{self.of}, 95 % {low:.2f}-{high:.2f})"


@dataclass
class Score:
    """Recall by label, precision, clean texts touched, words hidden for nothing."""

    recall: dict[str, Tally] = field(default_factory=dict)
    hidden: dict[str, Tally] = field(default_factory=dict)
    precision: Tally = field(default_factory=Tally)
    clean_touched: Tally = field(default_factory=Tally)
    readable: Tally = field(default_factory=Tally)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def all_of(self, kind: str = "recall") -> Tally:
        tallies = getattr(self, kind).values()
        return Tally(sum(one.hits for one in tallies), sum(one.of for one in tallies))


def score(texts: Iterable[Marked], find: Callable[[str], Sequence[Span]]) -> Score:
    """How a finder does: a span is found if half of it is, under its label.

    It is hidden if every letter and digit of it is, under any label.
    """
    result = Score()
    for one in texts:
        found = find(one.text)
        for gold in one.spans:
            hit = any(_half(gold, span) and span.label == gold.label for span in found)
            _count(result.recall, gold.label, hit)
            covered = all(
                any(span.start <= i < span.end for span in found)
                for i in range(gold.start, gold.end)
                if one.text[i].isalnum()
            )
            _count(result.hidden, gold.label, covered)
            if not hit:
                result.missed.append(
                    f"{gold.label}: {one.text[gold.start : gold.end]!r} in {one.text!r}"
                )
        for span in found:
            right = any(
                span.label == gold.label and (_half(span, gold) or _half(gold, span))
                for gold in one.spans
            )
            result.precision.of += 1
            result.precision.hits += right
            if not right:
                result.wrong.append(
                    f"{span.label}: {one.text[span.start : span.end]!r} in {one.text!r}"
                )
        if not one.spans:
            result.clean_touched.of += 1
            result.clean_touched.hits += bool(found)
        for word in _WORD.finditer(one.text):
            if any(gold.start <= word.start() < gold.end for gold in one.spans):
                continue
            is_lost = any(span.start < word.end() and word.start() < span.end for span in found)
            result.readable.of += 1
            result.readable.hits += not is_lost
            if is_lost:
                result.lost[word[0]] += 1
    return result


def _half(gold: Span, found: Span) -> bool:
    return 2 * (min(gold.end, found.end) - max(gold.start, found.start)) >= gold.length


def _count(tallies: dict[str, Tally], label: str, hit: bool) -> None:
    tally = tallies.setdefault(label, Tally())
    tally.of += 1
    tally.hits += hit
