from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.degree_days import cooling_degree_days, heating_degree_days, is_in_season


def test_days_of_10_16_15_and_14_9_degrees_have_14_1_heating_degree_days():
    days = pl.DataFrame({"mean_c": [10.0, 16.0, 15.0, 14.9]})

    result = days.select(heating_degree_days(pl.col("mean_c"))).to_series()

    assert result.to_list() == pytest.approx([8.0, 0.0, 3.0, 3.1])
    assert result.sum() == pytest.approx(14.1)


def test_a_day_is_cooled_from_24_degrees_on_and_a_missing_one_stays_missing():
    days = pl.DataFrame({"mean_c": [23.9, 24.0, 30.0, None]})

    result = days.select(cooling_degree_days(pl.col("mean_c"))).to_series()

    assert result.to_list() == [0.0, 3.0, 9.0, None]


def gradi_giorno(days: pl.DataFrame) -> float:
    season = is_in_season(pl.col("day_on"), begins="10-15", ends="04-15")
    of_days = heating_degree_days(pl.col("mean_c"), base_c=20.0, threshold_c=20.0)
    return float(days.filter(season).select(of_days.sum()).item())


@pytest.mark.shows(
    "published",
    "gold/energy/daily_degree_days_by_station",
    source="D.P.R. 412/1993, annex A: 2410 for Brescia",
)
def test_the_normals_of_brescia_make_about_the_2410_degree_days_that_the_law_gives_it():
    # Means of Brescia's months 1981-2010 (climasyviajes.com), half of highest and lowest; the law:
    # D.P.R. 412/1993, annex A. Half of both is colder than the mean of a day is, so it is above.
    monthly = [1.5, 4.0, 8.5, 12.5, 17.5, 21.5, 24.5, 23.5, 19.5, 14.0, 7.5, 3.0]
    days = pl.DataFrame(
        {"day_on": pl.date_range(date(2001, 7, 1), date(2002, 6, 30), eager=True)}
    ).with_columns(
        mean_c=pl.col("day_on")
        .dt.month()
        .replace_strict(dict(enumerate(monthly, start=1)), return_dtype=pl.Float64)
    )

    assert gradi_giorno(days) == pytest.approx(2494.5)
    assert gradi_giorno(days) == pytest.approx(2410, rel=0.04)


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2024, 10, 14), False),
        (date(2024, 10, 15), True),
        (date(2025, 1, 1), True),
        (date(2025, 4, 15), True),
        (date(2025, 4, 16), False),
    ],
)
def test_the_heating_season_of_zone_e_goes_from_15_october_to_15_april(day, season):
    days = pl.DataFrame({"day_on": [day]})

    found = days.select(is_in_season(pl.col("day_on"), begins="10-15", ends="04-15")).item()

    assert found is season


def test_a_season_within_a_year_and_none_at_all():
    days = pl.DataFrame({"day_on": [date(2025, 5, 31), date(2025, 6, 1), date(2025, 9, 1)]})

    summer = days.select(is_in_season(pl.col("day_on"), begins="06-01", ends="08-31")).to_series()
    always = days.select(is_in_season(pl.col("day_on"), begins=None, ends=None)).to_series()

    assert (summer.to_list(), always.all()) == ([False, True, False], True)


@settings(max_examples=30, deadline=None)
@given(st.floats(-30, 45), st.floats(0, 10))
def test_a_warmer_day_never_asks_for_more_heating_nor_for_less_cooling(mean_c, warmer):
    days = pl.DataFrame({"mean_c": [mean_c, mean_c + warmer]})

    heating, cooling = days.select(
        heating=heating_degree_days(pl.col("mean_c")), cooling=cooling_degree_days(pl.col("mean_c"))
    ).get_columns()

    assert heating[0] >= heating[1] >= 0
    assert 0 <= cooling[0] <= cooling[1]
