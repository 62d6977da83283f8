from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.soil_moisture import soil_moisture
from assets.silver.soil_sensor_health import soil_sensor_health
from infra.simulator.city import City
from infra.simulator.datasets.soil_moisture import DRIFTING_PROBE
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY
from tests.promises.test_sensors_that_cannot_be_believed import LIMITS, simulated_soil

# 23:00 UTC: where a day of solar time begins.
MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)
PROBES = pl.DataFrame(
    {"sensor_id": ["p"], "station_id": ["s"], "station_name": ["Prova"], "depth_code": ["10"]}
)


def soil(*values: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sensor_id": "p",
            "measured_at": pl.Series(
                [MIDNIGHT + timedelta(hours=hour) for hour in range(len(values))],
                dtype=pl.Datetime("us", "UTC"),
            ),
            "water_pct": pl.Series(values, dtype=pl.Float64),
            "validity_code": "VA",
            "window_on": date(2025, 3, 24),
        }
    )


def test_a_day_is_the_mean_of_its_hours_of_solar_time():
    row = soil_moisture(
        soil(*[20.0] * 12, *[30.0] * 12), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["day_on"], row["water_pct"], row["quality_code"]) == (date(2025, 3, 24), 25.0, "ok")


@pytest.mark.parametrize(("hours", "told"), [(18, (20.0, "partial")), (17, (None, "no_data"))])
def test_a_day_needs_three_quarters_of_its_hours(hours, told):
    row = soil_moisture(
        soil(*[20.0] * hours), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["water_pct"], row["quality_code"]) == told


@pytest.mark.shows("property", "gold/soil/daily_soil_moisture_by_probe")
@settings(max_examples=10, deadline=None)
@given(values=st.lists(st.floats(0, 60), min_size=24, max_size=24))
def test_the_mean_lies_among_the_hours_whatever_their_order(values):
    mean = soil_moisture(soil(*values), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS)[
        "water_pct"
    ][0]

    assert min(values) - 1e-3 <= mean <= max(values) + 1e-3
    assert (
        soil_moisture(
            soil(*sorted(values)), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS
        )["water_pct"][0]
        == mean
    )


@pytest.mark.shows("planted", "gold/soil/daily_soil_moisture_by_probe")
def test_the_planted_drifting_probe_makes_its_own_days_suspect_and_no_others():
    city = City(profile="small", seed=7, start=date(2025, 3, 24), days=7)
    measured, probes = simulated_soil(city)

    days = soil_moisture(
        measured,
        probes=probes,
        health=soil_sensor_health(measured, probes, LIMITS),
        completeness=COMPLETENESS,
    )

    suspect = days.filter(pl.col("quality_code") == "suspect")
    assert set(suspect["sensor_id"]) == {probes["sensor_id"][DRIFTING_PROBE]}
    assert suspect.height >= 2
    assert days.filter(pl.col("quality_code") != "suspect")["water_pct"].is_not_null().all()


def test_no_measurements_give_an_empty_table_of_the_same_columns():
    some = soil_moisture(
        soil(*[20.0] * 24), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS
    )

    nothing = soil_moisture(
        soil(20.0).clear(), probes=PROBES, health=HEALTHY, completeness=COMPLETENESS
    )

    assert (nothing.height, nothing.schema) == (0, some.schema)
