from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.current_alerts import current_alerts
from assets.methods.rain_lines import lines_by_station
from assets.silver.river_level_observed import river_level_observed
from assets.twin import DEFINITIONS
from infra.simulator.city import City
from infra.simulator.datasets import rain_maxima, river_levels
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY, suspect
from tests.assets.indicators.risk_frames import as_bronze

RIVER_THRESHOLDS = pl.read_csv(DEFINITIONS / "river_thresholds.csv", try_parse_dates=True).cast(
    {"station_id": pl.String}
)
THRESHOLDS = pl.read_csv(DEFINITIONS / "alert_thresholds.csv", try_parse_dates=True)
NOON = datetime(2025, 7, 2, 12, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
AIR = pl.DataFrame(
    schema={
        "station_id": pl.String,
        "pollutant_code": pl.String,
        "observed_at": INSTANT,
        "value_ugm3": pl.Float64,
    }
)


def maxima() -> pl.DataFrame:
    (batch,) = rain_maxima.batches(City("small", 1, 1, date(2025, 3, 24)))
    wide = batch.rows.unpivot(
        index=["Codice", "Anno"], variable_name="durata", value_name="altezza"
    )
    return as_bronze("arpa_lombardia/rain_maxima", wide)


def weather(
    rain_mm: float = 0.0,
    gust_ms: float = 3.0,
    temp_c: float = 20.0,
    *,
    station: str = "130",
    until: datetime = NOON,
) -> pl.DataFrame:
    """A day of readings that ends at noon; the rain falls evenly in the last hour."""
    at = [until - timedelta(minutes=10 * step) for step in range(144)]
    return pl.DataFrame(
        {
            "station_id": station,
            "observed_at": pl.Series(at, dtype=INSTANT),
            "rain_mm": [rain_mm / 6] * 6 + [0.0] * 138,
            "gust_ms": gust_ms,
            "temp_c": temp_c,
            "rh_pct": 50.0,
            "wind_ms": 1.0,
        }
    )


def air(pollutant: str, *values: float | None) -> pl.DataFrame:
    """Hours up to noon, the newest first."""
    at = [NOON - timedelta(hours=hour) for hour in range(len(values))]
    return pl.DataFrame(
        {
            "station_id": "649",
            "pollutant_code": pollutant,
            "observed_at": pl.Series(at, dtype=INSTANT),
            "value_ugm3": pl.Series(values, dtype=pl.Float64),
        }
    )


RIVERS = pl.DataFrame(
    schema={"station_id": pl.String, "observed_at": INSTANT, "level_m": pl.Float64}
)


def alerts_of(readings: pl.DataFrame, observed: pl.DataFrame = AIR, **others) -> pl.DataFrame:
    tables = {
        "rivers": RIVERS,
        "maxima": maxima(),
        "thresholds": THRESHOLDS,
        "river_thresholds": RIVER_THRESHOLDS,
        "weather_health": HEALTHY,
        "air_health": HEALTHY,
        "river_health": HEALTHY,
        "completeness": COMPLETENESS,
        **others,
    }
    return current_alerts(weather=readings, air=observed, **tables)


def now(measure: str, readings: pl.DataFrame, observed: pl.DataFrame = AIR, **others) -> dict:
    alerts = alerts_of(readings, observed, **others)
    return alerts.filter(measure_code=measure).row(0, named=True)


def river(station: str, *levels: float | None, until: datetime = NOON) -> pl.DataFrame:
    """Ten-minute levels up to then, the newest first."""
    at = [until - timedelta(minutes=10 * step) for step in range(len(levels))]
    return pl.DataFrame(
        {
            "station_id": station,
            "observed_at": pl.Series(at, dtype=INSTANT),
            "level_m": pl.Series(levels, dtype=pl.Float64),
        }
    )


@pytest.mark.parametrize(("years", "level"), [(1.5, 0), (2, 1), (10, 2), (50, 3), (100, 3)])
def test_a_planted_storm_is_recognised_with_its_return_period(years, level):
    line, _ = lines_by_station(maxima())["130"]
    storm = weather(rain_mm=float(line.depth_mm(1, years * 1.001)))

    rain = now("rain", storm)

    assert 1 / rain["yearly_chance_ratio"] == pytest.approx(years, rel=0.01)
    assert rain["alert_level"] == level


def test_a_station_without_a_line_of_its_own_is_held_to_the_longest():
    line, _ = lines_by_station(maxima())["130"]
    storm = weather(rain_mm=float(line.depth_mm(1, 60)), station="653")

    assert now("rain", storm)["alert_level"] == 3


# Beaufort: a gale from 17.2 m/s, a strong gale from 20.8, a storm from 24.5.
@pytest.mark.shows("published", "gold/risk/current_alerts", source="Beaufort scale (WMO)")
@pytest.mark.parametrize(("gust", "level"), [(17.1, 0), (17.2, 1), (20.8, 2), (24.5, 3)])
def test_gusts_are_told_apart_by_the_beaufort_scale(gust, level):
    assert now("gust", weather(gust_ms=gust))["alert_level"] == level


# Directive 2008/50/EC, Annex XII: ozone informs above 180 and alerts above 240 µg/m³.
@pytest.mark.shows(
    "published", "gold/risk/current_alerts", source="Directive 2008/50/EC, annex XII"
)
@pytest.mark.parametrize(("ozone", "level"), [(180.0, 0), (180.1, 2), (240.1, 3)])
def test_ozone_is_above_its_threshold_when_it_exceeds_it(ozone, level):
    assert now("O3", weather(), air("O3", ozone, 10.0))["alert_level"] == level


def test_fine_dust_is_that_of_24_hours_and_needs_18_of_them():
    enough = now("PM10", weather(), air("PM10", *[60.0] * 18, *[None] * 6))
    too_few = now("PM10", weather(), air("PM10", *[60.0] * 17, *[None] * 7))

    assert (enough["alert_level"], enough["quality_code"]) == (1, "partial")
    assert (too_few["alert_level"], too_few["quality_code"]) == (None, "no_data")


def test_a_station_that_stopped_is_as_old_as_the_citys_newest_observation_says():
    stopped = weather(station="653", until=NOON - timedelta(minutes=70))

    alerts = alerts_of(pl.concat([weather(), stopped]))

    ages = alerts.filter(measure_code="gust").select("station_id", "staleness_min", "is_stale")
    assert ages.rows() == [("130", 0, False), ("653", 70, True)]


# Invented thresholds of two invented gauges: 1.6, 2.2 and 3 m; 1, 1.5 and 2.2 m.
@pytest.mark.parametrize(
    ("gauge", "metres", "level"),
    [("8141", 1.59, 0), ("8141", 1.6, 1), ("8141", 2.2, 2), ("8141", 3.0, 3), ("8220", 1.6, 2)],
)
def test_a_river_is_held_to_the_thresholds_of_its_own_gauge_and_they_are_unverified(
    gauge, metres, level
):
    told = now("river_level", weather(), rivers=river(gauge, metres, 9.0))

    assert (told["alert_level"], told["level_m"], told["hazard_code"]) == (level, metres, "river")
    assert told["quality_code"] == "unverified"


def test_a_gauge_that_stopped_is_stale_and_one_without_thresholds_is_left_out():
    stopped = river("8141", 2.5, until=NOON - timedelta(minutes=70))

    alerts = alerts_of(weather(), rivers=pl.concat([stopped, river("9999", 5.0)]))

    told = alerts.filter(measure_code="river_level")
    assert told.select("station_id", "staleness_min", "is_stale").rows() == [("8141", 70, True)]


def test_the_planted_rise_of_the_rivers_after_the_storm_is_an_orange_alert_and_was_none_before():
    city = City("small", 6, 7, date(2025, 3, 24))
    delivered = pl.concat(
        as_bronze("arpa_lombardia/river_levels", batch.rows).with_columns(
            window_on=pl.lit(batch.day)
        )
        for batch in river_levels.batches(city)
    ).with_columns(level_m=pl.when(pl.col("level_m") >= 0).then(pl.col("level_m") / 100))
    readings = river_level_observed(delivered)
    levels = {}
    for one in river_levels.planted(city):
        own = readings.filter(pl.col("station_id") == one["station_id"])
        crest = own.sort("level_m", nulls_last=False).row(-1, named=True)
        before = own.filter(pl.col("observed_at") < datetime.fromisoformat(f"{one['day']}T12:00Z"))
        levels[one["river_name"]] = [
            now("river_level", weather(until=at), rivers=own.filter(pl.col("observed_at") <= at))[
                "alert_level"
            ]
            for at in (before["observed_at"].max(), crest["observed_at"])
        ]
        assert crest["level_m"] == pytest.approx(one["highest_m"], abs=0.02)

    assert levels == {"Mella": [0, 2], "Garza": [0, 2]}


def test_a_state_is_unverified_where_its_threshold_is_a_choice_and_not_where_it_is_law():
    alerts = alerts_of(weather(), air("O3", 10.0))

    told = dict(alerts.select("measure_code", "quality_code").rows())
    assert told == {"rain": "unverified", "gust": "unverified", "utci": "modelled", "O3": "ok"}


def test_a_suspect_sensor_makes_its_own_state_suspect_and_no_other():
    health = suspect("649", "O3", date(2025, 7, 1), NOON.date())
    observed = pl.concat([air("O3", 10.0), air("NO2", 10.0)])

    alerts = alerts_of(weather(), observed, air_health=health)

    told = dict(alerts.filter(station_id="649").select("measure_code", "quality_code").rows())
    assert told == {"O3": "suspect", "NO2": "ok"}


def test_a_suspect_gauge_is_told_once_its_thresholds_are_no_assumption():
    verified = RIVER_THRESHOLDS.with_columns(is_verified=pl.lit(value=True))
    levels = pl.concat([river("8141", 1.0), river("8220", 0.3)])
    health = suspect("8141", "level_m", NOON.date())

    alerts = alerts_of(weather(), rivers=levels, river_thresholds=verified, river_health=health)

    told = dict(
        alerts.filter(measure_code="river_level").select("station_id", "quality_code").rows()
    )
    assert told == {"8141": "suspect", "8220": "ok"}


def test_without_thresholds_or_observations_there_are_no_alerts():
    nothing = alerts_of(weather().clear())
    unknown = alerts_of(
        weather(), thresholds=THRESHOLDS.clear(), river_thresholds=RIVER_THRESHOLDS.clear()
    )

    assert (nothing.height, unknown.height) == (0, 0)
    assert nothing.schema == unknown.schema == alerts_of(weather()).schema


@pytest.mark.shows("property", "gold/risk/current_alerts")
@settings(max_examples=10)
@given(less=st.floats(0, 60), more=st.floats(0, 60))
def test_more_rain_never_lowers_the_alert(less, more):
    light, heavy = sorted([less, more])

    assert now("rain", weather(light))["alert_level"] <= now("rain", weather(heavy))["alert_level"]
