from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.air_statistics import day_means, every_hour, max_8h_means

# 23:00 UTC: where a day of solar time begins.
MIDNIGHT = datetime(2025, 7, 1, 23, tzinfo=UTC)
DAY = date(2025, 7, 2)


def observed(*values: float | None, start: datetime = MIDNIGHT) -> pl.DataFrame:
    at = [start + timedelta(hours=hour) for hour in range(len(values))]
    return pl.DataFrame(
        {
            "station_id": "s",
            "pollutant_code": "O3",
            "observed_at": pl.Series(at, dtype=pl.Datetime("us", "UTC")),
            "value_ugm3": pl.Series(values, dtype=pl.Float64),
        }
    )


def hours(*values: float | None, start: datetime = MIDNIGHT) -> pl.DataFrame:
    return every_hour(observed(*values, start=start))


def days_of(frame: pl.DataFrame) -> dict[date, float]:
    return dict(frame.select("day_on", "value_ugm3").rows())


def test_a_day_has_a_mean_from_eighteen_of_its_hours_on():
    assert days_of(day_means(hours(*[40.0] * 18), least=0.75)) == {DAY: 40.0}
    assert days_of(day_means(hours(*[40.0] * 17), least=0.75)) == {}


def test_eight_hours_count_on_the_day_on_which_they_end():
    # High from 18:00 to 2:00 of the next day: the mean that is all of it ends there.
    low, high = [20.0] * 18, [100.0] * 8

    found = days_of(max_8h_means(hours(*low, *high, *[20.0] * 22), least=0.75))

    assert found == {DAY: pytest.approx((6 * 100 + 2 * 20) / 8), DAY + timedelta(1): 100.0}


@pytest.mark.parametrize(("high", "highest"), [(6, 100.0), (5, (5 * 100 + 10) / 6)])
def test_eight_hours_need_six_of_them(high, highest):
    missing = [None] * (8 - high)
    day_before, rest = [10.0] * 24, [10.0] * 16

    values = hours(*day_before, *[100.0] * high, *missing, *rest, start=MIDNIGHT - timedelta(1))

    # With five of them, the mean of six is that which takes an hour of the day before.
    assert days_of(max_8h_means(values, least=0.75))[DAY] == pytest.approx(highest)


def test_a_day_of_ozone_needs_eighteen_means_of_eight_hours():
    # The first mean has six hours, and the last ends two hours after the last measurement.
    assert days_of(max_8h_means(hours(*[90.0] * 21), least=0.75)) == {DAY: 90.0}
    assert days_of(max_8h_means(hours(*[90.0] * 20), least=0.75)) == {}


@settings(max_examples=15, deadline=None)
@given(values=st.lists(st.floats(0, 300), min_size=24, max_size=24), more=st.floats(0, 50))
def test_statistics_lie_among_their_hours_and_grow_with_them(values, more):
    before = days_of(max_8h_means(hours(*values), least=0.75))[DAY]
    after = days_of(max_8h_means(hours(*[one + more for one in values]), least=0.75))[DAY]

    assert min(values) - 1e-5 <= before <= max(values) + 1e-5
    assert after == pytest.approx(before + more, abs=1e-5)


def test_no_hours_give_no_statistics():
    nothing = every_hour(observed(90.0).clear())

    assert (
        max_8h_means(nothing, least=0.75).schema
        == max_8h_means(hours(*[90.0] * 24), least=0.75).schema
    )
    assert day_means(nothing, least=0.75).is_empty()
