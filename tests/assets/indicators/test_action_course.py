from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.action_course import action_course
from tests.assets.indicators.test_action_effect import FIRST, counted, inputs_of, registered


def course_of(*, effect: float, days: int = 90) -> pl.DataFrame:
    read = inputs_of(register=registered(), bikes=counted(effect=effect, days=days))
    return action_course(
        **{name: read[name] for name in ("published", "register", "goals", "series")}
    )


@pytest.mark.shows("planted", "gold/actions/daily_action_course")
def test_each_day_of_the_window_is_told_against_what_was_usual_before():
    course = course_of(effect=1.35)

    works = course.filter(course["day_on"].is_between(FIRST + timedelta(40), FIRST + timedelta(49)))
    before = course.filter(course["day_on"] < FIRST + timedelta(days=40))
    after = course.filter(course["day_on"] >= FIRST + timedelta(days=50))
    assert (before.height, works.height, after.height) == (40, 10, 40)
    assert works["measured_index"].null_count() == works["expected_index"].null_count() == 10
    assert before["measured_index"].mean() == pytest.approx(1, abs=1e-3)
    assert before["expected_low_index"].null_count() == 40
    assert (after["expected_low_index"] < after["expected_high_index"]).all()
    lift = after["measured_index"].mean() / after["expected_index"].mean()  # type: ignore[operator] # numbers
    assert lift == pytest.approx(1.35, abs=0.05)


def test_an_action_with_too_few_days_has_no_course():
    assert course_of(effect=1.0, days=60).is_empty()


@pytest.mark.shows("property", "gold/actions/daily_action_course")
@settings(max_examples=5)
@given(factor=st.sampled_from([2, 3, 10]))
def test_counting_every_bicycle_several_times_changes_no_course(factor):
    bikes = counted(effect=1.35)
    more = bikes.with_columns(bikes_count=pl.col("bikes_count") * factor)
    courses = [
        action_course(**{name: read[name] for name in ("published", "register", "goals", "series")})
        for read in (inputs_of(register=registered(), bikes=one) for one in (bikes, more))
    ]

    first, second = (one["expected_index"].drop_nulls().to_numpy() for one in courses)
    assert first.size
    assert second == pytest.approx(first, abs=0.02)
