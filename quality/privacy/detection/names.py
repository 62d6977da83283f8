"""Persons' names: a conditional random field over classes of words, decoded here.

Linear-chain CRF (Lafferty, McCallum, Pereira 2001), Viterbi decoding. Labels: `O` nothing, `P` a
person, `S` a street or place, `G` an organisation; the last two are there so that what is named
after a person is not taken for one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.lexicon import weights
from quality.privacy.detection.tokens import Token, kind_of, tokens_of

LABELS: Final = "OPSG"
WINDOW: Final = 3
_BEFORE: Final = "^"
_AFTER: Final = "$"
# Words seen are kept, so that each is looked at once; this many, lest memory grows for ever.
_REMEMBERED: Final = 50_000
_ZERO: Final = (0.0, 0.0, 0.0, 0.0)

_Scores = tuple[float, float, float, float]


def features_of(kinds: list[tuple[str, str, tuple[str, ...]]]) -> list[list[str]]:
    """The features of each word in its place, as `training` gives them to the learner."""
    count = len(kinds)
    edge_before = (_BEFORE, _BEFORE, (f"c={_BEFORE}",))
    edge_after = (_AFTER, _AFTER, (f"c={_AFTER}",))
    padded = [edge_before] * WINDOW + kinds + [edge_after] * WINDOW
    found = []
    for place in range(WINDOW, count + WINDOW):
        mine = [
            f"{offset}:{feature}"
            for offset in range(-WINDOW, WINDOW + 1)
            for feature in padded[place + offset][2]
        ]
        before, here, after = padded[place - 1], padded[place], padded[place + 1]
        mine.extend(_pairs(before, here, after))
        found.append(mine)
    return found


def _pairs(
    before: tuple[str, str, tuple[str, ...]],
    here: tuple[str, str, tuple[str, ...]],
    after: tuple[str, str, tuple[str, ...]],
) -> tuple[str, str, str]:
    return (
        f"<{before[1]}|{here[0]}",
        f">{here[0]}|{after[1]}",
        f"<>{before[1]}|{here[0]}|{after[1]}",
    )


@dataclass(frozen=True)
class _Word:
    class_: str
    cue: str
    scores: tuple[_Scores, ...]  # by offset of the word it speaks for, from +WINDOW to -WINDOW


class Names:
    """The recogniser with its weights."""

    def __init__(self, trained: dict[str, list[float]], moves: list[list[float]]) -> None:
        """Take the weights of features by label, and those of one label after another."""
        self._trained: dict[str, _Scores] = {
            name: (one[0], one[1], one[2], one[3]) for name, one in trained.items()
        }
        self._moves = moves
        self._words: dict[tuple[str, str], _Word] = {}
        self._pairs: dict[tuple[str, str, str], _Scores] = {}
        self._before = self._remember(_BEFORE, _BEFORE, (f"c={_BEFORE}",))
        self._after = self._remember(_AFTER, _AFTER, (f"c={_AFTER}",))

    def labels(self, tokens: list[Token], case: str, *, eagerness: float = 0.0) -> str:
        """The label of each word; the greater the eagerness, the more are taken for persons."""
        words = [self._word(token.text, case) for token in tokens]
        padded = [self._before] * WINDOW + words + [self._after] * WINDOW
        count = len(words)
        pairs = map(self._pair, padded[WINDOW - 1 :], words, padded[WINDOW + 1 :])
        columns = [
            [word.scores[offset] for word in padded[offset : offset + count]]
            for offset in range(2 * WINDOW + 1)
        ]
        rows: list[_Scores] = []
        for pair, *others in zip(pairs, *columns, strict=True):
            o, p, s, g = pair
            for a, b, c, d in others:
                o += a
                p += b
                s += c
                g += d
            rows.append((o, p + eagerness, s, g))
        return self._best(rows)

    def _word(self, text: str, case: str) -> _Word:
        found = self._words.get((text, case))
        if found is None:
            if len(self._words) > _REMEMBERED:
                self._words.clear()
            kind = kind_of(text, case)
            found = self._remember(kind.class_, kind.cue, kind.features)
            self._words[text, case] = found
        return found

    def _remember(self, class_: str, cue: str, features: tuple[str, ...]) -> _Word:
        scores = tuple(
            self._sum(f"{offset}:{feature}" for feature in features)
            for offset in range(-WINDOW, WINDOW + 1)
        )
        return _Word(class_, cue, scores)

    def _pair(self, before: _Word, here: _Word, after: _Word) -> _Scores:
        key = (before.cue, here.class_, after.cue)
        found = self._pairs.get(key)
        if found is None:
            if len(self._pairs) > _REMEMBERED:
                self._pairs.clear()
            sides = ((one.class_, one.cue, ()) for one in (before, here, after))
            found = self._sum(_pairs(*sides))
            self._pairs[key] = found
        return found

    def _sum(self, features: Iterable[str]) -> _Scores:
        rows = [self._trained[feature] for feature in features if feature in self._trained]
        if not rows:
            return _ZERO
        o, p, s, g = (sum(column) for column in zip(*rows, strict=True))
        return o, p, s, g

    def _best(self, rows: list[_Scores]) -> str:
        """The labels whose sum of weights is greatest (Viterbi).

        A person, a street and a body never follow one another without a word between them: each
        comes after itself or after nothing.
        """
        if not rows:
            return ""
        (oo, op, os, og), (po, pp, *_), (so, _, ss, _), (go, _, _, gg) = self._moves
        o, p, s, g = rows[0]
        came_from = []
        for row_o, row_p, row_s, row_g in rows[1:]:
            best, origin = o + oo, 0
            if p + po > best:
                best, origin = p + po, 1
            if s + so > best:
                best, origin = s + so, 2
            if g + go > best:
                best, origin = g + go, 3
            goes_on = (p + pp > o + op, s + ss > o + os, g + gg > o + og)
            p = row_p + (p + pp if goes_on[0] else o + op)
            s = row_s + (s + ss if goes_on[1] else o + os)
            g = row_g + (g + gg if goes_on[2] else o + og)
            o = row_o + best
            came_from.append((origin, goes_on[0], 2 * goes_on[1], 3 * goes_on[2]))
        scores = (o, p, s, g)
        label = scores.index(max(scores))
        path = [label]
        for origins in reversed(came_from):
            label = int(origins[label])
            path.append(label)
        return "".join(LABELS[one] for one in reversed(path))


@cache
def names() -> Names:
    """The trained recogniser."""
    trained = weights()
    return Names(trained["features"], trained["moves"])


def labelled(folded: Folded, *, eagerness: float = 0.0) -> list[tuple[Token, str]]:
    """The words of a text with their labels."""
    tokens = tokens_of(folded.plain)
    labels = names().labels(tokens, folded.case, eagerness=eagerness)
    return list(zip(tokens, labels, strict=True))
