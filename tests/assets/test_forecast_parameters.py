from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.forecast_parameters import parameters
from assets.forecast_targets import PARKING
from tests.assets.forecast_frames import FEASTS, FIRST, MODELS, TARGET, forecast, hours_of, noisy

LAST = FIRST + timedelta(days=59)
[CHOICES] = MODELS.filter(target_code=TARGET.code).to_dicts()


def fitted(series: pl.DataFrame, *days: date, target=TARGET) -> pl.DataFrame:
    return parameters(series, MODELS, FEASTS, target=target, issued_on=days)


def by_hand(codes: dict[str, float], hour: int, lead: int, *, issued_h: int = 24) -> float:
    """The harmonic forecast of an hour since 1970 by the city's clock."""
    day = ["mon", "tue", "wed", "thu", "fri", "saturday", "sunday"][(hour // 24 + 3) % 7]
    lengths = {"day": 24, "week": 168, day: 24}
    expected = codes["mean"] + codes.get(f"{day}_mean", 0.0)
    for code, number in codes.items():
        of, _, wave = code.partition("_")
        if of in lengths and wave != "mean":
            name, _, count = wave.partition("_")
            angle = 2 * np.pi * int(count) * hour / lengths[of]
            expected += number * {"cos": np.cos, "sin": np.sin}[name](angle)
    return expected + codes[f"level_{issued_h:02}"] * CHOICES["damping_ratio"] ** lead


@pytest.mark.parametrize("is_naive", [False, True])
def test_what_was_issued_can_be_computed_again_from_the_table_of_its_parameters(is_naive):
    series = hours_of(60, noisy(60))
    if is_naive:
        series = hours_of(60, np.tile(np.arange(168.0) % 90, (1, 9))[:, : 24 * 60])
    stored = fitted(series, LAST)

    issued = forecast(series, TARGET, LAST)

    assert issued["model_code"].unique().to_list() == ["naive" if is_naive else "harmonic"]
    for row in issued.iter_rows(named=True):
        codes = dict(
            stored.filter(detector_id=row["detector_id"])
            .select("parameter_code", "parameter_count")
            .iter_rows()
        )
        clock = int(row["target_at"].timestamp()) // 3600 + 1  # Rome, in winter
        again = by_hand(codes, clock, row["lead_h"])
        naive = codes[f"naive_24_{row['lead_h']:02}"]
        # To the one decimal that is published.
        assert row["vehicles_count"] == pytest.approx(naive if is_naive else again, abs=0.05 + 1e-9)
        assert row["naive_count"] == pytest.approx(naive, abs=0.05 + 1e-9)


def test_what_is_expected_is_made_of_the_parameters_alone():
    series = hours_of(60, noisy(60))
    raised = fitted(series, LAST).with_columns(
        pl.col("parameter_count") + pl.col("parameter_code").is_in(["mean"]) * 100.0
    )

    plain, other = (
        forecast(series, TARGET, LAST, fitted=one) for one in (fitted(series, LAST), raised)
    )

    assert (other["vehicles_count"] - plain["vehicles_count"]).to_list() == pytest.approx(
        [100] * 48
    )
    assert other["naive_count"].equals(plain["naive_count"])


def test_each_day_of_issue_has_parameters_of_its_own_that_later_rows_do_not_change():
    series = hours_of(60, noisy(60))
    before = LAST - timedelta(days=3)
    known = series.filter(pl.col("at").dt.date() <= before)

    both = fitted(series, before, LAST)

    assert both.filter(issued_on=before).equals(fitted(known, before))
    assert not both.filter(issued_on=before).equals(both.filter(issued_on=LAST))


def test_a_car_park_has_a_level_for_each_hour_of_issue_and_the_places_that_no_forecast_passes():
    values = np.minimum(noisy(40, series=1), 280)
    series = hours_of(40, values).rename({"detector_id": "car_park_id"})
    series = series.with_columns(most=pl.lit(280))

    codes = fitted(series, FIRST + timedelta(days=39), target=PARKING)["parameter_code"].to_list()

    assert {f"level_{hour:02}" for hour in range(1, 25)} <= set(codes)
    assert sum(code.startswith("naive_") for code in codes) == 24 * 2
    assert "most" in codes


def test_a_series_of_two_days_has_the_parameters_of_the_naive_model_alone():
    codes = fitted(hours_of(2, noisy(2)), FIRST + timedelta(days=1))["parameter_code"].unique()

    assert sorted(codes) == [f"naive_24_{lead:02}" for lead in range(1, 25)]
