import json
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.electricity_by_section import electricity_by_section
from assets.indicators.european_air_quality_index import european_air_quality_index
from assets.indicators.parking_pressure import parking_pressure
from assets.silver.electricity_consumption import electricity_consumption
from assets.twin import DEFINITIONS
from infra.simulator import Simulation, simulate, truth_table
from infra.simulator.city import City
from infra.simulator.datasets import census_sections, quarters
from infra.simulator.days import ROME
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.health_frames import HEALTHY
from tests.assets.indicators.simulated_journeys import delivered

START = date(2025, 3, 24)
# So many come together that nothing of them is withheld.
LEAST_CARS = 10
INSTANT = pl.Datetime("us", "UTC")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    only = ["arpa_lombardia/air_quality", "a2a/electricity_readings"]
    return simulate(profile="small", days=3, seed=1, out=tmp_path_factory.mktemp("c"), only=only)


def planted(city: Simulation, what: str) -> list[dict]:
    facts = json.loads((city.truth / "planted.json").read_text())
    return [fact for fact in facts if fact["what"] == what]


@pytest.mark.shows("planted", "gold/air/hourly_european_air_quality_index")
def test_the_planted_episode_is_poor_air_at_its_station_and_nowhere_else(city):
    bands = pl.read_csv(DEFINITIONS / "air_quality_index_bands.csv", try_parse_dates=True)
    measured = truth_table(city, "air_by_hour").with_columns(
        station_name="station_id", observed_at="measured_at"
    )

    index = european_air_quality_index(measured, bands, HEALTHY, COMPLETENESS)

    poor = index.filter(pl.col("air_quality_level") >= 4).with_columns(
        day_on=pl.col("hour_at").dt.offset_by("1h").dt.date().cast(pl.String)
    )
    (episode,) = planted(city, "dust episode")
    whole_days = poor.group_by("station_id", "day_on").len().filter(pl.col("len") == 24)
    assert set(poor["station_id"]) == {episode["station_id"]}
    # Three hours on either side are poor as well.
    assert whole_days.select("station_id", "day_on").rows() == [
        (episode["station_id"], episode["day"])
    ]
    assert poor.height == 24 + 2 * 3
    assert set(poor["worst_pollutant_code"]) <= {"PM10", "PM2.5"}


@pytest.mark.shows("planted", "gold/energy/daily_electricity_by_section")
def test_sections_with_few_meters_or_a_dominant_one_are_not_shown_and_the_others_are_true(city):
    (path,) = (city.out / "a2a_files").glob("letture_*.csv")
    sent = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
    known = sent.select(
        meter_pid="pod",
        section_id="sezione",
        read_at=pl.col("istante").str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%:z", time_unit="us", strict=False
        ),
        energy_kwh=pl.col("energia").cast(pl.Float64, strict=False),
        window_on=pl.lit(START),
    ).filter(
        pl.col("read_at").is_not_null(),
        pl.col("energy_kwh").is_between(0, 25),
        pl.col("meter_pid").str.contains("^IT901E[0-9]{8}$"),
    )
    known = known.unique(["meter_pid", "read_at"], keep="first", maintain_order=True)
    town = City("small", 3, 1, START)

    consumed = electricity_consumption(
        known,
        delivered(town, census_sections, "istat/census_sections"),
        delivered(town, quarters, "comune_brescia/quarters"),
        pl.read_csv(DEFINITIONS / "disclosure_limits.csv", try_parse_dates=True),
    )
    shown = electricity_by_section(consumed, COMPLETENESS)

    hidden = {
        fact["section_id"]
        for what in ("section with few meters", "section with a dominant meter")
        for fact in planted(city, what)
    }
    told = truth_table(city, "electricity_by_section")
    missing = set(told["section_id"]) - set(shown["section_id"])
    assert hidden <= missing
    # Those that are told together with a hidden one are not shown, either.
    assert len(missing) < told["section_id"].n_unique() / 2
    both = shown.join(told, on=["section_id", "consumed_on"])
    assert both.height == shown.height
    assert ((both["energy_kwh"] - both["energy_wh"] / 1000).abs() < 1e-6).all()


def sessions(rows: list[tuple[str, datetime, datetime]]) -> pl.DataFrame:
    """Each session is of another car."""
    schema = {"car_park_id": pl.String, "entered_at": INSTANT, "exited_at": INSTANT}
    cars = pl.int_range(pl.len()).cast(pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(vehicle_pid=cars)


stays = st.lists(
    st.tuples(st.integers(60, 1_200), st.integers(1, 200)), min_size=1, max_size=12
)  # minutes of the day at which a car comes, and for how long: all within a day of UTC


@settings(max_examples=25)
@given(stays, st.integers(0, 2**31))
def test_the_hours_of_a_car_park_hold_every_minute_that_cars_stood_there(cars, seed):
    midnight = datetime(2025, 3, 24, tzinfo=ROME)
    parked = sessions(
        [
            ("P", midnight + timedelta(minutes=came), midnight + timedelta(minutes=came + stayed))
            for came, stayed in cars
            for _ in range(LEAST_CARS)
        ]
    )
    parks = pl.DataFrame({"car_park_id": ["P"], "capacity_count": [20]})

    pressure = parking_pressure(parked, parks, COMPLETENESS, DISCLOSURE)

    stood_h = LEAST_CARS * sum(stayed for _, stayed in cars) / 60
    assert pressure["occupied_ratio"].sum() * 20 == pytest.approx(stood_h)
    assert pressure["entries_count"].sum() == LEAST_CARS * len(cars)
    assert pressure.equals(
        parking_pressure(
            parked.sample(fraction=1, shuffle=True, seed=seed), parks, COMPLETENESS, DISCLOSURE
        )
    )
