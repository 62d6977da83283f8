from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import pytest

from assets.indicators.rain_extremes import rain_extremes
from assets.indicators.soil_water import soil_water
from assets.indicators.wind import wind
from assets.silver.weather_by_day import weather_by_day
from infra.simulator.city import STORM_DAY, City
from infra.simulator.datasets import rain_maxima, weather
from infra.simulator.days import midnight
from infra.simulator.sky import STORM_MM
from infra.simulator.soil import soil_by_hour
from tests.assets.indicators.defined import COMPLETENESS, defined
from tests.assets.indicators.health_frames import HEALTHY
from tests.assets.indicators.risk_frames import as_bronze
from tests.assets.indicators.test_current_alerts import alerts_of
from tests.assets.indicators.test_drought import NAMES

START = date(2025, 3, 24)
STORM = START + timedelta(days=STORM_DAY)


@dataclass(frozen=True)
class Sky:
    """The simulated weather as the tables of a twin that lost no row."""

    city: City
    observed: pl.DataFrame
    maxima: pl.DataFrame
    days: pl.DataFrame


@pytest.fixture(scope="module", params=[1, 7])
def sky(request: pytest.FixtureRequest) -> Sky:
    city = City("small", 8, request.param, START)
    rows = pl.concat(batch.rows.drop("batteria_v", strict=False) for batch in weather.batches(city))
    at = pl.col("data_ora").str.to_datetime(time_unit="us").dt.offset_by("-1h")
    observed = rows.select(
        station_id="idstazione",
        observed_at=at.dt.replace_time_zone("UTC"),
        rain_mm="pioggia_mm",
        wind_ms="vento_ms",
        gust_ms="raffica_ms",
        dir_deg="direzione_gradi",
        temp_c="temperatura_c",
        rh_pct=pl.when(pl.col("umidita_pct") >= 0).then("umidita_pct"),
    )
    (wide,) = rain_maxima.batches(city)
    maxima = wide.rows.unpivot(
        index=["Codice", "Anno"], variable_name="durata", value_name="altezza"
    )
    days = city.climate.select(pl.col(old).alias(new) for old, new in NAMES.items())
    return Sky(
        city,
        observed,
        as_bronze("arpa_lombardia/rain_maxima", maxima),
        weather_by_day(days.with_columns(station_id=pl.lit("130"))),
    )


@pytest.mark.shows("planted", "gold/weather/daily_rain_extremes")
def test_the_planted_storm_comes_about_once_in_fifty_years_and_the_interval_holds_them(sky):
    rain = rain_extremes(sky.observed, maxima=sky.maxima, health=HEALTHY, completeness=COMPLETENESS)

    three_hours = rain.filter(duration_h=3, day_on=STORM, station_id="130").row(0, named=True)
    assert 25 < three_hours["return_period_year"] < 100
    assert three_hours["return_period_lo_year"] < 50 < three_hours["return_period_hi_year"]
    day = rain.filter(duration_h=24, day_on=STORM, station_id="130").row(0, named=True)
    assert day["depth_mm"] == pytest.approx(STORM_MM, abs=0.5)
    before = rain.filter(pl.col("day_on") < STORM)
    assert before["return_period_year"].max() < 3


@pytest.mark.shows("planted", "gold/risk/current_alerts")
def test_the_planted_storm_is_an_alert_while_it_rains_and_none_the_day_before(sky):
    def level(day: date) -> int:
        evening = midnight(day) + timedelta(hours=18)
        seen = sky.observed.filter(pl.col("observed_at") <= evening)
        alerts = alerts_of(seen, maxima=sky.maxima)
        return int(alerts.filter(measure_code="rain")["alert_level"].max())

    assert level(STORM) >= 2
    assert level(STORM - timedelta(days=1)) == 0


@pytest.mark.shows("planted", "gold/weather/daily_wind_by_station")
def test_the_planted_storm_has_the_hardest_gusts_of_its_week(sky):
    blown = wind(
        sky.observed, force=defined("wind_force"), health=HEALTHY, completeness=COMPLETENESS
    )

    hardest = blown.sort("gust_ms").group_by("station_id").last()
    assert set(hardest["day_on"]) == {STORM}


@pytest.mark.shows("planted", "gold/soil/daily_soil_water_by_station")
def test_the_ground_dries_in_the_dry_days_before_the_planted_storm_and_is_filled_by_it(sky):
    water = soil_water(sky.days, defined("soil_types"), HEALTHY).sort("day_on")

    dry = water.filter(
        pl.col("day_on").is_between(STORM - timedelta(days=3), STORM - timedelta(days=1))
    )
    assert (dry["available_ratio"].diff().drop_nulls() <= 0).all()
    after = water.filter(day_on=STORM)["available_ratio"].item()
    assert after > dry["available_ratio"][-1]
    truth = soil_by_hour(sky.city.climate, sky.city.sky)[:, 0]
    first = int((midnight(STORM) - sky.city.sky.first_at) / timedelta(hours=1))
    assert truth[first - 1] < truth[first - 72]
    assert truth[first + 24] > truth[first - 1]
