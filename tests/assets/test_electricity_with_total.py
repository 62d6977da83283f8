from datetime import date, datetime, timedelta

import polars as pl
import pytest

from assets.open_data.electricity_with_total import electricity_with_total
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.silver.test_consumption import midnight

DAY = date(2025, 1, 7)
# Clocks go on by an hour in the night: a day of 92 quarter hours.
SHORT = date(2025, 3, 30)


def told(came: int, day: date = DAY, rules: pl.DataFrame = COMPLETENESS) -> list[float]:
    """What is told of a meter of which so many quarter hours came, each of a quarter of a kWh."""
    begin: datetime = midnight(day)
    readings = pl.DataFrame(
        {
            "window_on": day,
            "meter_pid": "M1",
            "section_id": "A1",
            "read_at": [begin + timedelta(minutes=15 * number) for number in range(came)],
            "energy_kwh": 0.25,
        }
    )
    found = electricity_with_total(readings, rules)
    return found.filter(consumed_on=day)["energy_kwh"].to_list()


@pytest.mark.parametrize(
    ("came", "day", "kwh"),
    [(72, DAY, [18.0]), (71, DAY, []), (69, SHORT, [17.25]), (68, SHORT, [])],
)
def test_a_meter_counts_of_which_three_quarters_of_the_day_came(came, day, kwh):
    assert told(came, day) == kwh


def test_an_edition_may_ask_for_less_and_without_one_nothing_is_told():
    half = COMPLETENESS.with_columns(least_ratio=pl.lit(0.5))

    assert told(48, rules=half) == [12.0]
    assert told(96, rules=COMPLETENESS.clear()) == []
