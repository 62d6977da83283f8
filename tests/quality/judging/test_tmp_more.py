from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.errors import ContractError
from quality.expectations import engine
from quality.expectations.arguments import fitted
from quality.expectations.catalogue import check_expectations
from quality.judgement import judge
from tests.quality.judging.deliveries import SCHEMA, contract
from tests.quality.judging.every_rule import ROW_RULES, TABLE_RULES

COLUMNS: dict[str, list[Any]] = {
    "session_id": ["A", "{}", "[]"],
    "car_park_id": ["A", "B", "2025-01-02", "", "{}"],
    "paid_eur": [0.0, -0.5, 1.0, 2.5, 80.0, 1e9],
    "refund_eur": [0.0, 1.0, 2.5, float("nan")],
    "price_eur": [Decimal("0.10"), Decimal("80.10"), Decimal("80.11")],
    "cars_count": [0, 1, 2, 2**53 - 1],
    "spots_count": [0, 1, 2],
    "is_covered": [True, False],
    "entered_at": [datetime(2025, 1, day, hour, tzinfo=UTC) for day in (1, 2) for hour in (0, 7)],
    "paid_on": [date(2025, 1, 1), date(2025, 1, 2), date(2200, 1, 1)],
}
deliveries = st.tuples(
    st.lists(
        st.fixed_dictionaries(
            {name: st.none() | st.sampled_from(values) for name, values in COLUMNS.items()}
        ),
        min_size=1,
        max_size=12,
    ),
    # Past a thousand rows, equal values are judged once.
    st.sampled_from([1, 1, 101]),
)
LIKE = {"column": "car_park_id", "like_pattern": "A%"}
LIKE_LIST = {"column": "car_park_id", "like_pattern_list": ["A%"]}
FOR_DATABASES: dict[str, dict[str, Any]] = {
    "expect_column_values_to_match_like_pattern": LIKE,
    "expect_column_values_to_not_match_like_pattern": LIKE,
    "expect_column_values_to_match_like_pattern_list": LIKE_LIST,
    "expect_column_values_to_not_match_like_pattern_list": LIKE_LIST,
    "expect_query_results_to_match_comparison": {},
    "expect_table_row_count_to_equal_other_table": {},
}
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def _frames() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("reference").add_dataframe_asset("reference")
    return asset.add_batch_definition_whole_dataframe("reference")


def _all_rows(rows: list[dict[str, Any]], several_columns: bool) -> pd.DataFrame:
    whole = "float64" if several_columns else "Int64"
    kinds = {
        "paid_eur": "float64",
        "refund_eur": "float64",
        "price_eur": "float64",
        "cars_count": whole,
        "spots_count": whole,
        "entered_at": "datetime64[us, UTC]",
        "paid_on": "datetime64[us]",
    }
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], dtype=kinds.get(name, "object"))
            for name in SCHEMA
            if name in COLUMNS
        }
    )


def _reference(name: str, arguments: dict[str, Any], rows: list[dict[str, Any]]) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl

    terms = contract({name: arguments})
    expectation = get_expectation_impl(name)(**fitted(terms.expectations[0], terms))
    several = "column_list" in arguments or "column_A" in arguments
    batch = _frames().get_batch(batch_parameters={"dataframe": _all_rows(rows, several)})
    return batch.validate(expectation, result_format="COMPLETE")


def _judged(name: str, arguments: dict[str, Any], rows: list[dict[str, Any]]) -> Any:
    terms = contract({name: arguments}, cadence="static", since=None, event_time=None)
    columns = {name: [row.get(name) for row in rows] for name in SCHEMA if name[:2] != "__"}
    frame = pl.DataFrame(columns, schema_overrides={name: SCHEMA[name] for name in columns})
    frame = frame.with_columns(pl.int_range(pl.len()).alias("__line"))
    return judge(frame, terms, refused_before=0, delivered_count=frame.height, window=None)


def _raised(reference: Any) -> bool:
    return "raised_exception': True" in str(reference.exception_info)


@pytest.mark.parametrize(("name", "arguments"), ROW_RULES)
@few
@given(delivered=deliveries, mostly=st.sampled_from([1, 0.5]))
def test_rows_are_judged_as_great_expectations_judges_all_of_them(
    name, arguments, mostly, delivered
):
    few_rows, times = delivered
    rows = few_rows * times
    rule = {**arguments, "mostly": mostly}
    reference = _reference(name, rule, rows)
    if _raised(reference):
        with pytest.raises(ContractError):
            _judged(name, rule, rows)
        return

    verdict = _judged(name, rule, rows)

    found = verdict.results[-1]
    assert found.success == reference.success
    assert found.rows_count == reference.result["element_count"]
    assert found.unexpected_count == reference.result["unexpected_count"]
    failing = reference.result.get("unexpected_index_list") or []
    assert sorted(verdict.refused["__line"]) == sorted(failing)
    assert bool(verdict.stops) is not reference.success


@pytest.mark.parametrize(("name", "arguments"), TABLE_RULES)
@few
@given(delivered=deliveries)
def test_tables_are_judged_as_great_expectations_judges_them(name, arguments, delivered):
    few_rows, times = delivered
    rows = few_rows * times
    reference = _reference(name, arguments, rows)
    if _raised(reference):
        with pytest.raises(ContractError):
            _judged(name, arguments, rows)
        return

    verdict = _judged(name, arguments, rows)

    assert verdict.results[-1].success == reference.success
    assert bool(verdict.stops) is not reference.success
    assert verdict.refused.is_empty()


def test_every_expectation_that_frames_can_be_judged_by_is_compared():
    compared = {name for name, _ in ROW_RULES + TABLE_RULES}
    known = {name for name in engine.known_expectations() if name.startswith("expect_")}

    assert known - compared == set(FOR_DATABASES)


@pytest.mark.parametrize("name", FOR_DATABASES)
def test_an_expectation_for_databases_is_refused(name):
    with pytest.raises(ContractError, match="database"):
        check_expectations(contract({name: FOR_DATABASES[name]}))
