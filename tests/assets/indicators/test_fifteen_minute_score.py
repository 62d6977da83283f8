"""No published number: scores in the literature weigh kinds, fade with distance or are of cities.

Looked for and not found: a worked example of the plain share of kinds within 15 minutes. What the
score is made of is held to published numbers: arrivals in `test_connection_scan.py`, the spread of
access in `test_inequality.py`.
"""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.indicators.fifteen_minute_score import declaration, fifteen_minute_score
from tests.assets.lineage_seen import unsaid

KINDS = ["asilo nido", "farmacia", "ospedale"]


def reach(minutes: list[float | None], **changes: object) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "section_id": "s",
            "band_code": "weekday_07_09",
            "category_code": KINDS[: len(minutes)],
            "day_code": "weekday",
            "timetable_on": date(2025, 3, 25),
            "median_min": pl.Series(minutes, dtype=pl.Float64),
            "completeness_ratio": 1.0,
            "observations_count": 24,
            "quality_code": "unverified",
        }
    ).with_columns(**changes)


def essentials(*chosen: bool, since: date = date(2025, 1, 1)) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "category_code": KINDS[: len(chosen)],
            "valid_from_on": since,
            "is_essential": chosen,
            "within_min": 15.0,
        }
    )


def test_two_of_three_within_a_quarter_of_an_hour_are_two_thirds():
    found = fifteen_minute_score(reach([15.0, 15.1, 2.0]), essentials(True, True, True))

    assert found.select("score_ratio", "near_count", "essential_count").rows() == [(2 / 3, 2, 3)]


def test_what_nobody_offers_or_reaches_counts_as_missing_and_what_is_not_essential_does_not():
    found = fifteen_minute_score(reach([None, 3.0]), essentials(True, False, True))

    assert found["score_ratio"].to_list() == [0.0]


def test_a_choice_of_tomorrow_does_not_count_today():
    tomorrow = essentials(False, False, False, since=date(2026, 1, 1))

    found = fifteen_minute_score(reach([3.0, 3.0]), pl.concat([essentials(True, True), tomorrow]))

    assert found["essential_count"].to_list() == [2]


def test_off_the_streets_there_is_no_score():
    found = fifteen_minute_score(reach([None], quality_code=pl.lit("no_data")), essentials(True))

    assert found.select("score_ratio", "quality_code").rows() == [(None, "no_data")]


@pytest.mark.shows("property", "gold/services/fifteen_minute_score_by_section")
@given(st.lists(st.floats(0, 60), min_size=3, max_size=3), st.floats(0, 60))
def test_a_shorter_way_lowers_no_score(minutes, sooner):
    chosen = essentials(True, True, True)

    before, after = (
        fifteen_minute_score(reach(one), chosen)["score_ratio"][0]
        for one in (minutes, [min(minutes[0], sooner), *minutes[1:]])
    )

    assert 0 <= before <= after <= 1


def test_what_the_columns_are_made_of_is_said():
    morning = reach([3.0, 20.0, 4.0])
    sunday = reach([9.0, 2.0, 50.0], band_code=pl.lit("sunday_07_09"), day_code=pl.lit("sunday"))
    inputs = {"reach": pl.concat([morning, sunday]), "essentials": essentials(True, True, False)}

    assert unsaid(declaration, inputs, may_be_empty={}) == []
