import polars as pl
import pytest

from assets.methods.degree_days import cooling_degree_days, heating_degree_days


def test_days_of_10_16_15_and_14_9_degrees_have_14_1_heating_degree_days():
    days = pl.DataFrame({"mean_c": [10.0, 16.0, 15.0, 14.9]})

    result = days.select(heating_degree_days(pl.col("mean_c"))).to_series()

    assert result.to_list() == pytest.approx([8.0, 0.0, 3.0, 3.1])
    assert result.sum() == pytest.approx(14.1)


def test_a_day_is_cooled_from_24_degrees_on_and_a_missing_one_stays_missing():
    days = pl.DataFrame({"mean_c": [23.9, 24.0, 30.0, None]})

    result = days.select(cooling_degree_days(pl.col("mean_c"))).to_series()

    assert result.to_list() == [0.0, 3.0, 9.0, None]
