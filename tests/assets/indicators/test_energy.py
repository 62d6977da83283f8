from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.degree_days import degree_days
from assets.indicators.heat_signature import heat_signature
from assets.indicators.load_shape import load_shape
from assets.measured import check_trust
from infra.simulator.city import City
from infra.simulator.datasets import heat_readings
from tests.assets.indicators.defined import COMPLETENESS, defined
from tests.assets.indicators.health_frames import HEALTHY, suspect

RULES = defined("degree_day_rules")
CARRIERS = defined("energy_carriers")
LOAD_RULES = defined("load_rules")
FIRST = date(2024, 7, 1)
SQUARE = shapely.to_wkb(shapely.box(10.2, 45.5, 10.2 + 1 / 77.97, 45.5 + 1 / 111.132))
QUARTERS = pl.DataFrame(
    {"quarter_id": ["QA", "QB"], "zone_name": ["Nord", "Nord"], "border_geom": [SQUARE, SQUARE]}
)
SECTIONS = pl.DataFrame({"section_id": ["1", "2"], "quarter_id": ["QA", "QB"]})
BUILDINGS = pl.DataFrame({"section_id": ["1", "2"], "floor_m2": [1000.0, 500.0]})
DAYS = pl.date_range(FIRST, FIRST + timedelta(days=364), eager=True)
MEAN_C = np.round(12.5 + 10.5 * np.cos(2 * np.pi * (np.arange(365) - 20) / 365), 3)


def consumed(amount: str, values: np.ndarray, *, quarter: str | None = "QA") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "consumed_on": DAYS[: len(values)],
            "zone_name": "Nord",
            "quarter_id": quarter,
            amount: values,
            "contributors_count": 12,
            "readings_count": 12,
            "completeness_ratio": 1.0,
        },
        schema_overrides={
            "zone_name": pl.String,
            "quarter_id": pl.String,
            amount: pl.Float64,
            "consumed_on": pl.Date,
            "contributors_count": pl.Int64,
            "readings_count": pl.Int64,
            "completeness_ratio": pl.Float64,
        },
    )


def weather(mean_c: np.ndarray = MEAN_C) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "day_on": DAYS[: len(mean_c)],
            "temp_mean_c": mean_c,
            "heating_dpr412_kd": np.maximum(0, 20 - mean_c),
            "completeness_ratio": 1.0,
            "quality_code": "ok",
        }
    )


def signatures(
    heat: pl.DataFrame, gas: pl.DataFrame, days: pl.DataFrame, carriers: pl.DataFrame = CARRIERS
) -> pl.DataFrame:
    return heat_signature(
        heat=heat, gas=gas, days=days, buildings=BUILDINGS, sections=SECTIONS,
        quarters=QUARTERS, rules=RULES, carriers=carriers, completeness=COMPLETENESS,
    )  # fmt: skip


NO_GAS = consumed("gas_m3", np.empty(0))


def test_the_need_of_a_square_metre_is_that_of_the_signature_in_a_year_as_cold_as_the_laws():
    # A kilowatt hour a square metre and day, and a watt of loss: 24 Wh a day and degree.
    heat = consumed("heat_kwh", 1000 * (1 + 0.024 * np.maximum(0, 20 - MEAN_C)))

    row = signatures(heat, NO_GAS, weather()).row(0, named=True)

    assert (row["quarter_id"], row["carrier_code"], row["year_on"]) == ("QA", "heat", FIRST)
    assert row["slope_wm2k"] == pytest.approx(1.0)
    assert row["change_c"] == pytest.approx(20.0)
    assert row["base_kwhm2"] == pytest.approx(1.0)
    assert row["normalised_kwhm2"] == pytest.approx(0.024 * 2410 + 365)
    assert row["emission_kgm2"] == pytest.approx(0.12 * (0.024 * 2410 + 365))
    assert (row["told_code"], row["quality_code"]) == ("quarter", "unverified")


def test_a_cubic_metre_of_gas_has_the_energy_of_the_definition():
    gas = consumed("gas_m3", 100 * (1 + 0.1 * np.maximum(0, 17 - MEAN_C)))

    row = signatures(consumed("heat_kwh", np.empty(0)), gas, weather()).row(0, named=True)

    assert row["carrier_code"] == "gas"
    assert row["base_kwhm2"] == pytest.approx(0.1 * 9.59)


def test_quarters_of_few_supplies_have_their_part_of_the_zone_by_floor():
    heat = consumed("heat_kwh", 3000 + 60 * np.maximum(0, 16 - MEAN_C), quarter=None)

    found = signatures(heat, NO_GAS, weather())

    assert found["quarter_id"].to_list() == ["QA", "QB"]
    assert found["told_code"].unique().to_list() == ["zone"]
    assert found["base_kwhm2"].to_list() == pytest.approx([2.0, 2.0])


def test_a_retrofit_shows_in_the_slope_of_the_year_after_it():
    twice = np.tile(MEAN_C, 2)
    heat = 500 + 40 * np.maximum(0, 16 - twice) * np.repeat([1.0, 0.82], 365)
    chance = np.random.default_rng(7).normal(1, 0.05, 730)
    days = pl.date_range(FIRST, FIRST + timedelta(days=729), eager=True)
    frame = pl.concat([consumed("heat_kwh", heat[:365]), consumed("heat_kwh", heat[365:])])

    found = signatures(
        frame.with_columns(consumed_on=days, heat_kwh=pl.col("heat_kwh") * pl.Series(chance)),
        NO_GAS,
        pl.concat([weather(), weather()]).with_columns(day_on=days),
    ).sort("year_on")

    before, after = found["slope_wm2k"]
    assert after / before == pytest.approx(0.82, abs=0.03)
    assert found["slope_high_wm2k"][1] < found["slope_low_wm2k"][0]


def test_a_week_is_no_signature():
    found = signatures(consumed("heat_kwh", 500 + 40 * MEAN_C[:7]), NO_GAS, weather(MEAN_C[:7]))

    assert found.select("normalised_kwhm2", "observations_count", "quality_code").rows() == [
        (None, 7, "no_data")
    ]


@pytest.mark.shows("planted", "gold/energy/yearly_heat_signature_by_quarter")
def test_the_planted_signatures_of_a_quarter_of_the_simulated_city_are_found_again():
    city = City(profile="small", days=1, seed=7, start=FIRST)
    some = heat_readings.substations(city).head(12)
    # What they ask for of a day without the profile of its hours.
    cold = np.maximum(0, some["balance_c"].to_numpy() - MEAN_C[:, None])
    slopes = (some["slope_kwh_a_degree"] * some["retrofit_ratio"]).to_numpy()
    heat = 24 * (some["base_kwh"].to_numpy() + slopes * cold).sum(axis=1)

    row = signatures(consumed("heat_kwh", heat), NO_GAS, weather()).row(0, named=True)

    # Twelve change points a degree apart make one, and a base a little above.
    assert row["slope_wm2k"] == pytest.approx(slopes.sum(), rel=0.03)
    assert row["base_kwhm2"] * 1000 == pytest.approx(24 * some["base_kwh"].sum(), rel=0.1)
    assert row["change_c"] == pytest.approx(
        (some["balance_c"].to_numpy() * slopes).sum() / slopes.sum(), abs=0.3
    )


def load(powers: list[float], *, quarter: str | None = "QA") -> pl.DataFrame:
    start = datetime(2025, 3, 23, 23, tzinfo=UTC)
    return pl.DataFrame(
        {
            "from_at": [start + timedelta(minutes=15 * n) for n in range(len(powers))],
            "zone_name": "Nord",
            "quarter_id": quarter,
            "energy_kwh": [power / 4 for power in powers],
            "contributors_count": 120,
        },
        schema_overrides={"from_at": pl.Datetime("us", "UTC"), "quarter_id": pl.String},
    )


def shape_of(
    powers: list[float], quarter: str | None = "QA", rules: pl.DataFrame = LOAD_RULES
) -> pl.DataFrame:
    return load_shape(
        load(powers, quarter=quarter), QUARTERS, rules=rules, completeness=COMPLETENESS
    )


def test_a_constant_load_has_load_factor_one_and_all_of_it_at_night():
    row = shape_of([50.0] * 96).row(0, named=True)

    assert (row["load_factor_ratio"], row["night_base_ratio"]) == (1.0, 1.0)
    assert row["peak_kwkm2"] == pytest.approx(50.0, rel=0.01)


@pytest.mark.shows(
    "published",
    "gold/energy/monthly_load_shape_by_quarter",
    source="Mehta & Mehta, Principles of Power System, chapter 3, as in worked solutions",
)
def test_the_published_day_of_a_power_station_has_a_load_factor_of_71_4_per_cent():
    # A worked example of courses on power systems, after Mehta & Mehta, Principles of Power System,
    # chapter 3; read in worked solutions, not in the book: 70 MW at most, 1200 MWh, 50 MW, 71.4 %.
    hours = ((40.0, 6), (50.0, 4), (60.0, 2), (50.0, 4), (70.0, 4), (40.0, 4))
    powers = [power for power, count in hours for _ in range(4 * count)]

    row = shape_of(powers).row(0, named=True)

    assert sum(powers) / 4 == 1200
    assert max(powers) == 70
    assert row["load_factor_ratio"] == pytest.approx(0.714, abs=0.0005)


def test_load_factor_is_mean_over_peak_and_the_night_is_from_two_to_five():
    powers = [10.0] * 96
    powers[8:20] = [5.0] * 12  # 2:00 to 5:00 of the city's clock
    powers[76] = 40.0

    row = shape_of(powers).row(0, named=True)

    mean = sum(powers) / 96
    assert row["load_factor_ratio"] == pytest.approx(mean / 40, abs=1e-6)
    assert row["night_base_ratio"] == pytest.approx(5 / mean, abs=1e-6)


def test_the_night_is_of_the_hours_of_the_newest_rule_and_without_one_there_is_none():
    powers = [10.0] * 96
    powers[:8] = [4.0] * 8  # midnight to 2:00
    until_two = {"night_from_h": 0, "night_until_h": 2, "valid_from_on": date(2026, 5, 1)}
    newer = LOAD_RULES.with_columns(
        pl.lit(value, LOAD_RULES[name].dtype).alias(name) for name, value in until_two.items()
    )

    row = shape_of(powers, rules=pl.concat([LOAD_RULES, newer])).row(0, named=True)
    none = shape_of(powers, rules=LOAD_RULES.clear()).row(0, named=True)

    assert row["night_base_ratio"] == pytest.approx(4 / (sum(powers) / 96), abs=1e-6)
    assert row["definition_from_on"] == date(2026, 5, 1)
    assert none["night_base_ratio"] is None
    assert none["load_factor_ratio"] == row["load_factor_ratio"]


def test_the_curve_of_a_zone_is_that_of_each_of_its_quarters():
    found = shape_of([50.0, 100.0], quarter=None)

    assert found.select("quarter_id", "load_factor_ratio", "quality_code").rows() == [
        ("QA", 0.75, "modelled"),
        ("QB", 0.75, "modelled"),
    ]


def observed(temps: list[float | None]) -> pl.DataFrame:
    start = datetime(2025, 3, 23, 23, tzinfo=UTC)
    return pl.DataFrame(
        {
            "station_id": "s",
            "observed_at": [start + timedelta(minutes=10 * n) for n in range(len(temps))],
            "temp_c": temps,
        },
        schema_overrides={"observed_at": pl.Datetime("us", "UTC"), "temp_c": pl.Float64},
    )


def test_a_day_of_ten_degrees_has_ten_gradi_giorno_and_eight_of_eurostat():
    row = degree_days(
        observed([8.0, 12.0] * 72), rules=RULES, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["day_on"], row["temp_mean_c"]) == (date(2025, 3, 24), 10.0)
    assert (row["heating_dpr412_kd"], row["heating_eurostat_kd"]) == (10.0, 8.0)
    assert (row["cooling_eurostat_kd"], row["quality_code"]) == (0.0, "ok")


def test_a_day_with_few_measurements_has_no_degree_days():
    row = degree_days(
        observed([8.0] * 107), rules=RULES, health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["heating_dpr412_kd"], row["temp_mean_c"], row["quality_code"]) == (
        None, None, "no_data",
    )  # fmt: skip


def test_a_day_of_a_suspect_thermometer_is_suspect_where_the_rule_is_verified():
    sure = RULES.with_columns(is_verified=pl.lit(value=True))
    (station, day) = degree_days(
        observed([8.0] * 144), rules=sure, health=HEALTHY, completeness=COMPLETENESS
    ).row(0)[:2]

    def code(quantity: str) -> str:
        health = suspect(station, quantity, day)
        return degree_days(
            observed([8.0] * 144), rules=sure, health=health, completeness=COMPLETENESS
        )["quality_code"].item()

    assert (code("temp_c"), code("wind_ms")) == ("suspect", "ok")


def test_without_rules_there_are_no_degree_days():
    row = degree_days(
        observed([8.0] * 144), rules=RULES.clear(), health=HEALTHY, completeness=COMPLETENESS
    ).row(0, named=True)

    assert (row["heating_dpr412_kd"], row["quality_code"]) == (None, "no_data")


@pytest.mark.parametrize("module", ["degree_days", "heat_signature", "load_shape"])
def test_what_says_how_sure_a_number_is_can_be_true(module):
    measured = import_module(f"assets.indicators.{module}").declaration.measured
    heat = consumed("heat_kwh", 1000 * (1 + 0.024 * np.maximum(0, 20 - MEAN_C)))
    frames = {
        "degree_days": degree_days(
            observed([8.0] * 144), rules=RULES, health=HEALTHY, completeness=COMPLETENESS
        ),
        "heat_signature": signatures(heat, NO_GAS, weather()),
        "load_shape": shape_of([0.0, 0.0]),
    }

    check_trust(module, frames[module], measured)


def test_a_signature_is_as_sound_as_the_temperatures_it_is_fitted_to():
    heat = consumed("heat_kwh", 1000 * (1 + 0.024 * np.maximum(0, 20 - MEAN_C)))
    known = CARRIERS.with_columns(is_verified=pl.lit(value=True))
    days = weather()
    halved = days.with_columns(completeness_ratio=0.5)
    bad = days.with_columns(
        quality_code=pl.when(pl.int_range(pl.len()) == 7)
        .then(pl.lit("suspect"))
        .otherwise("quality_code")
    )

    whole, half, suspect = (
        signatures(heat, NO_GAS, one, carriers=known).row(0, named=True)
        for one in (days, halved, bad)
    )

    assert whole["quality_code"] == "ok"
    assert (suspect["quality_code"], suspect["completeness_ratio"]) == (
        "suspect", whole["completeness_ratio"],
    )  # fmt: skip
    assert half["quality_code"] == "partial"
    assert half["completeness_ratio"] == pytest.approx(whole["completeness_ratio"] / 2)


@pytest.mark.shows("property", "gold/energy/monthly_load_shape_by_quarter")
@settings(max_examples=15, deadline=None)
@given(powers=st.lists(st.floats(1, 100), min_size=96, max_size=96), factor=st.floats(0.5, 20))
def test_the_shape_of_a_load_hangs_not_on_how_much_it_is(powers, factor):
    one, more = (shape_of([k * power for power in powers]).row(0, named=True) for k in (1, factor))

    assert 0 < one["load_factor_ratio"] <= 1
    for name in ("load_factor_ratio", "night_base_ratio"):
        assert more[name] == pytest.approx(one[name], abs=2e-6)
    assert more["peak_kwkm2"] == pytest.approx(factor * one["peak_kwkm2"], rel=1e-5)


@pytest.mark.shows("property", "gold/energy/daily_degree_days_by_station")
@settings(max_examples=15, deadline=None)
@given(mean=st.floats(-10, 35), warmer=st.floats(0, 10))
def test_a_warmer_day_asks_for_no_more_heat_and_no_less_cooling(mean, warmer):
    cold, warm = (
        degree_days(
            observed([temp] * 144), rules=RULES, health=HEALTHY, completeness=COMPLETENESS
        ).row(0, named=True)
        for temp in (mean, mean + warmer)
    )

    for name in ("heating_dpr412_kd", "heating_eurostat_kd"):
        assert 0 <= warm[name] <= cold[name]
    assert warm["cooling_eurostat_kd"] >= cold["cooling_eurostat_kd"] >= 0


@pytest.mark.shows("property", "gold/energy/yearly_heat_signature_by_quarter")
@settings(max_examples=5, deadline=None)
@given(factor=st.floats(0.2, 5), seed=st.integers(0, 99))
def test_twice_the_heat_is_twice_the_need_at_the_same_change_point(factor, seed):
    noise = np.random.default_rng(seed).normal(1, 0.02, 365)
    heat = 1000 * (1 + 0.024 * np.maximum(0, 20 - MEAN_C)) * noise

    one, more = (
        signatures(consumed("heat_kwh", k * heat), NO_GAS, weather()).row(0, named=True)
        for k in (1, factor)
    )

    for name in ("normalised_kwhm2", "slope_wm2k", "base_kwhm2", "emission_kgm2"):
        assert more[name] == pytest.approx(factor * one[name], rel=1e-3)
    assert more["change_c"] == pytest.approx(one["change_c"], abs=0.02)


@pytest.mark.shows("planted", "gold/energy/daily_degree_days_by_station")
def test_the_heat_that_the_simulated_winter_was_made_to_lack_is_found():
    city = City("small", 14, 1, date(2025, 1, 13))
    start = datetime(2025, 1, 12, 23, tzinfo=UTC)
    means = city.climate.filter(pl.col("on").is_between(city.dates[0], city.dates[-1]))
    # A day between its planted ends, there and back.
    temps = np.concatenate(
        [
            np.interp(np.arange(144), [0, 72, 144], [low, high, low])
            for low, high in means.sort("on").select("tmin_c", "tmax_c").rows()
        ]
    )
    ten_minutes = observed(temps.tolist()).with_columns(
        observed_at=pl.datetime_range(
            start, start + timedelta(minutes=10 * (len(temps) - 1)), "10m", time_zone="UTC",
            time_unit="us", eager=True,
        )
    )  # fmt: skip

    found = degree_days(ten_minutes, rules=RULES, health=HEALTHY, completeness=COMPLETENESS)

    middle = (means["tmin_c"] + means["tmax_c"]) / 2
    assert found.height == 14
    assert found["heating_dpr412_kd"].sum() == pytest.approx((20 - middle).sum(), abs=0.5)
