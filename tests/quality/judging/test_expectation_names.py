import pytest

from infra.errors import ContractError
from quality.expectations import engine
from quality.expectations.catalogue import check_expectations
from tests.quality.judging.deliveries import contract

BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"


def test_what_great_expectations_accepts_is_accepted():
    check_expectations(contract({BETWEEN: {"column": "paid_eur", "min_value": 0, "mostly": 0.9}}))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"expect_column_values_to_be_betwen": {"column": "paid_eur"}}, "did you mean expect_"),
        ({BETWEEN: {"column": "paid_eur", "min": 0}}, r"min: .*it accepts column, .*min_value"),
        ({BETWEEN: {"min_value": 0}}, "column: field required"),
        ({BETWEEN: {"column": "paid_eur", "min_value": "cheap"}}, "'cheap'.*of type float"),
        ({BETWEEN: {"column": "entered_at", "min_value": "today"}}, "write a date or an instant"),
        ({BETWEEN: {"column": "car_park_id", "min_value": 1}}, "bounds for numbers"),
        ({IN_SET: {"column": "car_park_id", "value_set": ["A", 7]}}, "7 .*put it in quotes"),
        ({BETWEEN: {"column": "paid_eur", "result_format": "COMPLETE"}}, "gemello decides this"),
        ({BETWEEN: {"column": "paid_eur", "max_value": {"$PARAMETER": "x"}}}, r"\$PARAMETER"),
        (
            {
                "expect_column_values_to_match_like_pattern": {
                    "column": "car_park_id",
                    "like_pattern": "A%",
                }
            },
            "databases only",
        ),
        (
            {"expect_table_row_count_to_equal_other_table": {"other_table_name": "t"}},
            "asks a database",
        ),
    ],
)
def test_a_refusal_names_the_contract_the_expectation_and_what_to_write(rule, said):
    (name,) = rule

    with pytest.raises(
        ContractError, match=rf"^brescia_mobilita/parking_sessions: expectations\.{name}.*{said}"
    ):
        check_expectations(contract(rule))


def test_all_of_great_expectations_core_is_known_by_its_own_names():
    known = engine.known_expectations()

    assert "expect_column_kl_divergence_to_be_less_than" in known
    assert "expect_column_value_z_scores_to_be_less_than" in known
    assert len([name for name in known if name.startswith("expect_")]) >= 50
