import json
from datetime import date

import pandas as pd

from quality.contract.export_gx import to_gx_suite
from tests.quality.judging.deliveries import contract

TERMS = contract(
    {"expect_column_values_to_be_between": {"column": "paid_eur", "min_value": 0, "max_value": 80}},
    {
        "expect_column_values_to_be_between": {
            "column": "entered_at",
            "max_value": date(2030, 1, 1),
            "mostly": 0.9,
            "severity": "warning",
        }
    },
    primary_key=["session_id", "car_park_id"],
)


def test_a_suite_holds_the_contracts_rules_and_those_of_its_schema():
    suite = json.loads(json.dumps(to_gx_suite(TERMS)))

    assert [entry["type"] for entry in suite["expectations"]] == [
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_between",
        "expect_compound_columns_to_be_unique",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_between",
    ]


def test_great_expectations_loads_the_suite_and_judges_by_it():
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    suite = context.suites.add(gx.ExpectationSuite(**json.loads(json.dumps(to_gx_suite(TERMS)))))
    frames = context.data_sources.add_pandas("table").add_dataframe_asset("table")
    table = pd.DataFrame(
        {
            "session_id": ["a", "b"],
            "car_park_id": ["P", "P"],
            "entered_at": pd.to_datetime(["2025-01-02", "2025-01-02"], utc=True),
            "paid_eur": [1.0, 99.0],
        }
    )

    batch = frames.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    verdict = batch.validate(suite)

    failed = [entry.expectation_config for entry in verdict.results if not entry.success]
    assert [(rule.type, rule.kwargs["column"]) for rule in failed] == [
        ("expect_column_values_to_be_between", "paid_eur")
    ]
    assert len(verdict.results) == 7
    assert [rule.severity for rule in suite.expectations].count("warning") == 1
