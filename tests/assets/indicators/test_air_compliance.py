from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.air_compliance import air_compliance, declaration
from assets.measured import check_trust
from assets.silver.air_sensor_health import air_sensor_health
from assets.twin import DEFINITIONS
from infra.simulator.city import STUCK_DAYS, City
from infra.simulator.datasets import air_quality
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.health_frames import HEALTHY

LIMITS = pl.read_csv(DEFINITIONS / "air_quality_limits.csv", try_parse_dates=True)
SENSOR_LIMITS = pl.read_csv(DEFINITIONS / "sensor_limits.csv", try_parse_dates=True)
# The year 2025 of solar time begins here.
NEW_YEAR = datetime(2024, 12, 31, 23, tzinfo=UTC)
PM10_DAY = "pm10_day_mean_2008_50"


def observed(pollutant: str, values: list[float | None]) -> pl.DataFrame:
    """Hours from the beginning of 2025 on."""
    at = [NEW_YEAR + timedelta(hours=hour) for hour in range(len(values))]
    return pl.DataFrame(
        {
            "station_id": "s",
            "station_name": "Villaggio",
            "pollutant_code": pollutant,
            "observed_at": pl.Series(at, dtype=pl.Datetime("us", "UTC")),
            "value_ugm3": pl.Series(values, dtype=pl.Float64),
        }
    )


def days(pollutant: str, *levels: float, clean: float = 10.0, count: int = 365) -> pl.DataFrame:
    """A year of so many days, the first of which have these levels all day long."""
    by_day = [*levels, *[clean] * (count - len(levels))]
    return observed(pollutant, [level for level in by_day for _ in range(24)])


def judged(rule: str, air: pl.DataFrame) -> dict:
    return (
        air_compliance(air, LIMITS, HEALTHY, COMPLETENESS).filter(rule_code=rule).row(0, named=True)
    )


@pytest.mark.parametrize(
    ("pollutant", "rule", "allowed", "above"),
    [
        ("PM10", PM10_DAY, 35, 50.1),
        ("SO2", "so2_day_mean_2008_50", 3, 125.1),
        ("O3", "o3_max_8h_mean_2008_50", 25, 120.1),
        ("PM10", "pm10_day_mean_2024_2881", 18, 45.1),
    ],
)
def test_a_rule_is_broken_by_one_exceedance_more_than_it_allows(pollutant, rule, allowed, above):
    kept = judged(rule, days(pollutant, *[above] * allowed))
    broken = judged(rule, days(pollutant, *[above] * (allowed + 1)))

    assert (kept["exceedances_count"], kept["is_broken"]) == (allowed, False)
    assert (broken["exceedances_count"], broken["is_broken"]) == (allowed + 1, True)


# EEA, "90.4 percentile of PM10 daily concentrations": it is the 36th highest of a whole year.
@pytest.mark.shows(
    "published",
    "gold/air/yearly_compliance_by_station",
    source="EEA, 90.4 percentile of daily PM10",
)
def test_the_statistic_of_dust_is_the_36th_highest_day_the_published_90_4_percentile():
    levels = np.random.default_rng(1).permutation(np.linspace(1, 90, 365)).round(2)

    result = judged(PM10_DAY, days("PM10", *levels))

    assert result["statistic_ugm3"] == pytest.approx(np.sort(levels)[::-1][35])
    assert result["statistic_ugm3"] == pytest.approx(np.percentile(levels, 90.4), abs=0.02)


def test_a_single_hour_breaks_no_rule_on_a_year():
    air = pl.concat([observed("NO2", [900.0]), observed("PM10", [900.0]), observed("O3", [900.0])])

    result = air_compliance(air, LIMITS, HEALTHY, COMPLETENESS)

    assert result["is_broken"].to_list() == [None] * result.height
    hour = result.filter(rule_code="no2_hour_mean_2008_50").row(0, named=True)
    assert (hour["exceedances_count"], hour["statistic_ugm3"]) == (1, None)
    assert set(result["quality_code"]) == {"partial", "unverified"}
    assert hour["completeness_ratio"] == pytest.approx(1 / (365 * 24))


def test_a_year_that_is_not_over_is_judged_only_where_it_has_used_up_its_exceedances():
    spring = 100
    few = judged(PM10_DAY, days("PM10", *[60.0] * 35, count=spring))
    many = judged(PM10_DAY, days("PM10", *[60.0] * 36, count=spring))
    mean = judged("pm10_year_mean_2008_50", days("PM10", *[90.0] * spring, count=spring))

    assert (few["is_broken"], few["quality_code"]) == (None, "partial")
    assert (many["is_broken"], many["quality_code"]) == (True, "partial")
    # What is measured is said as it is, not stretched to a year.
    assert (mean["is_broken"], mean["statistic_ugm3"]) == (None, 90.0)
    assert mean["completeness_ratio"] == pytest.approx(spring / 365)


def test_a_year_with_too_few_measurements_is_not_said_to_keep_the_rule():
    gaps = [10.0 if day % 5 else None for day in range(365) for _ in range(24)]

    result = judged(PM10_DAY, observed("PM10", gaps))

    assert (result["completeness_ratio"], result["is_broken"]) == (pytest.approx(0.8), None)


def test_a_station_that_stopped_before_the_end_of_a_year_that_is_over_is_judged():
    stopped = days("PM10", count=360)
    other = days("PM10", count=365).with_columns(station_id=pl.lit("t"))

    result = air_compliance(pl.concat([stopped, other]), LIMITS, HEALTHY, COMPLETENESS)

    assert result.filter(rule_code=PM10_DAY)["is_broken"].to_list() == [False, False]
    assert judged(PM10_DAY, stopped)["is_broken"] is None


def test_rules_to_come_stand_beside_those_in_force_and_are_unverified():
    result = air_compliance(days("NO2", count=365), LIMITS, HEALTHY, COMPLETENESS)

    told = result.filter(pl.col("rule_code").str.starts_with("no2_year"))
    assert told.select("rule_code", "is_in_force", "quality_code").rows() == [
        ("no2_year_mean_2008_50", True, "ok"),
        ("no2_year_mean_2024_2881", False, "unverified"),
    ]


@pytest.mark.shows("property", "gold/air/yearly_compliance_by_station")
@settings(max_examples=10, deadline=None)
@given(
    levels=st.lists(st.floats(0, 100), min_size=1, max_size=40),
    seed=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing_and_worse_days_only_more_exceedances(levels, seed):
    air = days("PM10", *levels, count=len(levels))
    shuffled = air.sample(fraction=1.0, shuffle=True, seed=seed.randint(0, 999))
    worse = air.with_columns(pl.col("value_ugm3") + 5)

    result = air_compliance(air, LIMITS, HEALTHY, COMPLETENESS)

    assert result.equals(air_compliance(shuffled, LIMITS, HEALTHY, COMPLETENESS))
    more = air_compliance(worse, LIMITS, HEALTHY, COMPLETENESS)["exceedances_count"]
    assert (result["exceedances_count"] <= more).all()


def test_nothing_observed_gives_an_empty_table_of_the_same_columns():
    air = days("PM10", count=2)

    some, nothing = (
        air_compliance(one, LIMITS, HEALTHY, COMPLETENESS) for one in (air, air.clear())
    )

    assert nothing.is_empty()
    assert nothing.schema == some.schema


@pytest.mark.shows("planted", "gold/air/yearly_compliance_by_station")
def test_the_planted_stuck_sensor_makes_the_rules_of_its_pollutant_suspect_and_no_others():
    city = City("small", 5, 7, date(2025, 3, 24))
    rows = pl.concat(batch.rows for batch in air_quality.batches(city))
    at = pl.col("data").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3f").dt.replace_time_zone("UTC")
    air = rows.select(
        station_id="idstazione",
        station_name="nomestazione",
        pollutant_code="nometiposensore",
        observed_at=at.dt.offset_by("-1h"),
        value_ugm3=pl.when(pl.col("stato") == "VA").then(pl.col("valore").cast(pl.Float64)),
    )
    health = air_sensor_health(air, SENSOR_LIMITS)

    result = air_compliance(air, LIMITS.with_columns(is_verified=True), health, COMPLETENESS)

    check_trust("compliance", result, declaration.measured)
    suspect = result.filter(pl.col("quality_code") == "suspect")
    assert set(suspect.select("station_id", "pollutant_code").rows()) == {("652", "NO2")}
    others = result.filter((pl.col("station_id") == "652") & (pl.col("pollutant_code") == "NO2"))
    assert set(others["quality_code"]) == {"suspect"}
    stuck_on = {city.start + timedelta(days=offset) for offset in STUCK_DAYS}
    bad = health.filter(pl.col("quality_code") == "suspect")
    assert stuck_on <= set(bad["day_on"])
