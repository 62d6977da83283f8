"""Everything in which the expectations of a contract may contradict it, themselves or each other.

What only Great Expectations can say of them is `quality.expectations.catalogue`; here stands what
a slip of the pen would otherwise show at the first delivery, or never.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from quality.contract.problems import Problem, closest, quoted

if TYPE_CHECKING:
    from quality.contract.columns import Column
    from quality.contract.model import Contract, Expectation

# Arguments that hold values of the column, or say how they look.
_LITERALS: Final = (
    *("value_set", "value_pairs_set", "regex", "regex_list", "like_pattern", "like_pattern_list"),
    *("strftime_format", "json_schema", "quantile_ranges"),
)
_BOUNDS: Final = ("min_value", "max_value")
# The bounds of these are values of the column itself, not counts, lengths or ratios.
BOUNDED_BY_VALUES: Final = frozenset(
    {
        "expect_column_values_to_be_between",
        "expect_column_max_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
    }
)
_LENGTHS: Final = "expect_column_value_lengths_"
# Arguments that say how a rule is told, not what it asks.
_PROSE: Final = frozenset({"description", "meta", "notes"})


def expectation_problems(contract: "Contract") -> Iterator[Problem]:
    """What is wrong with each expectation, in their order."""
    seen: dict[str, int] = {}
    for place, expectation in enumerate(contract.expectations, start=1):
        where = f"expectations.{place}"
        if not re.fullmatch(r"expect_[a-z0-9_]+", expectation.name):
            yield Problem(
                where,
                f"{quoted(expectation.name)} is not an expectation's name",
                "write a name of Great Expectations (expect_…)",
            )
            continue
        where = f"{where}.{expectation.name}"
        known = [name for name in expectation.columns if name in contract.stored]
        yield from _unknown_columns(where, expectation, contract)
        for problem in (
            *_of_persons(expectation, {name: contract.stored[name] for name in known}),
            *_patterns(expectation.arguments),
            *_bounds(expectation.arguments),
            *_mostly(expectation.arguments),
        ):
            yield problem.under(where)
        twin = seen.setdefault(_said(expectation), place)
        if twin != place:
            yield Problem(where, f"says the same as expectations.{twin}", "write it once")


def _unknown_columns(
    where: str, expectation: "Expectation", contract: "Contract"
) -> Iterator[Problem]:
    for name in expectation.columns:
        if name not in contract.stored:
            meant = closest(name, contract.stored, likeness=0.8)
            yield Problem(
                where,
                f"{name} is not a stored column" + (f" (did you mean {meant}?)" if meant else ""),
                "write the name of a column that is kept",
            )


def _of_persons(expectation: "Expectation", columns: Mapping[str, "Column"]) -> Iterator[Problem]:
    """A contract holds no values of persons, and a pseudonym looks like nothing but a pseudonym."""
    for name, column in columns.items():
        if not column.is_pseudonym and column.personal != "direct":
            continue
        for argument in _literals_on(expectation, name):
            if column.is_pseudonym:
                fault = f"{name} is stored as a pseudonym: no value of the publisher matches it"
                cure = "remove it; `entity` on the column refuses what is no such identifier"
            else:
                fault = f"{name} says who somebody is: the contract would hold personal data"
                cure = "remove it"
            yield Problem(argument, fault, cure)


def _literals_on(expectation: "Expectation", column: str) -> Iterator[str]:
    """The arguments that compare this column with something written in the contract."""
    arguments = expectation.arguments
    yield from (key for key in _LITERALS if arguments.get(key) is not None)
    if expectation.name in BOUNDED_BY_VALUES:
        yield from (key for key in _BOUNDS if arguments.get(key) is not None)
    if expectation.name.startswith(_LENGTHS):
        yield from (key for key in (*_BOUNDS, "value") if arguments.get(key) is not None)
    if re.search(rf"\b{re.escape(column)}\b", str(arguments.get("row_condition") or "")):
        yield "row_condition"


def _patterns(arguments: Mapping[str, Any]) -> Iterator[Problem]:  # any GX argument
    for key in ("regex", "regex_list"):
        value = arguments.get(key)
        for pattern in value if isinstance(value, list) else [value]:
            fault = _pattern_fault(pattern) if isinstance(pattern, str) else None
            if fault is not None:
                yield Problem(
                    key,
                    f"{quoted(pattern)} is not a regular expression ({fault})",
                    "correct it; a bracket that means itself is written with a backslash",
                )
    value = arguments.get("value_set")
    if isinstance(value, list) and not value:
        yield Problem("value_set", "is empty: no value could pass", "write at least one")


def _pattern_fault(pattern: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except re.error as error:
        return f"{error.msg} at character {(error.pos or 0) + 1}"
    return None


def _bounds(arguments: Mapping[str, Any]) -> Iterator[Problem]:  # any GX argument
    low, high = (_comparable(arguments.get(key)) for key in _BOUNDS)
    if low is not None and high is not None and type(low) is type(high):
        is_open = bool(arguments.get("strict_min") or arguments.get("strict_max"))
        if low > high:  # type: ignore[operator] # both numbers, or both instants
            yield Problem("min_value", "is greater than max_value", "exchange the two")
        elif low == high and is_open:
            yield Problem("min_value", "equals max_value, which is excluded", "widen the range")
    ranges = arguments.get("quantile_ranges")
    pairs = ranges.get("value_ranges") if isinstance(ranges, dict) else None
    for number, pair in enumerate(pairs if isinstance(pairs, list) else (), start=1):
        if isinstance(pair, list) and len(pair) == 2:
            ends = dict(zip(_BOUNDS, pair, strict=True))
            where = f"quantile_ranges.value_ranges.{number}"
            yield from (problem._replace(where=where) for problem in _bounds(ends))


def _comparable(value: object) -> float | datetime | None:
    """A bound as a number or as an instant, or None where it is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), tzinfo=UTC) if isinstance(value, date) else None


def _mostly(arguments: Mapping[str, Any]) -> Iterator[Problem]:  # any GX argument
    mostly = arguments.get("mostly")
    if isinstance(mostly, int | float) and not isinstance(mostly, bool) and not 0 < mostly <= 1:
        share = f"{mostly / 100:g}" if 1 < mostly <= 100 else "0.95"
        yield Problem(
            "mostly", f"{quoted(mostly)} is not a share", f"write one up to 1, such as {share}"
        )


def _said(expectation: "Expectation") -> str:
    """What an expectation asks, whatever its severity and however its arguments are ordered."""
    asked = {key: value for key, value in expectation.arguments.items() if key not in _PROSE}
    return f"{expectation.name} {sorted(asked.items(), key=str)!r}"
