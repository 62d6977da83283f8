"""Patterns that cannot keep a text waiting: short texts are bounded, long ones have a clock."""

import re
import time
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from infra.errors import TwinError

if TYPE_CHECKING:
    import regex

# Far more than a text of the greatest length takes on a busy machine.
SLOWEST_S: Final = 10.0
# A text is looked at in one piece up to this length, in characters.
LONGEST: Final = 20_000
# Up to here the dearest of our patterns takes some milliseconds at worst: see the decision 0023.
SHORT: Final = 2_000
_LEAST_S: Final = 0.001


class Pattern:
    """A pattern in the standard library's form, and for long texts in one that can be stopped."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        """Compile the first form; the other is made for the first long text."""
        self.short = re.compile(pattern, flags)

    @cached_property
    def _long(self) -> "regex.Pattern[str]":
        import regex

        return regex.compile(self.short.pattern, flags=self.short.flags & re.VERBOSE)

    def matches(self, text: str, *, until: float | None = None) -> Iterator[Any]:  # of either form
        """The matches in a text; TwinError if they are not all found by the instant `until`.

        `until` by the monotonic clock, by default 10 s from now. The search is stopped where it
        is: what it would have found is not known, so the text is not clean.
        """
        if len(text) <= SHORT:
            return self.short.finditer(text)
        return self._stoppable(text, SLOWEST_S if until is None else until - time.monotonic())

    def _stoppable(self, text: str, left_s: float) -> Iterator[Any]:  # of either form
        try:
            yield from self._long.finditer(text, timeout=max(left_s, _LEAST_S))
        except TimeoutError:
            raise TwinError(
                "a pattern of the recognisers took too long for one text and was stopped, so the "
                "text was not looked at; nothing of it may be passed on"
            ) from None


def by_first_letter(alternatives: str) -> str:
    """The same alternatives, `a|b|…`, so that a letter which begins none is asked once.

    A long list is tried one by one at each word otherwise. Those that begin alike keep their order.
    """
    groups: dict[str, list[str]] = {}
    for one in _alternatives(alternatives):
        is_letter = one[:1].isalpha() and one[1:2] not in tuple("?*{|")
        groups.setdefault(one[0] if is_letter else "", []).append(one)
    parts = [
        f"{letter}(?:{'|'.join(one[len(letter) :] for one in same)})"
        for letter, same in groups.items()
    ]
    return "|".join(parts)


def _alternatives(pattern: str) -> list[str]:
    """The parts between the bars that stand in no brackets."""
    parts, depth, is_set, begin = [], 0, False, 0
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            place += 1
        elif is_set:
            is_set = sign != "]"
        elif sign == "[":
            is_set = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and not depth:
            parts.append(pattern[begin:place])
            begin = place + 1
        place += 1
    return [*parts, pattern[begin:]]
