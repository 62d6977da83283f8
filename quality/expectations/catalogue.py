"""What a contract's expectations are to Great Expectations: which class, which rows, which feed."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from infra.errors import ContractError
from quality.contract.model import Contract, Expectation
from quality.expectations import engine
from quality.expectations.arguments import fitted

Severity = Literal["critical", "warning"]
Scope = Literal["row", "table"]
Feed = Literal["values", "tuples", "emptiness", "distinct", "number", "shape", "row_count", "whole"]

# A row's verdict depends on nothing but its own values of the named columns: equal values may be
# judged once. Whatever is not listed is fed whole, so forgetting one costs time, never truth.
_ROWS_BY_VALUE: Final = frozenset(
    {
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_dateutil_parseable",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_in_type_list",
        "expect_column_values_to_be_json_parseable",
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_match_json_schema",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_match_strftime_format",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
    }
)
_ROWS_BY_TUPLE: Final = frozenset(
    {
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_multicolumn_sum_to_equal",
        "expect_multicolumn_values_to_be_equal",
        "expect_select_column_values_to_be_unique_within_record",
    }
)
_ROWS_BY_EMPTINESS: Final = frozenset(
    {"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"}
)
# Table rules for which a value that comes twice says no more than one that comes once.
_TABLE_BY_DISTINCT: Final = frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_max_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_unique_value_count_to_be_between",
    }
)
# Table rules about one number that stands for the whole column.
TABLE_BY_NUMBER: Final = {
    "expect_column_mean_to_be_between": "mean",
    "expect_column_sum_to_be_between": "sum",
}
_TABLE_BY_SHAPE: Final = frozenset(
    {
        "expect_column_to_exist",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
    }
)
_TABLE_BY_ROW_COUNT: Final = frozenset(
    {"expect_table_row_count_to_be_between", "expect_table_row_count_to_equal"}
)
# Great Expectations answers these by row, but which of two equal rows is wrong nobody can say.
_UNIQUENESS: Final = frozenset(
    {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}
)
_NEEDS_A_DATABASE: Final = frozenset(
    {
        "expect_query_results_to_match_comparison",
        "expect_table_row_count_to_equal_other_table",
        "unexpected_rows_expectation",
    }
)
# What gemello decides: a result format of the contract's could carry values into results.
_OURS: Final = frozenset(
    {
        "batch_id",
        "catch_exceptions",
        "id",
        "rendered_content",
        "result_format",
        "severity",
        "windows",
    }
)
_PLAIN_PROSE: Final = frozenset({"description", "meta", "notes"})


@dataclass(frozen=True, repr=False)
class Rule:
    """One expectation of a contract, made ready: `built` is Great Expectations' own object."""

    name: str
    expectation: Expectation
    built: Any  # great_expectations is imported when it is used, not for its types
    scope: Scope
    feed: Feed
    columns: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """What happens when it fails: `critical` refuses, `warning` reports."""
        return self.expectation.severity

    @property
    def mostly(self) -> float:
        """The share of values that has to pass; 1.0 where the contract does not say."""
        return float(getattr(self.built, "mostly", 1.0))

    @property
    def judges_the_delivery(self) -> bool:
        """Whether the contract says how many values have to pass."""
        return "mostly" in self.expectation.arguments


def check_expectations(contract: Contract) -> None:
    """Raise ContractError for an expectation that Great Expectations does not know or accept."""
    rules_of(contract)


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Make ready the contract's expectations, in their order, each with a name of its own.

    Raises ContractError that names the contract, the expectation and what is accepted.
    """
    named = list(zip(_names(contract), contract.expectations, strict=True))
    return tuple(_rule(name, expectation, contract) for name, expectation in named)


def _names(contract: Contract) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for expectation in contract.expectations:
        columns = ", ".join(_domain(expectation.arguments))
        name = f"{expectation.name}({columns})" if columns else expectation.name
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}"


def _rule(name: str, expectation: Expectation, contract: Contract) -> Rule:
    where = f"{contract.key}: expectations.{expectation.name}"
    built = _built(expectation, contract, where)
    feed = _feed(expectation)
    by_row = engine.judges_rows(built) and expectation.name not in _UNIQUENESS
    return Rule(
        name=name,
        expectation=expectation,
        built=built,
        scope="row" if by_row else "table",
        feed=feed,
        columns=_columns(expectation, contract, feed),
    )


def _built(expectation: Expectation, contract: Contract, where: str) -> Any:  # a GX object
    if expectation.name in _NEEDS_A_DATABASE:
        raise ContractError(f"{where}: asks a database; write a rule about the delivery itself")
    known = engine.known_expectations()
    if expectation.name not in known:
        close = difflib.get_close_matches(expectation.name, known, n=1)
        raise ContractError(
            f"{where}: Great Expectations has no such expectation"
            + (f" (did you mean {close[0]}?)" if close else "")
            + "; its names are at greatexpectations.io/expectations"
        )
    accepted = [
        field
        for field in engine.argument_names(expectation.name)
        if field not in _OURS | _PLAIN_PROSE
    ]
    for argument in expectation.arguments:
        if argument in _OURS:
            raise ContractError(f"{where}.{argument}: gemello decides this; remove it")
    if "$PARAMETER" in str(expectation.arguments):
        raise ContractError(f"{where}: $PARAMETER has no value here; write the value itself")
    for column in _domain(expectation.arguments):
        if column not in contract.stored:
            raise ContractError(f"{where}: {column} is not a stored column of the contract")
    try:
        built = engine.build(expectation.name, fitted(expectation, contract))
    except engine.UnacceptableError as refusal:
        raise ContractError(f"{where}: {refusal}; it accepts {', '.join(accepted)}") from None
    if not engine.can_judge_frames(built):
        raise ContractError(
            f"{where}: Great Expectations has this for databases only; "
            "expect_column_values_to_match_regex does the same on a delivery"
        )
    return built


def _feed(expectation: Expectation) -> Feed:
    if expectation.arguments.get("row_condition") is not None:
        return "whole"
    for names, feed in _FEEDS:
        if expectation.name in names:
            return feed
    return "whole"


_FEEDS: Final[tuple[tuple[frozenset[str], Feed], ...]] = (
    (_ROWS_BY_VALUE, "values"),
    (_ROWS_BY_TUPLE, "tuples"),
    (_ROWS_BY_EMPTINESS, "emptiness"),
    (_TABLE_BY_DISTINCT, "distinct"),
    (frozenset(TABLE_BY_NUMBER), "number"),
    (_TABLE_BY_SHAPE, "shape"),
    (_TABLE_BY_ROW_COUNT, "row_count"),
)


def _domain(arguments: dict[str, Any]) -> list[str]:  # any GX argument
    single = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    several = arguments.get("column_list") or ()
    return [str(name) for name in [*single, *several]]


def _columns(expectation: Expectation, contract: Contract, feed: Feed) -> tuple[str, ...]:
    stored = list(contract.stored)
    if feed == "shape":
        return tuple(stored)
    condition = str(expectation.arguments.get("row_condition") or "")
    spoken = set(re.findall(r"\w+", condition)) | set(_domain(expectation.arguments))
    columns = tuple(name for name in stored if name in spoken)
    return columns or tuple(stored)
