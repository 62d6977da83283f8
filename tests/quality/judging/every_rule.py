"""One use at least of every expectation that Great Expectations computes on frames."""

from datetime import date

ROW_RULES = [
    ("expect_column_values_to_be_between", {"column": "paid_eur", "min_value": 0, "max_value": 80}),
    (
        "expect_column_values_to_be_between",
        {
            "column": "paid_eur",
            "min_value": 0,
            "max_value": 80,
            "strict_min": True,
            "strict_max": True,
        },
    ),
    ("expect_column_values_to_be_between", {"column": "cars_count", "min_value": 1}),
    ("expect_column_values_to_be_between", {"column": "entered_at", "max_value": "2025-01-02"}),
    ("expect_column_values_to_be_between", {"column": "paid_on", "max_value": date(2025, 1, 2)}),
    ("expect_column_values_to_be_in_set", {"column": "car_park_id", "value_set": ["A", "B"]}),
    ("expect_column_values_to_be_in_set", {"column": "cars_count", "value_set": [1, 2]}),
    ("expect_column_values_to_be_in_set", {"column": "is_covered", "value_set": [True]}),
    ("expect_column_values_to_be_in_set", {"column": "entered_at", "value_set": ["2025-01-02"]}),
    ("expect_column_values_to_not_be_in_set", {"column": "paid_eur", "value_set": [0, 2.5]}),
    ("expect_column_values_to_not_be_in_set", {"column": "paid_on", "value_set": ["2025-01-02"]}),
    ("expect_column_values_to_match_regex", {"column": "car_park_id", "regex": "^[AB]$"}),
    ("expect_column_values_to_match_regex", {"column": "cars_count", "regex": "^[12]$"}),
    ("expect_column_values_to_match_regex", {"column": "paid_eur", "regex": r"\.5$"}),
    ("expect_column_values_to_not_match_regex", {"column": "car_park_id", "regex": "A"}),
    (
        "expect_column_values_to_match_regex_list",
        {"column": "car_park_id", "regex_list": ["A", "B"], "match_on": "any"},
    ),
    (
        "expect_column_values_to_not_match_regex_list",
        {"column": "car_park_id", "regex_list": ["A", "B"]},
    ),
    ("expect_column_value_lengths_to_equal", {"column": "car_park_id", "value": 1}),
    ("expect_column_value_lengths_to_be_between", {"column": "cars_count", "max_value": 1}),
    ("expect_column_values_to_be_dateutil_parseable", {"column": "car_park_id"}),
    ("expect_column_values_to_be_json_parseable", {"column": "car_park_id"}),
    (
        "expect_column_values_to_match_json_schema",
        {"column": "session_id", "json_schema": {"type": "object"}},
    ),
    ("expect_column_values_to_be_between", {"column": "price_eur", "max_value": 80.1}),
    ("expect_column_values_to_be_in_set", {"column": "price_eur", "value_set": [0.1]}),
    (
        "expect_column_values_to_match_strftime_format",
        {"column": "car_park_id", "strftime_format": "%Y-%m-%d"},
    ),
    ("expect_column_values_to_be_in_type_list", {"column": "car_park_id", "type_list": ["str"]}),
    ("expect_column_values_to_not_be_null", {"column": "paid_eur"}),
    ("expect_column_values_to_not_be_null", {"column": "refund_eur"}),
    ("expect_column_values_to_be_null", {"column": "car_park_id"}),
    ("expect_column_values_to_be_increasing", {"column": "cars_count"}),
    ("expect_column_values_to_be_decreasing", {"column": "entered_at", "strictly": True}),
    (
        "expect_column_value_z_scores_to_be_less_than",
        {"column": "paid_eur", "threshold": 1, "double_sided": True},
    ),
    ("expect_column_values_to_not_be_outliers", {"column": "paid_eur"}),
    (
        "expect_column_values_to_be_between",
        {"column": "paid_eur", "max_value": 1, "row_condition": "car_park_id == 'A'"},
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "paid_eur", "column_B": "refund_eur", "or_equal": True},
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {
            "column_A": "spots_count",
            "column_B": "cars_count",
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "car_park_id", "column_B": "session_id"},
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "car_park_id", "column_B": "session_id", "ignore_row_if": "neither"},
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        {
            "column_A": "car_park_id",
            "column_B": "cars_count",
            "value_pairs_set": [["A", 1], ["B", 2]],
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["cars_count", "spots_count", "paid_eur"], "sum_total": 3},
    ),
    (
        "expect_multicolumn_values_to_be_equal",
        {"column_list": ["session_id", "car_park_id"], "ignore_row_if": "any_value_is_missing"},
    ),
    (
        "expect_select_column_values_to_be_unique_within_record",
        {"column_list": ["session_id", "car_park_id"]},
    ),
]
TABLE_RULES = [
    ("expect_column_values_to_be_of_type", {"column": "cars_count", "type_": "int64"}),
    ("expect_column_values_to_be_unique", {"column": "car_park_id"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["car_park_id", "cars_count"]}),
    ("expect_column_distinct_values_to_be_in_set", {"column": "car_park_id", "value_set": ["A"]}),
    ("expect_column_distinct_values_to_equal_set", {"column": "cars_count", "value_set": [0, 1]}),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "entered_at", "value_set": ["2025-01-02"]},
    ),
    ("expect_column_max_to_be_between", {"column": "paid_eur", "max_value": 80}),
    ("expect_column_min_to_be_between", {"column": "cars_count", "min_value": 1}),
    ("expect_column_max_to_be_between", {"column": "entered_at", "max_value": "2025-01-02"}),
    ("expect_column_mean_to_be_between", {"column": "cars_count", "max_value": 1.5}),
    ("expect_column_mean_to_be_between", {"column": "refund_eur", "max_value": 1.0}),
    ("expect_column_median_to_be_between", {"column": "paid_eur", "max_value": 1.5}),
    ("expect_column_sum_to_be_between", {"column": "cars_count", "max_value": 5}),
    ("expect_column_sum_to_be_between", {"column": "refund_eur", "max_value": 300.0}),
    ("expect_column_stdev_to_be_between", {"column": "paid_eur", "max_value": 5}),
    ("expect_column_most_common_value_to_be_in_set", {"column": "car_park_id", "value_set": ["A"]}),
    (
        "expect_column_quantile_values_to_be_between",
        {
            "column": "cars_count",
            "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0, 1]]},
        },
    ),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "car_park_id", "max_value": 2},
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "cars_count", "min_value": 0.5},
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "cars_count", "min_value": 0.5},
    ),
    ("expect_table_row_count_to_be_between", {"min_value": 3, "max_value": 1000}),
    ("expect_table_row_count_to_equal", {"value": 4}),
    ("expect_column_type_to_be", {"column": "paid_eur", "type_": "float64"}),
    (
        "expect_column_kl_divergence_to_be_less_than",
        {
            "column": "car_park_id",
            "partition_object": {"values": ["A", "B"], "weights": [0.5, 0.5]},
            "threshold": 0.5,
        },
    ),
    ("expect_column_to_exist", {"column": "paid_eur", "column_index": 4}),
    ("expect_table_column_count_to_equal", {"value": 10}),
    ("expect_table_column_count_to_be_between", {"min_value": 11}),
    ("expect_table_columns_to_match_set", {"column_set": ["paid_eur"], "exact_match": False}),
    ("expect_table_columns_to_match_ordered_list", {"column_list": ["paid_eur"]}),
]
