from pathlib import Path
from typing import Final

import pytest

from assets.derived_assets import find_declarations
from assets.scenarios.impact import impact_of
from assets.scenarios.running import outcome_of
from assets.twin import Twin
from tests.assets.scenarios.small_lake import scenario

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_city")]

DECLARATIONS: Final = find_declarations()
# Made straight from records of persons, of which no scenario computes anything.
OF_PERSONS: Final = {
    "gold/energy/hourly_charging_by_quarter",
    "gold/mobility/daily_punctuality_by_line",
    "gold/mobility/hourly_bike_trips",
    "gold/mobility/hourly_parking_pressure",
    "gold/safety/citizen_reports_by_cell",
    "gold/tourism/monthly_occupancy_by_category",
    "silver/economy/firms_by_cell",
    "silver/energy/electricity_consumption_by_day",
    "silver/energy/electricity_load_by_quarter_hour",
    "silver/energy/gas_consumption_by_day",
    "silver/energy/heat_consumption_by_day",
    "silver/mobility/passengers_by_stop",
    "silver/safety/road_accident",
    "silver/tourism/accommodation_by_day",
    "silver/waste/waste_by_day",
    "silver/water/water_consumption_observed",
}


@pytest.mark.longest
def test_every_indicator_of_the_city_comes_out_as_it_is(whole_city: Twin, tmp_path: Path) -> None:
    gold = {key for key in DECLARATIONS if key.startswith("gold/")}
    plan = scenario(tmp_path, "vuoto")

    outcome = outcome_of(plan, DECLARATIONS, whole_city, also=DECLARATIONS)

    assert set(outcome.left_out) == OF_PERSONS
    assert gold - OF_PERSONS <= set(outcome.computed)
    assert list(outcome.indicators) == []
    assert impact_of(outcome, DECLARATIONS, scenario="vuoto").is_empty()
