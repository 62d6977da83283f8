from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from infra.errors import ContractError
from infra.windows import Window
from tests.quality.judging.deliveries import DAY, NOON, contract, delivery, judged

PAID = {
    "expect_column_values_to_be_between": {"column": "paid_eur", "min_value": 0, "max_value": 80}
}
PAID_RULE = "expect_column_values_to_be_between(paid_eur)"


def result(verdict, rule):
    (found,) = [entry for entry in verdict.results if entry.rule == rule]
    return found


def with_mostly(mostly, **more):
    (arguments,) = PAID.values()
    return {"expect_column_values_to_be_between": {**arguments, "mostly": mostly, **more}}


def test_a_failing_row_is_refused_with_its_reason_without_the_cell_that_broke_the_rule():
    verdict = judged(delivery(paid_eur=[1.0, 99.0, 2.0]), contract(PAID))

    assert verdict.kept["paid_eur"].to_list() == [1.0, 2.0]
    assert verdict.refused.select("paid_eur", "rule", "reason").rows() == [
        (None, PAID_RULE, "paid_eur: outside 0 to 80")
    ]
    assert verdict.stops == ()


def test_kept_and_refused_rows_have_the_columns_they_came_with():
    frame = delivery(paid_eur=[1.0, 99.0])
    schema = frame.schema

    verdict = judged(frame, contract(PAID))

    assert verdict.kept.schema == schema
    assert verdict.refused.drop("rule", "reason").schema == schema


def test_a_failing_row_is_refused_even_where_enough_values_pass():
    verdict = judged(delivery(paid_eur=[1.0, 2.0, 3.0, 99.0]), contract(with_mostly(0.75)))

    assert verdict.refused.height == 1
    assert verdict.stops == ()
    assert result(verdict, PAID_RULE).success


def test_too_few_passing_values_stop_the_delivery():
    verdict = judged(delivery(paid_eur=[1.0, 2.0, 99.0, 99.0]), contract(with_mostly(0.75)))

    assert verdict.stops == (
        f"{PAID_RULE}: 2 of 4 rows fail; the contract asks that at least 75 % pass.",
    )


def test_missing_values_are_no_part_of_the_share_that_has_to_pass():
    verdict = judged(delivery(paid_eur=[1.0, 99.0, None, None]), contract(with_mostly(0.6)))

    assert len(verdict.stops) == 1


def test_a_contract_that_names_no_share_is_not_stopped_by_one_bad_row():
    verdict = judged(delivery(paid_eur=[1.0, 99.0]), contract(PAID))

    assert not result(verdict, PAID_RULE).success
    assert verdict.stops == ()


def test_a_share_of_all_values_stops_at_the_first_that_fails():
    assert judged(delivery(paid_eur=[1.0, 99.0]), contract(with_mostly(1))).stops


def test_a_warning_reports_and_neither_refuses_nor_stops():
    terms = contract(with_mostly(1, severity="warning"), max_quarantined_ratio=0.0)

    verdict = judged(delivery(paid_eur=[1.0, 99.0]), terms)

    assert verdict.refused.is_empty()
    assert verdict.stops == ()
    assert result(verdict, PAID_RULE).severity == "warning"
    assert result(verdict, PAID_RULE).unexpected_count == 1


@pytest.mark.parametrize(
    ("refused_before", "stopped"),
    [(0, False), (1, False), (2, True)],
)
def test_more_refused_rows_than_the_contract_allows_stop_the_delivery(refused_before, stopped):
    frame = delivery(paid_eur=[99.0, *[1.0] * 7])

    verdict = judged(
        frame,
        contract(PAID, max_quarantined_ratio=0.2),
        refused_before=refused_before,
        delivered_count=10,
    )

    assert bool(verdict.stops) is stopped


def test_a_stopped_delivery_says_how_many_rows_were_refused():
    verdict = judged(delivery(paid_eur=[99.0, 1.0]), contract(PAID, max_quarantined_ratio=0.05))

    assert verdict.stops == (
        "1 of 2 delivered rows was refused; the contract allows 5 % (max_quarantined_ratio).",
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"expect_table_row_count_to_be_between": {"min_value": 3}},
        {"expect_column_values_to_be_unique": {"column": "car_park_id"}},
        {"expect_compound_columns_to_be_unique": {"column_list": ["car_park_id", "paid_eur"]}},
        {"expect_column_sum_to_be_between": {"column": "paid_eur", "max_value": 1}},
        {"expect_column_mean_to_be_between": {"column": "paid_eur", "max_value": 0.5}},
        {"expect_column_max_to_be_between": {"column": "paid_eur", "max_value": 0.5}},
        {
            "expect_column_distinct_values_to_contain_set": {
                "column": "car_park_id",
                "value_set": ["B"],
            }
        },
        {
            "expect_column_unique_value_count_to_be_between": {
                "column": "car_park_id",
                "min_value": 2,
            }
        },
        {"expect_table_columns_to_match_set": {"column_set": ["paid_eur"]}},
    ],
    ids=lambda rule: next(iter(rule)),
)
def test_a_failing_table_rule_stops_the_delivery_and_refuses_no_row(rule):
    verdict = judged(delivery(car_park_id=["A", "A"], paid_eur=[1.0, 1.0]), contract(rule))

    (name,) = rule
    assert len(verdict.stops) == 1
    assert verdict.stops[0].startswith(name)
    assert verdict.refused.is_empty()
    assert verdict.results[-1].scope == "table"


def test_a_failing_table_rule_that_warns_does_not_stop():
    terms = contract({"expect_table_row_count_to_equal": {"value": 9, "severity": "warning"}})

    verdict = judged(delivery(1), terms)

    assert verdict.stops == ()
    assert not verdict.results[-1].success


def test_counts_are_those_of_all_delivered_rows():
    frame = delivery(car_park_id=["A", "B", None, "X"] * 1000)
    rule = {"expect_column_values_to_be_in_set": {"column": "car_park_id", "value_set": ["A", "B"]}}

    found = judged(frame, contract(rule)).results[-1]

    assert (found.rows_count, found.unexpected_count) == (4000, 1000)


def test_of_rows_with_the_same_key_the_first_in_the_delivery_is_kept():
    frame = delivery(
        session_id=["a", "b", "a", "a"],
        paid_eur=[1.0, 2.0, 3.0, 4.0],
        __payload=[1, 0, 0, 0],
        __line=[2, 2, 4, 3],
    )

    verdict = judged(frame, contract(primary_key=["session_id"]))

    assert verdict.kept["paid_eur"].to_list() == [2.0, 4.0]
    assert verdict.refused.select("paid_eur", "rule").rows() == [
        (3.0, "duplicate_key"),
        (1.0, "duplicate_key"),
    ]


def test_without_a_line_the_first_row_of_the_frame_is_kept():
    frame = delivery(session_id=["a", "a"], paid_eur=[1.0, 2.0], __line=[None, None])

    assert judged(frame, contract(primary_key=["session_id"])).kept["paid_eur"].to_list() == [1.0]


def test_a_bad_row_does_not_take_the_place_of_a_good_one_with_the_same_key():
    frame = delivery(session_id=["a", "a"], paid_eur=[99.0, 1.0])

    verdict = judged(frame, contract(PAID, primary_key=["session_id"]))

    assert verdict.kept["paid_eur"].to_list() == [1.0]
    assert verdict.refused["rule"].to_list() == [PAID_RULE]


def test_a_key_of_several_columns_repeats_only_where_all_of_them_do():
    frame = delivery(
        session_id=["a", "a", "b", "a"],
        entered_at=[NOON, NOON + timedelta(hours=1), NOON, NOON],
    )

    verdict = judged(frame, contract(primary_key=["session_id", "entered_at"]))

    assert verdict.kept["__line"].to_list() == [2, 3, 4]
    assert verdict.refused["reason"].to_list() == [
        "session_id, entered_at: came before in this delivery"
    ]


@pytest.mark.parametrize("key", ["session_id", "paid_on", "price_eur", "cars_count", "is_covered"])
def test_a_key_of_any_type_is_known_again(key):
    values = {
        "session_id": "a",
        "paid_on": date(2025, 1, 2),
        "price_eur": 1,
        "cars_count": 7,
        "is_covered": True,
    }

    verdict = judged(delivery(**{key: [values[key]] * 2}), contract(primary_key=[key]))

    assert (verdict.kept.height, verdict.refused.height) == (1, 1)


def test_a_row_without_its_key_or_its_time_is_refused_as_required():
    frame = delivery(session_id=[None, "b", "c"], entered_at=[NOON, None, NOON])

    verdict = judged(frame, contract(primary_key=["session_id"]))

    assert verdict.refused.select("rule", "reason").rows() == [
        ("required", "session_id: empty"),
        ("required", "entered_at: empty"),
    ]
    assert result(verdict, "required").unexpected_count == 2


@pytest.mark.parametrize(
    ("entered_at", "refused"),
    [
        (datetime(2024, 12, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2025, 1, 1, tzinfo=UTC), False),
        (datetime(2025, 1, 3, 23, 59, tzinfo=UTC), False),
        (datetime(2025, 1, 4, tzinfo=UTC), True),
    ],
)
def test_an_event_lies_between_the_start_of_the_series_and_a_day_after_the_window(
    entered_at, refused
):
    verdict = judged(delivery(entered_at=[entered_at]), contract(), window=DAY)

    assert verdict.refused["rule"].to_list() == ["event_time_out_of_range"] * refused


@pytest.mark.parametrize("window", [None, Window.always()])
def test_without_the_end_of_a_window_only_the_start_of_the_series_counts(window):
    frame = delivery(
        entered_at=[datetime(2024, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]
    )

    verdict = judged(frame, contract(), window=window)

    assert verdict.refused.height == 1


def test_a_row_that_fails_several_rules_is_one_refused_row_with_all_reasons():
    terms = contract(
        PAID,
        {"expect_column_values_to_be_in_set": {"column": "car_park_id", "value_set": ["A", "B"]}},
        primary_key=["session_id"],
    )
    frame = delivery(session_id=[None], paid_eur=[99.0], car_park_id=["X"])

    verdict = judged(frame, terms)

    assert verdict.refused.select("rule", "reason").rows() == [
        ("required", "session_id: empty; paid_eur: outside 0 to 80; car_park_id: not one of A, B")
    ]


def test_two_rules_of_one_name_on_one_column_are_told_apart():
    high = {"expect_column_values_to_be_between": {"column": "paid_eur", "min_value": 1}}

    verdict = judged(delivery(paid_eur=[0.5]), contract(PAID, high))

    assert [entry.rule for entry in verdict.results[-2:]] == [PAID_RULE, f"{PAID_RULE} #2"]
    assert verdict.refused["reason"].to_list() == ["paid_eur: below 1"]


def test_an_empty_delivery_is_judged_by_its_table_rules_only():
    terms = contract(
        PAID,
        {"expect_column_values_to_not_be_null": {"column": "paid_eur"}},
        {
            "expect_column_pair_values_to_be_equal": {
                "column_A": "paid_eur",
                "column_B": "refund_eur",
            }
        },
        {"expect_table_row_count_to_be_between": {"min_value": 1}},
        primary_key=["session_id"],
    )

    verdict = judged(delivery(0), terms)

    assert len(verdict.stops) == 1
    assert verdict.refused.columns == [*verdict.kept.columns, "rule", "reason"]


def test_technical_columns_are_hidden_from_table_rules():
    terms = contract({"expect_table_column_count_to_equal": {"value": 10}})

    assert judged(delivery(1), terms).stops == ()


@pytest.mark.parametrize("bound", ["2025-01-02", "2025-01-02T00:00:00Z", date(2025, 1, 2)])
@pytest.mark.parametrize("column", ["entered_at", "paid_on"])
def test_a_date_in_a_contract_is_compared_with_instants_and_dates(column, bound):
    rule = {"expect_column_values_to_be_between": {"column": column, "min_value": bound}}
    frame = delivery(
        entered_at=[datetime(2025, 1, 1, 23, tzinfo=UTC), NOON],
        paid_on=[date(2025, 1, 1), date(2025, 1, 2)],
    )

    verdict = judged(frame, contract(rule))

    assert verdict.kept["__line"].to_list() == [3]
    assert verdict.refused["reason"].to_list() == [f"{column}: below {bound}"]


def test_a_decimal_on_the_bound_is_inside():
    rule = {
        "expect_column_values_to_be_between": {
            "column": "price_eur",
            "min_value": 0.1,
            "max_value": 80.1,
        }
    }
    prices = pl.Series(["0.10", "80.10", "80.11"]).cast(pl.Decimal(12, 2)).to_list()

    assert judged(delivery(price_eur=prices), contract(rule)).kept.height == 2


def test_large_whole_numbers_stay_exact_beside_missing_ones():
    rule = {"expect_column_values_to_be_in_set": {"column": "cars_count", "value_set": [2**60 + 1]}}

    verdict = judged(delivery(cars_count=[2**60 + 1, 2**60, None]), contract(rule))

    assert verdict.kept["cars_count"].to_list() == [2**60 + 1, None]


def test_a_rule_under_a_condition_judges_the_rows_of_the_condition():
    (arguments,) = PAID.values()
    conditional = {**arguments, "row_condition": "car_park_id == 'A'"}
    frame = delivery(paid_eur=[99.0, 99.0], car_park_id=["A", "B"])

    verdict = judged(frame, contract({"expect_column_values_to_be_between": conditional}))

    assert verdict.kept["car_park_id"].to_list() == ["B"]


def test_an_expectation_that_cannot_be_computed_names_itself_and_the_column():
    rule = {
        "expect_column_value_z_scores_to_be_less_than": {
            "column": "car_park_id",
            "threshold": 1,
            "double_sided": True,
        }
    }

    with pytest.raises(ContractError, match=r"z_scores_to_be_less_than.*car_park_id \(string\)"):
        judged(delivery(car_park_id=["A", "B"]), contract(rule))


def test_a_column_of_nothing_but_different_values_is_judged_the_same():
    rule = {"expect_column_values_to_not_be_in_set": {"column": "cars_count", "value_set": [7]}}

    verdict = judged(delivery(cars_count=[None, *range(3000)]), contract(rule))

    assert verdict.refused["__line"].to_list() == [10]
    assert verdict.results[-1].rows_count == 3001
