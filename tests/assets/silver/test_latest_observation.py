from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.silver import last_observation_by_day as by_day
from assets.silver import latest_observation as latest
from assets.twin import DEFINITIONS
from tests.assets.silver.state_frames import Row, inputs_of

BEGUN = datetime(2025, 3, 24, tzinfo=UTC)
AIR = "urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:"
PROBE = "urn:ngsi-ld:GreenspaceRecord:brescia:arpa_lombardia:80000"
LIMIT = {
    "definition_code": "first",
    "valid_from_on": date(2025, 1, 1),
    "property_code": "no2",
    "stale_after_min": 60.0,
    "source_name": "invented",
}
Value = tuple[str, int, float | None]


def at(minutes: int) -> datetime:
    return BEGUN + timedelta(minutes=minutes)


def no2(station: str, minutes: int, value: float | None) -> Row:
    return {
        "entity_id": AIR + station,
        "station_id": station,
        "pollutant_code": "NO2",
        "observed_at": at(minutes),
        "value_ugm3": value,
    }


def last_of_days(**rows: list[Row]) -> pl.DataFrame:
    return by_day.last_observation_by_day(**inputs_of(by_day.declaration, **rows))


def now(observed: pl.DataFrame, *limits: Row) -> pl.DataFrame:
    frames = inputs_of(latest.declaration, freshness=list(limits))
    return latest.latest_observation(**{**frames, "observed": observed})


def test_the_newest_valid_value_of_each_property_is_what_the_city_is_now():
    air = [no2("1", 0, 20.0), no2("1", 60, 30.0), no2("1", 120, None), no2("2", 0, 5.0)]

    found = now(last_of_days(air=air), LIMIT)

    told = found.select("entity_id", "property_code", "value", "unit_code", "observed_at")
    assert told.rows() == [
        (AIR + "1", "no2", 30.0, "ug/m3", at(60)),
        (AIR + "2", "no2", 5.0, "ug/m3", at(0)),
    ]


def test_age_is_counted_from_the_newest_observation_of_the_city():
    parking = [{"entity_id": "urn:x", "observed_at": at(61), "free_count": 7}]

    found = now(last_of_days(air=[no2("1", 0, 20.0), no2("2", 1, 5.0)], parking=parking), LIMIT)

    assert found.select("staleness_s", "is_stale").rows() == [
        (61 * 60, True),
        (60 * 60, False),
        # Of this property nobody says for how long it is fresh.
        (0, None),
    ]


def test_a_sensor_that_fell_silent_days_ago_stays_with_its_age():
    air = [no2("1", 0, 20.0), no2("2", 4 * 1440, 5.0)]

    found = now(last_of_days(air=air), LIMIT)

    assert found.select("value", "staleness_s").rows() == [(20.0, 4 * 86_400), (5.0, 0)]


def test_the_limits_are_those_in_force_on_the_newest_day():
    later = [
        LIMIT | {"definition_code": edition, "valid_from_on": day, "stale_after_min": minutes}
        for edition, day, minutes in (
            ("second", date(2025, 3, 24), 30.0),
            ("third", date(2026, 1, 1), 1.0),
        )
    ]

    found = now(last_of_days(air=[no2("1", 0, 20.0), no2("2", 45, 5.0)]), LIMIT, *later)

    assert found["is_stale"].to_list() == [True, False]
    assert found["definition_from_on"].to_list() == [date(2025, 3, 24)] * 2


def test_a_value_of_a_stuck_sensor_is_suspect_and_one_that_nobody_judges_has_no_quality():
    air = [no2("1", 0, 20.0), no2("2", 0, 5.0)]
    health = [
        {"sensor_id": "1:NO2", "quantity_code": "NO2", "station_id": "1", "quality_code": quality,
         "day_on": day}
        for day, quality in ((date(2025, 3, 23), "ok"), (date(2025, 3, 24), "suspect"))
    ]  # fmt: skip

    found = now(last_of_days(air=air, health=health))

    assert found["quality_code"].to_list() == ["suspect", None]


def test_the_health_of_a_probe_is_that_of_its_water_and_not_of_its_temperature():
    soil = [{"entity_id": PROBE, "observed_at": at(0), "water_ratio": 0.3, "temperature_c": 9.0}]
    health = [
        {"sensor_id": "80000", "quantity_code": "soil_water_10", "station_id": "1900",
         "quality_code": "partial", "day_on": date(2025, 3, 24)}
    ]  # fmt: skip

    found = last_of_days(soil=soil, health=health)

    assert found.select("property_code", "value", "unit_code", "quality_code").rows() == [
        ("soilMoistureVwc", 0.3, "1", "partial"),
        ("soilTemperature", 9.0, "Cel", None),
    ]


def test_of_two_verdicts_on_a_sensor_the_worse_is_told():
    health = [
        {"sensor_id": sensor, "quantity_code": "NO2", "station_id": "1", "quality_code": quality,
         "day_on": date(2025, 3, 24)}
        for sensor, quality in (("a", "partial"), ("b", "suspect"), ("c", "ok"))
    ]  # fmt: skip

    found = last_of_days(air=[no2("1", 0, 20.0)], health=health)

    assert found["quality_code"].to_list() == ["suspect"]


def test_humidity_is_a_share_as_in_smart_data_models():
    weather = [{"entity_id": "urn:w", "observed_at": at(0), "rh_pct": 87.5, "temp_c": 3.4}]

    found = last_of_days(weather=weather)

    assert found.select("property_code", "value", "unit_code").rows() == [
        ("relativeHumidity", 0.875, "1"),
        ("temperature", 3.4, "Cel"),
    ]


def test_traffic_bicycles_and_rivers_are_told_with_the_names_of_smart_data_models():
    detector = {
        "entity_id": "urn:t",
        "observed_at": at(15),
        "vehicles_count": 120,
        "speed_ms": 12.5,
        "occupancy_ratio": 0.2,
    }
    counter = {"entity_id": "urn:b", "observed_at": at(0), "bikes_count": 40}
    broken = counter | {"observed_at": at(60), "bikes_count": None}
    mella = "urn:ngsi-ld:WaterObserved:brescia:arpa_lombardia:8141"
    gauge = {"entity_id": mella, "observed_at": at(10), "level_m": 1.25}
    still = {"sensor_id": "8141", "station_id": "8141", "quantity_code": "level_m"}
    still |= {"day_on": date(2025, 3, 24), "quality_code": "suspect"}

    found = last_of_days(
        traffic=[detector], bikes=[counter, broken], rivers=[gauge], health=[still]
    )

    told = found.select("entity_id", "property_code", "value", "unit_code", "observed_at")
    assert told.rows() == [
        ("urn:b", "intensity", 40.0, "1", at(0)),
        (mella, "height", 1.25, "m", at(10)),
        ("urn:t", "averageVehicleSpeed", 12.5, "m/s", at(15)),
        ("urn:t", "intensity", 120.0, "1", at(15)),
        ("urn:t", "occupancy", 0.2, "1", at(15)),
    ]
    judged = found.drop_nulls("quality_code").select("entity_id", "quality_code")
    assert judged.rows() == [(mella, "suspect")]


def test_the_hour_before_midnight_utc_is_of_the_next_day_of_solar_time():
    found = last_of_days(air=[no2("1", -61, 1.0), no2("1", -60, 2.0)])

    assert found.select("day_on", "value").rows() == [
        (date(2025, 3, 23), 1.0),
        (date(2025, 3, 24), 2.0),
    ]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("12"),
            st.integers(-2000, 2000),
            st.none() | st.integers(0, 9).map(float),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_latest_is_the_newest_whatever_the_order_and_of_two_at_once_the_greater(
    values: list[Value], random: object
):
    air = [no2(*value) for value in values]
    mixed = list(air)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis does not say what it draws

    found = now(last_of_days(air=air), LIMIT)

    shuffled = last_of_days(air=mixed).sample(fraction=1, shuffle=True, seed=1)
    assert found.equals(now(shuffled, LIMIT))
    for station in "12":
        of_station = [(minute, value) for one, minute, value in values if one == station]
        known = [one for one in of_station if one[1] is not None]
        told = found.filter(pl.col("entity_id") == AIR + station)
        newest = [max(known)] if known else []
        assert told.select("observed_at", "value").rows() == [(at(m), v) for m, v in newest]
    assert (found["staleness_s"] >= 0).all()


def test_every_property_that_is_measured_has_a_limit_with_its_source():
    limits = pl.read_csv(DEFINITIONS / "observation_freshness.csv")

    codes = {one.code for its in by_day._TABLES.values() for one in its.properties}
    assert codes == set(limits["property_code"])
    assert limits["source_name"].is_not_null().all()
