from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.indicators.drought import drought
from assets.indicators.soil_water import soil_water
from assets.silver.weather_by_day import weather_by_day
from infra.simulator.city import City
from infra.simulator.climate import HISTORIC_STORM_MM, YEARS_BEFORE
from tests.assets.indicators.defined import COMPLETENESS, defined
from tests.assets.indicators.health_frames import HEALTHY, suspect
from tests.assets.methods.test_standardised_index import JANUARIES, PUBLISHED

BANDS = defined("drought_bands")
SOILS = defined("soil_types")
START = date(2025, 3, 24)
NAMES = {
    "on": "measured_on", "tmin_c": "temp_min_c", "tmax_c": "temp_max_c", "tmean_c": "temp_mean_c",
    "rhmin_pct": "rh_min_pct", "rhmax_pct": "rh_max_pct", "wind_ms": "wind_ms",
    "rad_mj": "rad_mjm2", "rain_mm": "rain_mm",
}  # fmt: skip


def weather(years: int = 12) -> pl.DataFrame:
    random = np.random.default_rng(2)
    count = years * 365
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range(count)]
    rain = np.where(random.random(count) < 0.3, random.gamma(0.9, 9.0, count), 0.0)
    return pl.DataFrame(
        {
            "station_id": "130", "day_on": days, "rain_mm": rain, "reference_mm": 3.1,
        }
    )  # fmt: skip


def without_rain(days: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    dry = pl.col("day_on").is_between(first, last)
    return days.with_columns(rain_mm=pl.when(dry).then(0.0).otherwise("rain_mm"))


def test_a_spring_with_hardly_any_rain_is_an_extreme_drought():
    days = weather()
    spring = pl.col("day_on").is_between(date(2009, 3, 1), date(2009, 5, 31))
    dry = days.with_columns(
        rain_mm=pl.when(spring).then(pl.col("rain_mm") / 20).otherwise("rain_mm")
    )

    before, after = (
        drought(one, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS) for one in (days, dry)
    )

    may = after.filter(pl.col("month_on") == date(2009, 5, 1)).row(0, named=True)
    assert may["spi3_index"] < -2
    assert may["drought_level"] == 4
    assert may["spei3_index"] < -1
    assert before["spi3_index"].drop_nulls().mean() == pytest.approx(0, abs=0.05)


def test_a_month_with_missing_days_has_no_index_and_neither_have_sums_that_reach_into_it():
    days = weather().filter(~pl.col("day_on").is_between(date(2005, 7, 1), date(2005, 7, 20)))

    months = drought(days, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS).filter(
        pl.col("month_on").dt.year() == 2005
    )

    missing = months.filter(pl.col("spi3_index").is_null())["month_on"].dt.month().to_list()
    assert missing == [7, 8, 9]
    july = months.filter(pl.col("month_on").dt.month() == 7).row(0, named=True)
    assert (july["quality_code"], july["observations_count"]) == ("no_data", 11)
    assert july["spi1_index"] is None


def test_a_record_that_begins_in_autumn_compares_the_same_calendar_months():
    days = weather()
    later = days.filter(pl.col("day_on") >= date(2000, 10, 1))

    whole, part = (
        drought(one, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS)
        for one in (days, later)
    )

    both = whole.join(part, on="month_on", suffix="_part").drop_nulls(
        ["spi1_index", "spi1_index_part"]
    )
    october = both.filter(pl.col("month_on").dt.month() == 10)
    assert october["spi1_index"].to_list() == october["spi1_index_part"].to_list()


def test_the_order_of_rows_changes_nothing():
    days = weather()

    assert drought(
        days.sample(fraction=1, shuffle=True, seed=1),
        bands=BANDS,
        health=HEALTHY,
        completeness=COMPLETENESS,
    ).equals(drought(days, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS))


def test_soil_dries_without_rain_and_a_storm_fills_it():
    days = without_rain(weather(2), date(2001, 7, 1), date(2001, 9, 30))
    wet = days.with_columns(
        rain_mm=pl.when(pl.col("day_on") == date(2001, 9, 15)).then(200.0).otherwise("rain_mm")
    )

    dry, filled = (soil_water(one, SOILS, HEALTHY) for one in (days, wet))

    summer = dry.filter(pl.col("day_on").is_between(date(2001, 7, 2), date(2001, 9, 30)))
    assert (summer["available_ratio"].diff().drop_nulls() <= 0).all()
    assert summer["available_ratio"][-1] < 0.1
    after = filled.filter(pl.col("day_on") == date(2001, 9, 15)).row(0, named=True)
    assert after["available_ratio"] > 0.95
    assert after["depletion_mm"] == pytest.approx(after["evapotranspiration_mm"], abs=0.01)


def test_a_day_that_was_not_measured_lowers_completeness_for_a_month():
    days = weather(1).filter(pl.col("day_on") != date(2000, 6, 10))

    water = soil_water(days, SOILS, HEALTHY)

    by_day = dict(water.select("day_on", "observations_count").iter_rows())
    assert by_day[date(2000, 6, 9)] == 30
    assert by_day[date(2000, 6, 10)] == 29
    assert by_day[date(2000, 7, 10)] == 30


def test_a_day_of_a_suspect_sensor_is_no_measured_day_of_the_ground():
    day = date(2000, 6, 10)
    both = pl.concat([suspect("130", code, day) for code in ("temp_c", "rh_pct")])

    water = soil_water(weather(1), SOILS, pl.concat([both, suspect("999", "temp_c", day)]))

    by_day = dict(water.select("day_on", "completeness_ratio").iter_rows())
    assert by_day[day] == pytest.approx(29 / 30)
    assert by_day[day - timedelta(days=1)] == by_day[day + timedelta(days=30)] == 1.0


def test_a_suspect_sensor_makes_its_month_suspect_and_the_two_whose_sums_reach_into_it():
    months = drought(
        weather(),
        bands=BANDS,
        health=suspect("130", "temp_c", date(2005, 7, 9)),
        completeness=COMPLETENESS,
    )

    bad = months.filter(quality_code="suspect")["month_on"].to_list()
    assert bad == [date(2005, month, 1) for month in (7, 8, 9)]


@pytest.fixture(scope="module")
def climate() -> pl.DataFrame:
    city = City(profile="small", seed=5, start=START, days=3)
    days = city.climate.select(pl.col(old).alias(new) for old, new in NAMES.items())
    return weather_by_day(days.with_columns(station_id=pl.lit("130")))


@pytest.mark.shows("planted", "gold/soil/monthly_drought_by_station")
def test_the_month_of_the_greatest_storm_of_the_simulated_history_was_wet(climate):
    months = drought(climate, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS)

    september = months.filter(pl.col("month_on").dt.month() == 9)
    assert september.height == YEARS_BEFORE
    stormy = september.filter(pl.col("month_on") == date(START.year - 11, 9, 1)).row(0, named=True)
    assert stormy["rain_mm"] >= HISTORIC_STORM_MM
    assert stormy["spi1_index"] > 0.5


def test_brescia_evaporates_about_a_thousand_millimetres_a_year(climate):
    years = (
        drought(climate, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS)
        .group_by(pl.col("month_on").dt.year())
        .agg(pl.col("evapotranspiration_mm").sum(), pl.col("rain_mm").sum(), pl.len())
        .filter(pl.col("len") == 12)
    )

    assert years["evapotranspiration_mm"].mean() == pytest.approx(1000, rel=0.2)
    # The climate the city was simulated with: 890 mm a year (1981-2010).
    assert years["rain_mm"].mean() == pytest.approx(890, rel=0.1)


@pytest.mark.shows(
    "published",
    "gold/soil/monthly_drought_by_station",
    source="climate_indices (BSD-3), SPI of 123 Januaries",
)
def test_januaries_of_a_century_are_told_as_dry_as_published():
    days = pl.DataFrame(
        [
            ("130", date(1895 + year, 1, day), rain / 31, 1.0)
            for year, rain in enumerate(JANUARIES)
            for day in range(1, 32)
        ],
        schema=["station_id", "day_on", "rain_mm", "reference_mm"],
        orient="row",
    )

    months = drought(days, bands=BANDS, health=HEALTHY, completeness=COMPLETENESS)

    told = months.filter(pl.col("month_on").dt.month() == 1)["spi1_index"]
    assert told.len() == len(JANUARIES)
    for year, published in PUBLISHED.items():
        assert told[year] == pytest.approx(published, abs=2e-3)


def test_the_usual_soil_and_its_bounds_are_those_of_the_newest_edition():
    newer = SOILS.with_columns(
        definition_code=pl.lit("plain"),
        valid_from_on=pl.lit(date(2026, 1, 1)),
        taken_code=pl.col("soil_code").replace_strict(
            {"sabbia": "usual", "argilla": "bound"}, default=None, return_dtype=pl.String
        ),
    )
    days = weather(1)

    sand = soil_water(days, pl.concat([SOILS, newer]), HEALTHY)
    two = newer.with_columns(taken_code=pl.lit("usual"))
    clay = soil_water(
        days, newer.filter(soil_code="argilla").with_columns(taken_code=pl.lit("usual")), HEALTHY
    )

    assert set(sand["definition_from_on"]) == {date(2026, 1, 1)}
    assert sand["available_hi_ratio"].to_list() == pytest.approx(
        [max(pair) for pair in zip(sand["available_ratio"], clay["available_ratio"], strict=True)]
    )
    assert sand["depletion_mm"].max() <= 1000 * 0.75 * (0.12 - 0.045)
    unknown = newer.with_columns(root_m=pl.lit(None, pl.Float64))
    assert soil_water(days, two, HEALTHY).is_empty()
    assert soil_water(days, unknown, HEALTHY).is_empty()


# FAO-56, example 37: tomatoes (Kc 1.2) on silt, of which 55 mm are gone, and ten days of 5 mm.
@pytest.mark.shows(
    "published",
    "gold/soil/daily_soil_water_by_station",
    source="FAO-56, example 37: ten days without rain on a silty soil",
)
def test_ten_days_without_rain_leave_tomatoes_what_fao_56_says():
    silt = SOILS.with_columns(
        field_capacity_ratio=pl.lit(0.32),
        wilting_point_ratio=pl.lit(0.12),
        root_m=pl.lit(0.8),
        depletion_ratio=pl.lit(0.4),
        crop_ratio=pl.lit(1.2),
    )
    days = pl.DataFrame(
        {
            "station_id": "130",
            "day_on": [date(2000, 6, 1) + timedelta(days=n) for n in range(11)],
            "rain_mm": 0.0,
            "reference_mm": [55 / 1.2] + [5.0] * 10,
        }
    )

    water = soil_water(days, silt, HEALTHY)

    published = [55.0, 61.0, 67.0, 72.8, 78.3, 83.4, 88.2, 92.6, 96.9, 100.8, 104.5]
    assert water["depletion_mm"].to_list() == pytest.approx(published, abs=0.1)
    used = [6.0, 6.0, 5.8, 5.4, 5.1, 4.8, 4.5, 4.2, 3.9, 3.7]
    assert water["evapotranspiration_mm"].to_list()[1:] == pytest.approx(used, abs=0.05)
    assert water["available_ratio"].to_list() == pytest.approx(
        [1 - depletion / 160 for depletion in published], abs=1e-3
    )
