from datetime import timedelta

import polars as pl

from assets.silver.sensor_health import sensor_health
from infra.simulator.city import STUCK_DAYS, City
from infra.simulator.datasets.soil_moisture import DRIFT_PCT_A_DAY, DRIFTING_PROBE, batches
from infra.simulator.datasets.soil_sensors import probes
from tests.promises.town import FIRST_DAY, Town

AIR = "silver/air/air_quality_observed"
LIMITS = pl.read_csv("assets/definitions/sensor_limits.csv", try_parse_dates=True)
SOIL = {
    "sensor_id": pl.String(), "measured_at": pl.Datetime("us", "UTC"), "water_pct": pl.Float64(),
    "validity_code": pl.String(), "window_on": pl.Date(),
}  # fmt: skip
PROBES = {"sensor_id": pl.String(), "station_id": pl.String(), "depth_code": pl.String()}


def no_soil() -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.DataFrame(schema=SOIL), pl.DataFrame(schema=PROBES)


def test_the_sensor_that_stands_still_in_the_simulated_city_is_suspect_and_no_other(
    landed_once: Town,
) -> None:
    air = pl.read_delta(str(landed_once.lake / AIR))
    stuck_on = FIRST_DAY + timedelta(days=STUCK_DAYS[0])

    health = sensor_health(air, *no_soil(), LIMITS)

    suspect = health.filter(pl.col("is_stuck")).select("sensor_id", "day_on").rows()
    assert suspect == [("652:NO2", stuck_on)]


def test_the_probe_that_drifts_in_the_simulated_city_is_suspect_and_no_other() -> None:
    city = City(profile="small", seed=7, start=FIRST_DAY, days=7)
    delivered = pl.concat(
        batch.rows.select("idsensore", "data", "valore", "stato").with_columns(
            window_on=pl.lit(batch.day)
        )
        for batch in batches(city)
    )
    soil = delivered.select(
        sensor_id=pl.col("idsensore").cast(pl.String),
        measured_at=pl.col("data")
        .cast(pl.String)
        .str.to_datetime(strict=False)
        .dt.replace_time_zone("UTC")
        - pl.duration(hours=1),
        water_pct=pl.col("valore").cast(pl.Float64, strict=False),
        validity_code="stato",
        window_on="window_on",
    )
    places = probes(city).select(
        sensor_id=pl.col("IdSensore").cast(pl.String),
        station_id=pl.col("IdStazione").cast(pl.String),
        depth_code=pl.col("Profondità cm").cast(pl.String),
    )
    air = pl.DataFrame(
        schema={
            "station_id": pl.String(), "pollutant_code": pl.String(),
            "observed_at": pl.Datetime("us", "UTC"), "value_ugm3": pl.Float64(),
        }
    )  # fmt: skip

    health = sensor_health(air, soil, places, LIMITS)

    drifting = health.filter(pl.col("is_drifting"))
    assert set(drifting["sensor_id"]) == {places["sensor_id"][DRIFTING_PROBE]}
    assert abs(abs(drifting["drift_a_day_index"][0]) - DRIFT_PCT_A_DAY) < 0.3
