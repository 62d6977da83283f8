"""Persons' names: a conditional random field over classes of words, decoded here.

Linear-chain CRF (Lafferty, McCallum, Pereira 2001), Viterbi decoding. Labels: `O` nothing, `P` a
person, `S` a street or place, `G` an organisation; the last two are there so that what is named
after a person is not taken for one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.lexicon import weights
from quality.privacy.detection.tokens import REMEMBERED, Token, kind_of, tokens_of

LABELS: Final = "OPSG"
WINDOW: Final = 3
_BEFORE: Final = "^"
_AFTER: Final = "$"
_ZERO: Final = [0.0] * len(LABELS)

_Scores = npt.NDArray[np.float64]


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
        mine.extend(_pairs(before[1], here[0], after[1]))
        found.append(mine)
    return found


def _pairs(before: str, here: str, after: str) -> tuple[str, str, str]:
    """The features of a word's class between two cues."""
    return f"<{before}|{here}", f">{here}|{after}", f"<>{before}|{here}|{after}"


@dataclass(frozen=True)
class _Word:
    class_: str
    cue: str
    # By label and by offset of the word it speaks for, from +WINDOW to -WINDOW, one after another.
    scores: _Scores


class Names:
    """The recogniser with its weights."""

    def __init__(self, trained: dict[str, list[float]], moves: list[list[float]]) -> None:
        """Take the weights of features by label, and those of one label after another."""
        self._trained = trained
        self._moves = moves
        self._before = self._kind(_BEFORE, _BEFORE, (f"c={_BEFORE}",))
        self._after = self._kind(_AFTER, _AFTER, (f"c={_AFTER}",))

    def scores(self, tokens: Sequence[Token], case: str) -> list[list[float]]:
        """How much speaks for each label: of each, a number for each word in its place."""
        if not tokens:
            return [[] for _ in LABELS]
        words = [self._word(token.text, case) for token in tokens]
        padded = [self._before] * WINDOW + words + [self._after] * WINDOW
        count = len(words)
        cues = [word.cue for word in padded[WINDOW - 1 : count + WINDOW + 1]]
        pairs = [*map(self._pair, cues, [word.class_ for word in words], cues[2:])]
        rows = np.concatenate(pairs).reshape(count, len(LABELS))
        said = np.concatenate([word.scores for word in padded]).reshape(
            count + 2 * WINDOW, 2 * WINDOW + 1, len(LABELS)
        )
        for offset in range(2 * WINDOW + 1):
            rows += said[offset : offset + count, offset]
        scores: list[list[float]] = rows.T.tolist()
        return scores

    @lru_cache(REMEMBERED)  # noqa: B019 # there is one recogniser, for as long as the process lives
    def _word(self, text: str, case: str) -> _Word:
        kind = kind_of(text, case)
        return self._kind(kind.class_, kind.cue, kind.features)

    def _kind(self, class_: str, cue: str, features: tuple[str, ...]) -> _Word:
        scores = np.concatenate(
            [
                self._sum(f"{offset}:{feature}" for feature in features)
                for offset in range(-WINDOW, WINDOW + 1)
            ]
        )
        return _Word(class_, cue, scores)

    @lru_cache(REMEMBERED)  # noqa: B019 # as above
    def _pair(self, before: str, here: str, after: str) -> _Scores:
        return self._sum(_pairs(before, here, after))

    def _sum(self, features: Iterable[str]) -> _Scores:
        rows = [self._trained[feature] for feature in features if feature in self._trained]
        return np.array([sum(column) for column in zip(*rows, strict=True)] or _ZERO)

    def best(self, scores: Sequence[Sequence[float]], *, eagerness: float = 0.0) -> str:
        """The labels whose sum of weights is greatest (Viterbi), of each word one.

        The greater the eagerness, the more words are taken for persons. A person, a street and a
        body never follow one another without a word between them: each comes after itself or after
        nothing.
        """
        rows = zip(*scores, strict=True)
        first = next(rows, None)
        if first is None:
            return ""
        (oo, op, os, og), (po, pp, *_), (so, _, ss, _), (go, _, _, gg) = self._moves
        o, p, s, g = first
        p += eagerness
        came_from = []
        for row_o, row_p, row_s, row_g in rows:
            best, origin = o + oo, 0
            if p + po > best:
                best, origin = p + po, 1
            if s + so > best:
                best, origin = s + so, 2
            if g + go > best:
                best, origin = g + go, 3
            go_on_p, go_on_s, go_on_g = p + pp, s + ss, g + gg
            begin_p, begin_s, begin_g = o + op, o + os, o + og
            came_from.append(
                (origin, go_on_p > begin_p, 2 * (go_on_s > begin_s), 3 * (go_on_g > begin_g))
            )
            p = row_p + eagerness + (go_on_p if go_on_p > begin_p else begin_p)
            s = row_s + (go_on_s if go_on_s > begin_s else begin_s)
            g = row_g + (go_on_g if go_on_g > begin_g else begin_g)
            o = row_o + best
        ends = (o, p, s, g)
        label = ends.index(max(ends))
        path = [label]
        for origins in reversed(came_from):
            label = origins[label]
            path.append(label)
        return "".join([LABELS[one] for one in path[::-1]])


@cache
def names() -> Names:
    """The trained recogniser."""
    trained = weights()
    return Names(trained["features"], trained["moves"])


def labelled(folded: Folded, *, eagerness: float = 0.0) -> list[tuple[Token, str]]:
    """The words of a text with their labels."""
    tokens, scores = _scored(folded)
    return list(zip(tokens, names().best(scores, eagerness=eagerness), strict=True))


# Strict redaction asks again, more eagerly, for the words in which `detect` has just looked.
@lru_cache(maxsize=2)
def _scored(folded: Folded) -> tuple[list[Token], list[list[float]]]:
    tokens = tokens_of(folded.plain)
    return tokens, names().scores(tokens, folded.case)
