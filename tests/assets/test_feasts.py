from datetime import date

import polars as pl
import pytest

from assets.feasts import easter, feast_days


# U.S. Census Bureau, Easter dates from 1600 to 2099; the earliest and the latest there are, too.
@pytest.mark.parametrize(
    "day",
    [date(1818, 3, 22), date(1943, 4, 25), date(2000, 4, 23), date(2024, 3, 31), date(2025, 4, 20)],
)
def test_easter_falls_on_its_known_days(day):
    assert easter(day.year) == day


def test_a_feast_is_kept_from_its_law_on_and_one_without_a_date_never():
    feasts = pl.DataFrame(
        {
            "feast_code": ["francis", "monday", "none"],
            "valid_from_on": [date(2026, 1, 1), date(1949, 1, 1), date(1949, 1, 1)],
            "month_day": ["10-04", None, None],
            "after_easter_d": [None, 1, None],
        }
    )

    assert feast_days(feasts, [2025, 2026]) == [
        date(2025, 4, 21), date(2026, 4, 6), date(2026, 10, 4),
    ]  # fmt: skip
