from pathlib import Path

import pytest

from assets.indicators.reach_of_services import reach_of_services
from tests.transit.real_town import FEED, timetable_of, town_of

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not FEED.is_file(), reason="the recorded real files are not beside the repository"
    ),
]


def test_the_buses_of_a_real_town_bring_its_hospital_nearer_and_take_nobody_further_off(
    tmp_path: Path,
):
    town = town_of(timetable_of(tmp_path), home_each=7)
    homes_count = town["population"].height

    found = reach_of_services(**town)

    assert found.height == homes_count * 3 * 2
    day = found.filter(category_code="ospedale", band_code="weekday_11_13")
    assert set(day["quality_code"]) == {"unverified"}
    assert {one.weekday() for one in found["timetable_on"].unique()} == {1, 6}
    both = day.drop_nulls(["median_min", "walk_median_min"])
    assert (both["median_min"] <= both["walk_median_min"]).all()
    assert (both["median_min"] < both["walk_median_min"] - 5).sum() > homes_count / 10
    assert day["median_min"].null_count() <= day["walk_median_min"].null_count()
    at_night = found.filter(category_code="farmacia", band_code="weekday_21_23")
    assert at_night["median_min"].null_count() == homes_count
