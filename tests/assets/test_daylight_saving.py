from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from assets.indicators.european_air_quality_index import european_air_quality_index
from assets.indicators.parking_pressure import parking_pressure
from assets.silver.air_quality_observed import air_quality_observed
from quality.privacy.instants import read_instants
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.health_frames import HEALTHY

ROME = ZoneInfo("Europe/Rome")
# The clock is put forward at two in the morning, and back at three.
LENGTHS = [(date(2025, 3, 30), 23), (date(2025, 7, 1), 24), (date(2025, 10, 26), 25)]


def hours_of(day: date) -> list[datetime]:
    """The instants, UTC, at which the hours of a day of the city's clock begin."""
    start, end = (
        datetime(each.year, each.month, each.day, tzinfo=ROME).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return [
        start + timedelta(hours=number) for number in range((end - start) // timedelta(hours=1))
    ]


def on(day: date) -> pl.Expr:
    """Whether an hour is one of a day of the city's clock."""
    return pl.col("hour_at").dt.convert_time_zone("Europe/Rome").dt.date() == day


def sessions_in(hours: list[datetime]) -> pl.DataFrame:
    """Ten cars that stay for half of each hour."""
    return pl.DataFrame(
        {
            "car_park_id": ["P"] * len(hours),
            "entered_at": hours,
            "exited_at": [hour + timedelta(minutes=30) for hour in hours],
        }
    ).join(pl.DataFrame({"vehicle_pid": [f"v{n}" for n in range(10)]}), how="cross")


CAR_PARKS = pl.DataFrame({"car_park_id": ["P"], "capacity_count": [10]})
BANDS = pl.DataFrame(
    {
        "definition_code": ["E", "E"],
        "valid_from_on": [date(2020, 1, 1)] * 2,
        "pollutant_code": ["NO2", "NO2"],
        "averaging_h": [1, 1],
        "band_level": [1, 2],
        "band_name": ["good", "fair"],
        "upper_ugm3": [40.0, 90.0],
    }
)


def measurements_in(hours: list[datetime]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "window_on": [hour.date() for hour in hours],
            "sensor_id": ["1"] * len(hours),
            "station_id": ["9"] * len(hours),
            "station_name": ["Broletto"] * len(hours),
            "pollutant_code": ["NO2"] * len(hours),
            "measured_at": hours,
            "value_ugm3": [30.0] * len(hours),
            "validity_code": ["VA"] * len(hours),
        }
    )


def test_the_city_has_days_of_23_24_and_25_hours():
    assert [(day, len(hours_of(day))) for day, _ in LENGTHS] == LENGTHS


@pytest.mark.parametrize(("day", "hours_count"), LENGTHS)
def test_each_hour_of_the_day_has_its_own_parking_pressure(day: date, hours_count: int):
    around = hours_of(day - timedelta(days=1)) + hours_of(day) + hours_of(day + timedelta(days=1))

    pressure = parking_pressure(sessions_in(around), CAR_PARKS, COMPLETENESS, DISCLOSURE).filter(
        on(day)
    )

    assert pressure["hour_at"].to_list() == hours_of(day)
    assert pressure["occupied_ratio"].to_list() == [0.5] * hours_count
    # The first hour of each quarter of the day is withheld, so that its ten do not follow.
    shown = pressure.filter(~pl.col("is_withheld"))["entries_count"]
    assert set(shown) == {10}


@pytest.mark.parametrize(("day", "hours_count"), LENGTHS)
def test_each_hour_of_the_day_has_its_own_air_quality(day: date, hours_count: int):
    observed = air_quality_observed(measurements_in(hours_of(day)))
    index = european_air_quality_index(observed, BANDS, HEALTHY, COMPLETENESS)

    assert observed["observed_at"].to_list() == hours_of(day)
    assert index["hour_at"].to_list() == hours_of(day)
    assert index["air_quality_level"].to_list() == [1] * hours_count


def test_cars_that_stay_while_the_clock_is_put_back_stay_an_hour_longer():
    entered = datetime(2025, 10, 26, 1, 0, tzinfo=ROME)
    left = datetime(2025, 10, 26, 4, 0, tzinfo=ROME)
    at_noon = datetime(2025, 10, 26, 12, 0, tzinfo=ROME)
    sessions = pl.DataFrame(
        {
            "car_park_id": "P",
            "vehicle_pid": [f"v{n}" for n in range(11)],
            "entered_at": [entered.astimezone(UTC)] * 10 + [at_noon.astimezone(UTC)],
            "exited_at": [left.astimezone(UTC)] * 10 + [None],
        }
    )

    pressure = parking_pressure(sessions, CAR_PARKS, COMPLETENESS, DISCLOSURE)

    assert pressure["occupied_ratio"].sum() == pytest.approx(4)


@pytest.mark.parametrize("day", [day for day, _ in LENGTHS])
def test_the_agency_that_writes_solar_time_sends_24_hours_every_day(day: date):
    texts = pl.Series([f"{day}T{hour:02}:00:00.000" for hour in range(24)])

    instants = read_instants(texts, format_="%Y-%m-%dT%H:%M:%S%.3f", zone="solar")

    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
    assert instants.to_list() == [first + timedelta(hours=number) for number in range(24)]


def test_a_time_the_clock_leaves_out_is_no_instant_and_one_it_repeats_is_the_first_of_two():
    left_out = pl.Series(["2025-03-30 01:30:00", "2025-03-30 02:30:00", "2025-03-30 03:30:00"])
    repeated = pl.Series(["2025-10-26 01:30:00", "2025-10-26 02:30:00", "2025-10-26 03:30:00"])

    spring = read_instants(left_out, format_=None, zone="Europe/Rome")
    autumn = read_instants(repeated, format_=None, zone="Europe/Rome")

    assert spring.is_null().to_list() == [False, True, False]
    assert (autumn - autumn[0]).dt.total_hours().to_list() == [0, 1, 3]


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 12), ("Europe/Rome", 10), ("solar", 11), ("America/New_York", 16)]
)
def test_noon_in_july_is_noon_of_the_zone_that_was_declared(zone: str, hour: int):
    instants = read_instants(pl.Series(["2025-07-01T12:00:00"]), format_=None, zone=zone)

    assert instants.to_list() == [datetime(2025, 7, 1, hour, tzinfo=UTC)]
