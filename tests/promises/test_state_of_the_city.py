from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest

from assets.twin import Twin
from infra.simulator.city import STUCK_DAYS
from orchestration.cli.publishers import with_publishers
from orchestration.runner import run_assets
from tests.promises.town import FIRST_DAY, simulated_town

pytestmark = pytest.mark.slow

OBSERVED = (
    "arpa_lombardia/air_quality",
    "arpa_lombardia/river_levels",
    "arpa_lombardia/soil_moisture",
    "arpa_lombardia/soil_sensors",
    "arpa_lombardia/weather",
    "brescia_mobilita/parking_occupancy",
    "comune_brescia/bike_counts",
    "comune_brescia/traffic_flow",
)
STUCK_ON = FIRST_DAY + timedelta(days=STUCK_DAYS[0])


@pytest.fixture(scope="module")
def latest(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    count = STUCK_DAYS[0] + 1
    town = simulated_town(tmp_path_factory.mktemp("town"), days=count, only=OBSERVED)
    with with_publishers(town.settings) as served:
        summary = run_assets(
            Twin.here(served),
            select='+key:"silver/state/latest_observation"',
            first=FIRST_DAY,
            last=STUCK_ON,
        )
    assert summary.is_success, summary.failures
    return town.twin().read("silver/state/latest_observation").collect()


def test_what_the_sensor_that_stands_still_says_is_suspect_in_the_state_of_now(
    latest: pl.DataFrame,
) -> None:
    suspect = latest.filter(pl.col("quality_code") == "suspect")

    assert suspect.select("entity_id", "property_code").rows() == [
        ("urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:652", "no2")
    ]


def test_all_that_is_measured_is_there_once_and_as_new_as_the_last_day(
    latest: pl.DataFrame,
) -> None:
    kinds = latest["entity_id"].str.split(":").list.get(2)

    assert latest.select("entity_id", "property_code").is_unique().all()
    assert set(kinds) == {
        "AirQualityObserved", "GreenspaceRecord", "OffStreetParking", "TrafficFlowObserved",
        "WaterObserved", "WeatherObserved",
    }  # fmt: skip
    midnight = datetime.combine(STUCK_ON, time(22), UTC)
    assert (latest["observed_at"] >= midnight - timedelta(hours=1)).all()
    assert latest["staleness_s"].min() == 0
    assert latest["is_stale"].to_list() == [False] * latest.height
