"""What is said of a row or a delivery that fails: our column names, the contract's arguments.

Never a value: these sentences stand in quarantine, in events and in error messages.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from infra.counting import agree, counted
from quality.expectations.catalogue import Rule
from quality.expectations.findings import Finding

Arguments = Mapping[str, Any]  # any GX argument
_LISTED_COUNT: Final = 8
_LONGEST_ARGUMENT: Final = 120
_PHRASES: Final[Mapping[str, str]] = {
    "expect_column_pair_values_to_be_equal": "not equal",
    "expect_column_pair_values_to_be_in_set": "not one of the contract's pairs",
    "expect_column_values_to_be_dateutil_parseable": "not written as a date",
    "expect_column_values_to_be_decreasing": "not below the row before",
    "expect_column_values_to_be_increasing": "not above the row before",
    "expect_column_values_to_be_json_parseable": "not valid JSON",
    "expect_column_values_to_be_null": "not empty",
    "expect_column_values_to_match_json_schema": "not as the contract's JSON schema says",
    "expect_column_values_to_not_be_null": "empty",
    "expect_column_values_to_not_be_outliers": "an outlier of this delivery",
    "expect_multicolumn_values_to_be_equal": "not all equal",
    "expect_select_column_values_to_be_unique_within_record": "not all different",
}


def reason(rule: Rule) -> str:
    """Why a row is refused by this rule: `paid_eur: outside 0 to 80`."""
    return f"{_subject(rule)}: {_phrase(rule)}"


def stop(finding: Finding) -> str:
    """Why the delivery is stopped by this rule, as a sentence."""
    rule = finding.rule
    if rule.judges_the_delivery and rule.scope == "row":
        return (
            f"{rule.name}: {finding.unexpected_count} of {counted(finding.rows_count, 'row')} "
            f"{agree(finding.unexpected_count, 'fails', 'fail')}; "
            f"the contract asks that at least {rule.mostly * 100:g} % pass."
        )
    said = _arguments(rule)
    return f"{rule.name}: this delivery does not meet it" + (f" ({said})." if said else ".")


def _subject(rule: Rule) -> str:
    arguments = rule.expectation.arguments
    if "column" in arguments:
        return str(arguments["column"])
    names = arguments.get("column_list") or [arguments.get("column_A"), arguments.get("column_B")]
    return " and ".join(str(name) for name in names if name is not None)


def _phrase(rule: Rule) -> str:
    name, arguments = rule.expectation.name, rule.expectation.arguments
    if name in _PHRASES:
        return _PHRASES[name]
    if name in _PHRASES_WITH_ARGUMENTS:
        return _PHRASES_WITH_ARGUMENTS[name](arguments)
    said = _arguments(rule)
    return f"fails {name}" + (f" ({said})" if said else "")


def _outside(arguments: Arguments) -> str:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is not None and high is not None:
        open_ends = [
            text
            for text, key in ((_text(low), "strict_min"), (_text(high), "strict_max"))
            if arguments.get(key)
        ]
        without = f" without {' and '.join(open_ends)}" if open_ends else ""
        return f"outside {_text(low)} to {_text(high)}{without}"
    if low is not None:
        return f"not above {_text(low)}" if arguments.get("strict_min") else f"below {_text(low)}"
    return f"not below {_text(high)}" if arguments.get("strict_max") else f"above {_text(high)}"


def _not_greater(arguments: Arguments) -> str:
    at_least = " or equal to" if arguments.get("or_equal") else ""
    return f"the first is not greater than{at_least} the second"


def _one_of(values: Any) -> str:  # any GX value set
    texts = [_text(value) for value in values]
    if len(texts) > _LISTED_COUNT:
        return f"one of the contract's {len(texts)} values"
    return f"one of {', '.join(texts)}"


def _arguments(rule: Rule) -> str:
    spoken = {"column", "column_A", "column_B", "mostly", "description", "meta", "notes"}
    said = {key: value for key, value in rule.expectation.arguments.items() if key not in spoken}
    return ", ".join(f"{key} {_text(value)}" for key, value in said.items())


def _text(value: object) -> str:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date):
        return str(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_ARGUMENT else f"{text[: _LONGEST_ARGUMENT - 1]}…"


_PHRASES_WITH_ARGUMENTS: Final[Mapping[str, Callable[[Arguments], str]]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": _not_greater,
    "expect_column_value_lengths_to_be_between": lambda said: f"length {_outside(said)}",
    "expect_column_value_lengths_to_equal": lambda said: f"length not {said['value']}",
    "expect_column_values_to_be_between": _outside,
    "expect_column_values_to_be_in_set": lambda said: f"not {_one_of(said['value_set'])}",
    "expect_column_values_to_match_regex": lambda said: f"does not match {said['regex']}",
    "expect_column_values_to_match_strftime_format": (
        lambda said: f"not written as {said['strftime_format']}"
    ),
    "expect_column_values_to_not_be_in_set": lambda said: _one_of(said["value_set"]),
    "expect_column_values_to_not_match_regex": lambda said: f"matches {said['regex']}",
    "expect_multicolumn_sum_to_equal": lambda said: f"do not add up to {said['sum_total']}",
}
