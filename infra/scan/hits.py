"""What a scan found: places and forms, never the value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from infra.scan.forms import Needle, needles_of, numbers_of
from infra.scan.search import Matcher

UNREADABLE: Final = "unreadable"
NO_CANARY: Final = -1


@dataclass(frozen=True)
class Hit:
    """A canary in one form in one file: where first, where last, how often.

    `canary` is its position in the list, from zero. Form `unreadable` (canary -1) means that
    something could not be opened and so is not proven clean.
    """

    path: str
    form: str
    place: str
    last_place: str
    canary: int
    count: int = 1


class Findings:
    """The canaries looked for, and the hits so far."""

    def __init__(self, canaries: Sequence[str]) -> None:
        """Write the canaries in all their forms."""
        self.matcher = Matcher(needles_of(canaries))
        self.numbers = numbers_of(canaries)
        self._plain = [value.encode() for value in canaries]
        self._cases = [(v.lower().encode(), v.upper().encode()) for v in canaries]
        self._hits: dict[tuple[str, str, int, str], Hit] = {}

    def search(
        self, data: bytes, *, path: str, trail: str, place: Callable[[int, int], str]
    ) -> None:
        """Note each canary in these bytes; `place` says where a start and an end are.

        Where it says nothing the bytes are no find: they are two cells, or were seen before.
        """
        for start, needle in self.matcher.find(data):
            end = start + len(needle.content)
            if where := place(start, end):
                self.add(self._form(needle, data[start:end]), needle.canary, path, trail, where)

    def is_in(self, text: bytes) -> bool:
        """Whether any canary in any form is in this text."""
        return bool(self.matcher.find(text))

    def add(self, form: str, canary: int, path: str, trail: str, where: str) -> None:
        """Note a hit, or one more of the same."""
        key, full = (path, form, canary, trail), f"{trail}{where}"
        known = self._hits.get(key)
        if known is None:
            self._hits[key] = Hit(path, form, full, full, canary)
        else:
            self._hits[key] = replace(known, last_place=full, count=known.count + 1)

    def unreadable(self, path: str, trail: str, why: str) -> None:
        """Note something that could not be opened; `why` is our own words."""
        self.add(UNREADABLE, NO_CANARY, path, trail, why)

    def hits(self) -> list[Hit]:
        """List the hits by path, canary and form."""
        return sorted(self._hits.values(), key=lambda hit: (hit.path, hit.canary, hit.form))

    def _form(self, needle: Needle, found: bytes) -> str:
        if needle.form != "plain" or found == self._plain[needle.canary]:
            return needle.form
        lower, upper = self._cases[needle.canary]
        return "lower" if found == lower else "upper" if found == upper else "mixed case"
