from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.challenging import Array, challenged
from assets.forecast_tables import Target
from assets.forecast_targets import PARKING
from tests.assets.forecast_frames import FEASTS, FIRST, MODELS, TARGET, forecast, hours_of, noisy

DAYS = [FIRST + timedelta(days=n) for n in range(50, 60)]


def last_week(before: Array, leads: int, seasons: tuple[int, ...]) -> Array:
    return before[-seasons[-1] :][:leads]


def contest(series: pl.DataFrame, target: Target = TARGET, *, origins: int = 8) -> pl.DataFrame:
    issued = forecast(series, target, *DAYS)
    return challenged(
        issued, series, MODELS, FEASTS, target=target, challenger=last_week, origins=origins
    )


def test_a_challenger_that_repeats_last_week_says_what_the_published_naive_says():
    # Errors that the rounding of published numbers does not move.
    found = contest(hours_of(62, noisy(62)))

    assert found.height == 2 * 8 * 24
    assert found["issued_on"].unique().sort().to_list() == DAYS[-8:]
    assert found["challenger"].to_list() == pytest.approx(found["naive"].to_list(), abs=0.05)
    assert found["point"].to_list() != found["naive"].to_list()


def test_car_parks_are_compared_from_the_newest_hours_of_issue():
    rows = hours_of(62, noisy(62)).rename({"detector_id": "car_park_id"})

    found = contest(rows.with_columns(most=pl.lit(1000.0)), PARKING, origins=3)

    assert found["issued_at"].n_unique() == 3
    assert found["issued_on"].unique().to_list() == DAYS[-1:]
    assert found["challenger"].to_list() == pytest.approx(found["naive"].to_list(), abs=0.05)


def test_nothing_that_comes_after_an_issue_moves_the_challenger():
    values = noisy(62)
    other = values.copy()
    other[:, 60 * 24 :] += 500
    known = contest(hours_of(62, values)).filter(pl.col("issued_on") < DAYS[-1])
    moved = contest(hours_of(62, other)).filter(pl.col("issued_on") < DAYS[-1])

    assert_frame_equal(known.drop("truth"), moved.drop("truth"))
    assert known.height


def test_days_of_which_the_truth_has_not_come_are_not_compared():
    last = DAYS[-1] - timedelta(days=1)
    found = contest(hours_of((last - FIRST).days + 1, noisy((last - FIRST).days + 1)))

    assert found["issued_on"].max() == last - timedelta(days=1)
    assert contest(hours_of(10, noisy(10), first=date(2025, 1, 6))).is_empty()
    assert np.isfinite(found["challenger"].to_numpy()).all()
