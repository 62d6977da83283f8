from datetime import date

import pytest

from infra.simulator.days import easter, is_free_day, quarters_of_local_day


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2000, date(2000, 4, 23))],
)
def test_easter_falls_where_the_calendar_says(year: int, day: date) -> None:
    assert easter(year) == day


@pytest.mark.parametrize(
    ("day", "is_free"),
    [
        (date(2025, 2, 15), True),  # the patron of the city
        (date(2025, 4, 21), True),  # Easter Monday
        (date(2025, 3, 30), True),  # a Sunday
        (date(2025, 3, 29), False),  # a Saturday
    ],
)
def test_shops_rest_on_sundays_and_feasts(day: date, is_free: bool) -> None:
    assert is_free_day(day) is is_free


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2025, 3, 29), 96), (date(2025, 3, 30), 92), (date(2025, 10, 26), 100)],
)
def test_a_day_loses_or_gains_an_hour_when_the_clock_changes(day: date, count: int) -> None:
    assert len(quarters_of_local_day(day)) == count
