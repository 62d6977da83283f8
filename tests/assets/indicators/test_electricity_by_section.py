from datetime import date, timedelta

import polars as pl
import pytest

from assets.indicators.electricity_by_section import electricity_by_section

SCHEMA = {
    "meter_pid": pl.String,
    "section_id": pl.String,
    "read_at": pl.Datetime("us", "UTC"),
    "energy_kwh": pl.Float64,
    "window_on": pl.Date,
}


def readings(
    day: date, *, meters: int, quarters: int = 96, kwh: float = 0.1, first_kwh: float | None = None
) -> pl.DataFrame:
    midnight = pl.Series([day]).cast(pl.Datetime("us")).dt.replace_time_zone("Europe/Rome")
    start = midnight.dt.convert_time_zone("UTC")[0]
    rows = [
        (
            f"m{meter}",
            "017029",
            start + timedelta(minutes=15 * quarter),
            first_kwh if meter == 0 and first_kwh is not None else kwh,
            day,
        )
        for meter in range(meters)
        for quarter in range(quarters)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_a_section_sums_its_meters_over_the_day_of_the_citys_clock():
    result = electricity_by_section(readings(date(2025, 3, 24), meters=10))

    assert result.select("consumed_on", "meters_count", "readings_count").row(0) == (
        date(2025, 3, 24),
        10,
        960,
    )
    assert result["energy_kwh"][0] == pytest.approx(96.0)


@pytest.mark.parametrize(("meters", "rows"), [(9, 0), (10, 1)])
def test_a_section_with_fewer_than_ten_meters_is_not_shown(meters, rows):
    assert electricity_by_section(readings(date(2025, 3, 24), meters=meters)).height == rows


def test_a_section_that_one_meter_dominates_is_not_shown():
    dominated = readings(date(2025, 3, 24), meters=12, first_kwh=1.0)

    assert electricity_by_section(dominated).is_empty()


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2025, 3, 30), 92), (date(2025, 10, 26), 100), (date(2025, 4, 2), 96)],
)
def test_a_day_of_the_clock_change_is_complete_with_its_own_number_of_quarters(day, quarters):
    result = electricity_by_section(readings(day, meters=10, quarters=quarters))

    assert result["completeness_ratio"].to_list() == [1.0]


def test_a_day_with_too_few_readings_is_no_day():
    assert electricity_by_section(readings(date(2025, 3, 24), meters=10, quarters=71)).is_empty()


def test_the_later_delivery_of_a_reading_counts_and_counts_once():
    first = readings(date(2025, 3, 24), meters=10)
    corrected = first.with_columns(energy_kwh=pl.lit(0.2), window_on=pl.lit(date(2025, 3, 25)))

    result = electricity_by_section(pl.concat([corrected, first]))

    assert result["energy_kwh"][0] == pytest.approx(192.0)
