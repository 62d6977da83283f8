"""A rule: a pattern, what must be in a text before it is tried, and what its matches must pass."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.patterns import Pattern
from quality.privacy.detection.spans import CERTAIN, Label, Span

# Where an identifier begins and ends: not inside a longer word or number.
BEGIN: Final = r"(?<![^\W_])"
END: Final = r"(?![^\W_])"


@dataclass(frozen=True)
class Rule:
    """How one kind of identifier is written.

    `pattern` is matched against lower case and plain signs; its group `it`, or all of it, is the
    identifier. It is not tried on texts with fewer than `digits` digits or none of `needs`.
    `check` turns a match into a certain one; without passing it, it has `score`, or is none if that
    is zero. `accept` looks at the text around; so does `policy`, which leaves out what is an
    office's or a company's.
    """

    label: Label
    pattern: Pattern
    score: float
    digits: int = 0
    needs: tuple[str, ...] = ()
    check: Callable[[str], bool] | None = None
    accept: Callable[[Folded, int, int], bool] | None = None
    policy: Callable[[Folded, int, int], bool] | None = None
    sure: float = CERTAIN

    def spans(self, folded: Folded, *, until: float | None = None) -> Iterator[Span]:
        """The matches in a text, without those of offices and companies."""
        return (span for span, is_policys in self.found(folded, until=until) if not is_policys)

    def found(self, folded: Folded, *, until: float | None = None) -> Iterator[tuple[Span, bool]]:
        """The matches in a text, whosever they are; for each, whether `policy` leaves it out."""
        group = "it" if "it" in self.pattern.short.groupindex else 0
        for match in self.pattern.matches(folded.lower, until=until):
            start, end = match.span(group)
            score = self.score
            if self.check is not None and self.check(folded.plain[start:end]):
                score = self.sure
            if not score or (self.accept is not None and not self.accept(folded, start, end)):
                continue
            is_policys = self.policy is not None and not self.policy(folded, start, end)
            yield Span(*folded.span(start, end), self.label, score), is_policys


class Rules:
    """Rules that are tried together; what they need is looked for once in a text."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take the rules, in their order."""
        self._rules = [(rule, rule.digits, frozenset(rule.needs)) for rule in rules]
        self._needs = sorted({need for rule, _, _ in self._rules for need in rule.needs})

    def possible(self, folded: Folded) -> list[Rule]:
        """Those of the rules for which a text has what they need."""
        digits_count = sum(map(folded.lower.count, "0123456789"))
        present = set(filter(folded.lower.__contains__, self._needs))
        return [
            rule
            for rule, digits, needs in self._rules
            if digits_count >= digits and (not needs or not needs.isdisjoint(present))
        ]


def rule(
    label: Label,
    pattern: str,
    *,
    score: float,
    digits: int = 0,
    needs: tuple[str, ...] = (),
    check: Callable[[str], bool] | None = None,
    accept: Callable[[Folded, int, int], bool] | None = None,
    policy: Callable[[Folded, int, int], bool] | None = None,
    sure: float = CERTAIN,
) -> Rule:
    """A rule whose pattern is compiled; spaces in the pattern that matter are written `[ ]`."""
    compiled = Pattern(pattern, re.VERBOSE)
    return Rule(label, compiled, score, digits, needs, check, accept, policy, sure)
