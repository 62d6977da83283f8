from pathlib import Path

import pytest

from infra.errors import ContractError
from quality.contract.load import load_contract
from tests.quality.contract.writing import changed, saved

RULE = "  - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}"
PID = (
    "vehicle_pid is stored as a pseudonym: no value of the publisher matches it; remove it; "
    "`entity` on the column refuses what is no such identifier"
)
HOLDER = "holder_level says who somebody is: the contract would hold personal data; remove it"
DIRECT = (
    "  holder_level: {from: intestatario_eta, type: string, personal: direct, "
    "treatment: {bands: [0, 18]}}\n"
)


def refusals(tmp_path: Path, *rules: str) -> list[str]:
    text = changed(RULE, "\n".join(f"  - {rule}" for rule in rules))
    text = text.replace("dropped:", DIRECT + "dropped:")
    with pytest.raises(ContractError) as caught:
        load_contract(saved(tmp_path, text))
    key = "brescia_mobilita/parking_sessions: "
    return [line.removeprefix(key) for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("expect_column_values_to_be_in_set", "value_set: [AB123CD]", "value_set"),
        ("expect_column_values_to_not_be_in_set", "value_set: [AB123CD]", "value_set"),
        ("expect_column_values_to_match_regex", "regex: '^[A-Z]{2}'", "regex"),
        ("expect_column_values_to_match_regex_list", "regex_list: ['^[A-Z]{2}']", "regex_list"),
        ("expect_column_values_to_match_like_pattern", "like_pattern: 'AB%'", "like_pattern"),
        ("expect_column_values_to_be_between", "min_value: AB123CD", "min_value"),
        ("expect_column_max_to_be_between", "max_value: ZZ999ZZ", "max_value"),
        ("expect_column_value_lengths_to_equal", "value: 7", "value"),
        (
            "expect_column_values_to_not_be_null",
            "row_condition: 'vehicle_pid == \"AB123CD\"'",
            "row_condition",
        ),
    ],
)
def test_a_rule_about_a_pseudonym_names_no_value_of_the_publisher(
    tmp_path: Path, name: str, arguments: str, argument: str
) -> None:
    (line,) = refusals(tmp_path, f"{name}: {{column: vehicle_pid, {arguments}}}")

    assert line == f"expectations.1.{name}.{argument}: {PID}"


def test_a_rule_about_a_direct_identifier_names_no_value_of_it(tmp_path: Path) -> None:
    rule = "expect_column_values_to_be_in_set: {column: holder_level, value_set: [Rossi Maria]}"

    (line,) = refusals(tmp_path, rule)

    assert line == f"expectations.1.expect_column_values_to_be_in_set.value_set: {HOLDER}"


def test_the_refused_literal_is_not_shown(tmp_path: Path) -> None:
    rule = "expect_column_values_to_be_in_set: {column: vehicle_pid, value_set: [AB123CD]}"

    assert "AB123CD" not in str(refusals(tmp_path, rule))


def test_pairs_are_looked_at_on_both_sides(tmp_path: Path) -> None:
    rule = (
        "expect_column_pair_values_to_be_in_set: {column_A: car_park_id, column_B: vehicle_pid, "
        "value_pairs_set: [[P-STAZIONE, AB123CD]]}"
    )

    (line,) = refusals(tmp_path, rule)

    assert line.endswith(f"value_pairs_set: {PID}")


@pytest.mark.parametrize(
    "rule",
    [
        "expect_column_values_to_not_be_null: {column: vehicle_pid, mostly: 0.9}",
        "expect_column_values_to_be_unique: {column: vehicle_pid}",
        "expect_column_unique_value_count_to_be_between: {column: vehicle_pid, min_value: 2}",
        "expect_column_values_to_be_between: {column: entered_at, min_value: 2025-01-01}",
        "expect_column_values_to_be_between: {column: paid_eur, min_value: 0, severity: warning}",
    ],
)
def test_rules_that_count_or_bound_what_is_no_identifier_stay(tmp_path: Path, rule: str) -> None:
    contract = load_contract(saved(tmp_path, changed(RULE, f"{RULE}\n  - {rule}")))

    assert len(contract.expectations) == 3


WRONG = [
    (
        "expect_column_values_to_match_regex: {column: car_park_id, regex: '^P-(STAZIONE'}",
        "expectations.1.expect_column_values_to_match_regex.regex: '^P-(STAZIONE' is not a regular "
        "expression (missing ), unterminated subpattern at character 4); correct it; a bracket "
        "that means itself is written with a backslash",
    ),
    (
        "expect_column_values_to_match_regex_list: {column: car_park_id, regex_list: ['P', '*']}",
        "expectations.1.expect_column_values_to_match_regex_list.regex_list: '*' is not a regular "
        "expression (nothing to repeat at character 1); correct it; a bracket that means itself is "
        "written with a backslash",
    ),
    (
        "expect_column_values_to_be_between: {column: paid_eur, min_value: 80, max_value: 0}",
        "expectations.1.expect_column_values_to_be_between.min_value: is greater than max_value; "
        "exchange the two",
    ),
    (
        "expect_column_values_to_be_between: {column: paid_eur, min_value: 1, max_value: 1, "
        "strict_max: true}",
        "expectations.1.expect_column_values_to_be_between.min_value: equals max_value, which is "
        "excluded; widen the range",
    ),
    (
        "expect_column_value_lengths_to_be_between: {column: car_park_id, min_value: 9, "
        "max_value: 3}",
        "expectations.1.expect_column_value_lengths_to_be_between.min_value: is greater than "
        "max_value; exchange the two",
    ),
    (
        "expect_table_row_count_to_be_between: {min_value: 100, max_value: 10}",
        "expectations.1.expect_table_row_count_to_be_between.min_value: is greater than max_value; "
        "exchange the two",
    ),
    (
        "expect_column_values_to_be_between: {column: entered_at, min_value: 2025-06-01, "
        "max_value: '2025-01-01T06:00:00Z'}",
        "expectations.1.expect_column_values_to_be_between.min_value: is greater than max_value; "
        "exchange the two",
    ),
    (
        "expect_column_quantile_values_to_be_between: {column: paid_eur, quantile_ranges: "
        "{quantiles: [0.5], value_ranges: [[9, 1]]}}",
        "expectations.1.expect_column_quantile_values_to_be_between.quantile_ranges.value_ranges.1:"
        " is greater than max_value; exchange the two",
    ),
    (
        "expect_column_values_to_not_be_null: {column: paid_eur, mostly: 95}",
        "expectations.1.expect_column_values_to_not_be_null.mostly: '95' is not a share; write one "
        "up to 1, such as 0.95",
    ),
    (
        "expect_column_values_to_not_be_null: {column: paid_eur, mostly: 0}",
        "expectations.1.expect_column_values_to_not_be_null.mostly: '0' is not a share; write one "
        "up to 1, such as 0.95",
    ),
    (
        "expect_column_values_to_be_in_set: {column: paid_eur, value_set: []}",
        "expectations.1.expect_column_values_to_be_in_set.value_set: is empty: no value could "
        "pass; write at least one",
    ),
]


@pytest.mark.parametrize(("rule", "message"), WRONG)
def test_a_rule_that_cannot_hold_is_refused_when_the_contract_is_read(
    tmp_path: Path, rule: str, message: str
) -> None:
    assert refusals(tmp_path, rule) == [message]


def test_a_rule_that_stands_twice_is_refused_however_its_arguments_are_ordered(
    tmp_path: Path,
) -> None:
    first = "expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}"
    again = (
        "expect_column_values_to_be_between: {max_value: 80, column: paid_eur, min_value: 0, "
        "severity: warning}"
    )

    assert refusals(tmp_path, first, again) == [
        "expectations.2.expect_column_values_to_be_between: says the same as expectations.1; write "
        "it once"
    ]
