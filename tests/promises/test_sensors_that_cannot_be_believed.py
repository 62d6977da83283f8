from datetime import timedelta

import polars as pl

from assets.silver.air_sensor_health import air_sensor_health
from assets.silver.river_sensor_health import river_sensor_health
from assets.silver.soil_sensor_health import soil_sensor_health
from assets.silver.weather_sensor_health import weather_sensor_health
from infra.simulator.city import STORM_DAY, STUCK_DAYS, City
from infra.simulator.datasets import river_levels, weather
from infra.simulator.datasets.soil_moisture import DRIFT_PCT_A_DAY, DRIFTING_PROBE, batches
from infra.simulator.datasets.soil_sensors import probes
from infra.simulator.spoil import clean_rows
from tests.promises.town import FIRST_DAY, Town

AIR = "silver/air/air_quality_observed"
LIMITS = pl.read_csv("assets/definitions/sensor_limits.csv", try_parse_dates=True)


def test_the_sensor_that_stands_still_in_the_simulated_city_is_suspect_and_no_other(
    landed_once: Town,
) -> None:
    air = pl.read_delta(str(landed_once.lake / AIR))
    stuck_on = FIRST_DAY + timedelta(days=STUCK_DAYS[0])

    health = air_sensor_health(air, LIMITS)

    suspect = health.filter(pl.col("is_stuck")).select("sensor_id", "day_on").rows()
    assert suspect == [("652:NO2", stuck_on)]


def simulated_soil(city: City) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the city's probes measured, bad rows left out, and the list of the probes."""
    delivered = pl.concat(
        batch.rows.select("idsensore", "data", "valore", "stato").with_columns(
            window_on=pl.lit(batch.day)
        )
        for batch in batches(city)
    )
    at = pl.col("data").str.to_datetime(strict=False).dt.replace_time_zone("UTC")
    soil = delivered.select(
        sensor_id="idsensore",
        measured_at=at - pl.duration(hours=1),
        water_pct=pl.col("valore").cast(pl.Float64, strict=False),
        validity_code="stato",
        window_on="window_on",
    )
    places = probes(city).select(
        sensor_id="IdSensore",
        station_id="IdStazione",
        station_name="NomeStazione",
        depth_code=pl.col("Profondità cm").cast(pl.String),
    )
    return soil, places


def test_the_probe_that_drifts_in_the_simulated_city_is_suspect_and_no_other() -> None:
    soil, places = simulated_soil(City(profile="small", seed=7, start=FIRST_DAY, days=7))

    health = soil_sensor_health(soil, places, LIMITS)

    drifting = health.filter(pl.col("is_drifting"))
    assert set(drifting["sensor_id"]) == {places["sensor_id"][DRIFTING_PROBE]}
    assert abs(abs(drifting["drift_a_day_index"][0]) - DRIFT_PCT_A_DAY) < 0.3


def test_a_day_says_the_same_whichever_days_are_computed_with_it() -> None:
    soil, places = simulated_soil(City(profile="small", seed=7, start=FIRST_DAY, days=12))
    last = FIRST_DAY + timedelta(days=10)
    week = soil.filter(pl.col("measured_at").dt.date().is_between(last - timedelta(days=7), last))

    at_once, alone = (
        soil_sensor_health(one, places, LIMITS).filter(pl.col("day_on") == last)
        for one in (soil, week)
    )

    assert at_once.equals(alone)


def test_no_sensor_of_the_simulated_weather_is_suspect() -> None:
    city = City(profile="small", seed=7, start=FIRST_DAY, days=8)
    rows = pl.concat(batch.rows.drop("batteria_v", strict=False) for batch in weather.batches(city))
    at = pl.col("data_ora").str.to_datetime().dt.replace_time_zone("UTC")
    measured = {
        "rain_mm": "pioggia_mm", "wind_ms": "vento_ms", "gust_ms": "raffica_ms",
        "temp_c": "temperatura_c", "rh_pct": "umidita_pct",
    }  # fmt: skip
    observed = rows.select(
        station_id="idstazione",
        observed_at=(at - pl.duration(hours=1)).cast(pl.Datetime("us", "UTC")),
        **{
            name: pl.when(pl.col(own) > -999).then(pl.col(own).round(1))
            for name, own in measured.items()
        },
    )
    still = observed.with_columns(temp_c=pl.lit(12.3))

    health = weather_sensor_health(observed, LIMITS)

    assert set(health["quantity_code"]) == set(measured)
    assert set(health["quality_code"]) == {"ok"}
    bad = weather_sensor_health(still, LIMITS).filter(pl.col("quality_code") == "suspect")
    assert set(bad["quantity_code"]) == {"temp_c"}


def test_the_simulated_rivers_are_believed_through_dry_days_and_a_flood_and_a_still_one_is_not():
    city = City(profile="small", seed=7, start=FIRST_DAY, days=STORM_DAY + 3)
    rows = pl.concat(clean_rows(batch.rows, batch.spoiled) for batch in river_levels.batches(city))
    solar = pl.col("data_ora").str.to_datetime(time_zone="UTC")
    levels = rows.select(
        station_id="idstazione",
        observed_at=(solar - pl.duration(hours=1)).cast(pl.Datetime("us", "UTC")),
        level_m=pl.when(pl.col("livello_cm") > -999).then(pl.col("livello_cm") / 100),
    )
    still = levels.with_columns(level_m=pl.lit(0.42))

    health = river_sensor_health(levels, LIMITS)

    assert city.planted_day(STORM_DAY) is not None
    assert set(health["quality_code"]) == {"ok"}
    bad = river_sensor_health(still, LIMITS).filter(pl.col("quality_code") == "suspect")
    assert bad["day_on"].min() == city.start + timedelta(days=5)
