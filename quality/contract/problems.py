"""What is wrong with a contract, as a place, a fault and a cure: every refusal is made of these."""

import difflib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with a contract: the key or column path, what is wrong, what to write."""

    where: str
    wrong: str
    write: str

    def __str__(self) -> str:
        """`<key or column path>: <what is wrong>; <what to write>`."""
        return f"{self.where}: {self.wrong}; {self.write}" if self.where else self.below

    @property
    def below(self) -> str:
        """The problem without its place."""
        return f"{self.wrong}; {self.write}"

    def under(self, *parents: str) -> "Problem":
        """The same problem, seen from further up in the contract."""
        return self._replace(where=".".join(part for part in (*parents, self.where) if part))


class ProblemsError(ValueError):
    """Raised by validators: one or several problems, placed relative to what is validated."""

    def __init__(self, *problems: Problem) -> None:
        """Carry the problems to whoever knows where the value stands in the contract."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def mistake(wrong: str, write: str, *, at: str = "") -> ProblemsError:
    """One problem, ready to raise."""
    return ProblemsError(Problem(at, wrong, write))


def unknown(value: object, known: Iterable[str], *, what: str = "") -> tuple[str, str]:
    """What is wrong and what to write where a value is not in its closed list."""
    names = list(known)
    wrong = f"{quoted(value)} is not {what}" if what else f"{quoted(value)} is unknown"
    close = closest(value, names)
    return wrong + (f" (did you mean {close}?)" if close else ""), f"write {either(names)}"


def closest(value: object, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The name the author most likely meant, or None if nothing is near."""
    close = difflib.get_close_matches(str(value), list(known), n=1, cutoff=likeness)
    return close[0] if close else None


def either(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def quoted(value: object) -> str:
    """What the author of a contract wrote, short enough for a line; contracts hold no data."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text if len(text) <= 40 else text[:39] + '…'}'"


def kind(value: object) -> str:
    """What YAML made of what the author wrote, to be read after `is`."""
    if isinstance(value, bool):
        return f"a yes/no ({str(value).lower()})"
    names: list[tuple[type | tuple[type, ...], str]] = [
        (type(None), "empty"),
        ((int, float), "a number"),
        (date, "a date"),
        (str, "text"),
        (dict, "a mapping"),
    ]
    return next((name for types, name in names if isinstance(value, types)), "a list")


def not_text(value: object, cure: str) -> tuple[str, str]:
    """What is wrong and what to write where text should stand and something else does."""
    if isinstance(value, bool | int | float | date):
        return f"YAML reads it as {kind(value)}, not as text", "write it in quotes"
    return f"is {kind(value)}", cure
