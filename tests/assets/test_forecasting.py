from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.derived_assets import find_declarations
from assets.forecast_tables import Target
from assets.forecast_targets import TARGETS
from assets.methods.forecast_scores import mape, rmse
from tests.assets.forecast_frames import FIRST, MODELS, TARGET, forecast, hours_of, issued, noisy
from tests.assets.methods.test_forecasting import AIR_PASSENGERS

LAST = FIRST + timedelta(days=59)
NUMBERS = ["vehicles_count", "low_80_count", "high_80_count", "low_95_count", "high_95_count"]


def test_where_the_harmonic_model_errs_less_than_last_week_it_is_published_with_intervals():
    found = issued(hours_of(60, noisy(60)), LAST)

    assert found["model_code"].unique().to_list() == ["harmonic"]
    assert found["compared_count"].unique().to_list() == [8]
    # A mean of weeks errs by 1, the last week alone by √2.
    assert found["error_ratio"].mean() == pytest.approx(2**-0.5, abs=0.06)
    assert found.select(pl.all_horizontal(pl.col(NUMBERS).is_not_null()).all()).item()
    width = found.select((pl.col("high_80_count") - pl.col("low_80_count")).mean()).item()
    assert width == pytest.approx(2 * 1.2816 * 20, rel=0.2)


def test_where_last_week_says_it_all_the_naive_forecast_is_published_under_its_name():
    week = np.random.default_rng(2).uniform(0, 500, 168)
    found = issued(hours_of(63, np.tile(week, (1, 9))), FIRST + timedelta(days=62))

    assert found["model_code"].unique().to_list() == ["naive"]
    assert found["is_naive_beaten"].to_list() == [False] * 24
    assert found["vehicles_count"].to_list() == pytest.approx(week[:24], abs=0.05)


def test_a_city_in_its_first_days_gets_the_naive_forecast_without_a_comparison():
    found = issued(hours_of(2, noisy(2)), FIRST + timedelta(days=1))

    assert found["model_code"].unique().to_list() == ["naive"]
    assert found.select(pl.col("is_naive_beaten", "error_ratio", "low_95_count").null_count()).row(
        0
    ) == (48, 48, 48)
    assert found["vehicles_count"].to_list() == found["naive_count"].to_list()


@pytest.mark.parametrize(("days", "missing_count"), [(8, 48), (9, 0)])
def test_there_are_no_intervals_before_eight_forecasts_were_scored(days, missing_count):
    found = issued(hours_of(days, noisy(days)), FIRST + timedelta(days=days - 1))

    # Of the first day nothing can be forecast, of the last nothing has come.
    assert found["low_80_count"].null_count() == missing_count
    assert found["low_95_count"].null_count() == 48


def test_a_forecast_begins_when_it_is_issued_and_goes_on_for_a_day():
    found = issued(hours_of(20, noisy(20, series=1)), FIRST + timedelta(days=9))

    midnight = datetime(2025, 1, 16, tzinfo=UTC)
    assert found["issued_at"].unique().to_list() == [midnight]
    assert found.select("lead_h", "target_at").rows() == [
        (n + 1, midnight + timedelta(hours=n)) for n in range(24)
    ]


def test_each_day_alone_gives_what_all_days_together_give_whatever_the_order_of_rows():
    values = noisy(60)
    values[0, 700:720] = np.nan
    series = hours_of(60, values)
    days = [LAST - timedelta(days=n) for n in (2, 1, 0)]

    together = issued(series.sample(fraction=1, shuffle=True, seed=4), *days)
    alone = [issued(series, day) for day in days]

    assert together.equals(pl.concat(alone).sort("detector_id", "issued_at", "lead_h"))


def test_what_lies_further_back_than_is_read_changes_nothing():
    values = noisy(100)
    day = FIRST + timedelta(days=99)
    whole = hours_of(100, values)
    declaration = find_declarations()["gold/mobility/hourly_traffic_forecast_by_detector"]
    first_read = day - timedelta(days=declaration.lookback_days)

    read = whole.filter(pl.col("at").dt.date() >= first_read)

    assert issued(read, day).equals(issued(whole, day))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), back=st.integers(1, 20))
def test_what_came_after_the_day_of_issue_changes_nothing(seed, back):
    values = noisy(60)
    day = LAST - timedelta(days=back)
    other = values.copy()
    other[:, -24 * back :] = np.random.default_rng(seed).uniform(0, 9e4, (2, 24 * back))

    assert issued(hours_of(60, other), day).equals(issued(hours_of(60, values), day))


def steps_of(target: Target, values: np.ndarray) -> pl.DataFrame:
    """One series of a target, of which as many steps as of the months are known on a Sunday."""
    step = timedelta(hours=1) if target.step == "hour" else timedelta(days=1)
    end = datetime(2025, 3, 17, tzinfo=UTC)
    at = pl.Series([end + step * (n - KNOWN) for n in range(len(values))])
    return pl.DataFrame(
        {target.entity: "AP", "at": at.cast(pl.Datetime("us", "UTC")), "value": values}
    )


# Months of 1949 to 1959, of those until 1960.
KNOWN = 132
BY_CODE = [pytest.param(target, id=target.code) for target in TARGETS]


@pytest.mark.shows(
    "published",
    "gold/air/daily_pm10_forecast_by_station",
    "gold/energy/hourly_electricity_forecast_by_area",
    "gold/mobility/daily_passengers_forecast_by_stop",
    "gold/mobility/hourly_parking_forecast_by_car_park",
    "gold/mobility/hourly_traffic_forecast_by_detector",
    "gold/tourism/daily_overnight_stays_forecast_by_municipality",
    source="AirPassengers (Box & Jenkins 1976), errors of statsforecast 2.0.3",
)
@pytest.mark.parametrize("target", BY_CODE)
def test_the_seasonal_naive_of_air_passengers_errs_as_published_in_the_table_of_each(target):
    # As if a month were a step of the target: statsforecast 2.0.3, SeasonalNaive(12), errs by
    # 50.7083 (RMSE) and 9.9875 % (MAPE) in the months of 1960, of those of 1949 to 1959.
    series = steps_of(target, np.array(AIR_PASSENGERS, dtype=float))
    if target.step == "day":
        series = series.with_columns(pl.col("at").dt.date())
    sunday = date(2025, 3, 16)
    yearly = MODELS.with_columns(
        season_count=pl.lit(12), train_d=pl.lit(140), valid_from_on=date(2020, 1, 1)
    )

    told = forecast(series, target, *(sunday + timedelta(days=n) for n in range(13)), models=yearly)

    said = told.unique(target.at, keep="first", maintain_order=True).join(
        series.tail(12), left_on=[target.entity, target.at], right_on=[target.entity, "at"]
    )
    naive = said[target.named("naive")].to_numpy()
    assert len(naive) == 12
    assert rmse(said["value"].to_numpy(), naive) == pytest.approx(50.7083, abs=5e-5)
    assert mape(said["value"].to_numpy(), naive) == pytest.approx(0.099875, abs=5e-7)


@pytest.mark.shows(
    "property",
    "gold/air/daily_pm10_forecast_by_station",
    "gold/energy/hourly_electricity_forecast_by_area",
    "gold/mobility/daily_passengers_forecast_by_stop",
    "gold/mobility/hourly_parking_forecast_by_car_park",
    "gold/mobility/hourly_traffic_forecast_by_detector",
    "gold/tourism/daily_overnight_stays_forecast_by_municipality",
)
@pytest.mark.parametrize("target", BY_CODE)
@settings(max_examples=3, deadline=None)
@given(factor=st.sampled_from([0.5, 2.0, 8.0]), seed=st.integers(0, 99))
def test_twice_as_many_are_twice_the_forecast_of_each_target(target, factor, seed):
    values = noisy(7 if target.step == "day" else 28, series=1, seed=seed)[0]
    sunday = date(2025, 3, 16)
    numbers = [target.value, target.named("naive"), *target.bounds]

    def of(series: np.ndarray) -> pl.DataFrame:
        frame = steps_of(target, series).with_columns(
            pl.col("at").dt.offset_by(f"-{len(series) - KNOWN}{target.step[0]}")
        )
        if target.step == "day":
            frame = frame.with_columns(pl.col("at").dt.date())
        return forecast(frame, target, sunday)

    plain, other = of(values), of(factor * values)

    assert plain.height == other.height == target.leads * len(target.issued_h)
    assert other.select(numbers).to_numpy() == pytest.approx(
        factor * plain.select(numbers).to_numpy(), abs=0.1 * factor + 0.1, nan_ok=True
    )
    assert other["model_code"].to_list() == plain["model_code"].to_list()
    assert plain[target.value].null_count() == 0


def test_a_feast_is_forecast_as_a_sunday():
    # The 25th of April 2025 is a Friday; on Sundays and feasts of Rome's clock half as many pass.
    first, days = date(2025, 3, 3), 53
    start = datetime(2025, 3, 3, tzinfo=UTC)
    hours = pl.datetime_range(
        start, start + timedelta(hours=24 * days - 1), "1h", eager=True
    ).dt.convert_time_zone("Europe/Rome")
    values = np.where((hours.dt.weekday() == 7) | (hours.dt.date() == date(2025, 4, 21)), 60, 120)
    values = values + np.random.default_rng(3).normal(0, 9, len(values))

    found = issued(hours_of(days, values[np.newaxis], first=first), date(2025, 4, 24))

    in_rome = pl.col("target_at").dt.convert_time_zone("Europe/Rome").dt.date()
    on_feast = found.filter(in_rome == date(2025, 4, 25))
    assert found["model_code"].unique().to_list() == ["harmonic"]
    assert on_feast["vehicles_count"].mean() == pytest.approx(60, abs=6)
    assert on_feast["naive_count"].mean() == pytest.approx(120, abs=6)


def test_when_the_clock_is_put_forward_last_week_is_the_same_hour_of_the_clock():
    start = datetime(2025, 3, 17, tzinfo=UTC)
    clock = pl.datetime_range(start, start + timedelta(hours=335), "1h", eager=True)
    local = clock.dt.convert_time_zone("Europe/Rome").dt.hour().to_numpy().astype(float)

    found = issued(hours_of(14, local[np.newaxis], first=date(2025, 3, 17)), date(2025, 3, 30))

    hours = found["target_at"].dt.convert_time_zone("Europe/Rome").dt.hour().to_list()
    assert found["naive_count"].to_list() == hours


def test_series_that_are_empty_constant_or_short_harm_no_other_and_nothing_is_below_nought():
    values = noisy(60, series=4)
    values[1], values[2, :-30], values[3] = 7.0, np.nan, values[3] - 260

    found = issued(hours_of(60, values), LAST)

    alone = issued(hours_of(60, values[:1]), LAST)
    assert found.filter(detector_id="D00").equals(alone)
    assert found.filter(detector_id="D01")["vehicles_count"].unique().to_list() == [7.0]
    assert found.filter(detector_id="D02")["model_code"].unique().to_list() == ["naive"]
    assert found.select(pl.min_horizontal(NUMBERS).min()).item() == 0.0


def test_an_edition_holds_from_its_day_of_issue_on():
    later = MODELS.with_columns(valid_from_on=LAST, definition_code=pl.lit("next"))

    found = issued(
        hours_of(60, noisy(60)), LAST - timedelta(days=1), LAST, models=pl.concat([MODELS, later])
    )

    editions = found.select("issued_on", "model_version").unique().sort("issued_on")
    assert editions["model_version"].to_list() == ["1.2026", "1.next"]


def test_without_rows_days_or_an_edition_there_is_no_forecast():
    series = hours_of(3, noisy(3))

    nothing = [
        issued(series.clear(), LAST),
        issued(series),
        issued(series, FIRST, models=MODELS.clear()),
        issued(series, FIRST - timedelta(days=9)),
    ]

    assert [(one.height, one.schema == TARGET.schema) for one in nothing] == [(0, True)] * 4
