"""Worked examples that others printed, made by the indicators of energy."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from assets.indicators.charging import charging
from assets.indicators.degree_days import degree_days
from assets.indicators.electricity_by_section import electricity_by_section
from assets.silver.electricity_consumption import electricity_consumption
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE, defined
from tests.assets.indicators.health_frames import HEALTHY
from tests.assets.indicators.test_charging import SCHEMA
from tests.assets.indicators.test_energy import NO_GAS, consumed, signatures, weather

DAY = date(2025, 3, 24)
# The day begins here by the city's clock.
MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)


# 8 bulbs of 100 W, 2 fans of 60 and 2 plugs of 100: one fan until 5, two and a plug until 7,
# nothing until 9, two fans until 18, two and four bulbs until midnight. 4.94 kWh, 520 W at most.
@pytest.mark.shows(
    "published",
    "gold/energy/daily_electricity_by_section",
    source="FOSSEE, Scilab textbook companions: example 1.1 of a book that was not identified",
)
def test_twelve_consumers_of_the_textbook_use_twelve_times_its_4_94_kilowatt_hours():
    watts = [60] * 5 + [220] * 2 + [0] * 2 + [120] * 9 + [520] * 6
    quarters_of_an_hour = [
        (MIDNIGHT + timedelta(hours=hour, minutes=minute), power / 4000)
        for hour, power in enumerate(watts)
        for minute in (0, 15, 30, 45)
    ]
    readings = pl.DataFrame(
        [
            (f"m{meter}", "s", at, energy, DAY)
            for meter in range(12)
            for at, energy in quarters_of_an_hour
        ],
        schema={
            "meter_pid": pl.String, "section_id": pl.String,
            "read_at": pl.Datetime("us", "UTC"), "energy_kwh": pl.Float64, "window_on": pl.Date,
        },
        orient="row",
    )  # fmt: skip
    section = pl.DataFrame(
        {"section_id": ["s"], "quarter_id": ["Q"], "municipality_code": ["017029"]}
    )
    quarter = pl.DataFrame({"quarter_id": ["Q"], "zone_name": ["Nord"]})

    used = electricity_consumption(readings, section, quarter, DISCLOSURE)
    row = electricity_by_section(used, COMPLETENESS).row(0, named=True)

    assert row["energy_kwh"] == pytest.approx(12 * 4.94)
    assert (row["meters_count"], row["readings_count"]) == (12, 12 * 96)


def charges(*, count: int, begins_h: float, lasting_min: int, kwh: float) -> pl.DataFrame:
    """So many charges of as many cards at one station, all of them alike."""
    begun = MIDNIGHT + timedelta(hours=begins_h)
    rows = [
        (f"s{n}", f"c{n}", "A", begun, begun + timedelta(minutes=lasting_min), kwh, DAY)
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def charged(sessions: pl.DataFrame) -> pl.DataFrame:
    """What the hours of one station of ten sockets tell."""
    station = pl.DataFrame(
        {"station_id": ["A"], "quarter_id": ["Q"], "zone_name": ["Nord"], "sockets_count": [10]}
    )
    return charging(sessions, station, DISCLOSURE)


@pytest.mark.shows(
    "published",
    "gold/energy/hourly_charging_by_quarter",
    source="Elinta Charge, glossary, charger utilization rate: 6 hours of 24 are 25 per cent",
)
def test_sockets_with_a_car_for_six_hours_a_day_are_used_for_a_quarter_of_it():
    hours = charged(charges(count=10, begins_h=8.5, lasting_min=360, kwh=20.0))

    assert hours["occupancy_ratio"].sum() / 24 == pytest.approx(0.25)


# A charge at 10 kW from 16:30 to 16:55 asks for 10 and 6.67 kW in two quarters of an hour: here the
# clock goes four times as slow, so that they are hours.
@pytest.mark.shows(
    "published",
    "gold/energy/hourly_charging_by_quarter",
    source="evsim (R package), vignette on time resolution: 10 and 6.67 kW",
)
def test_a_charge_that_ends_within_an_hour_asks_for_less_in_it():
    hours = charged(charges(count=10, begins_h=16.0, lasting_min=100, kwh=10 * 100 / 60))

    asked = hours.filter(pl.col("demand_kwh") > 0)["demand_kwh"] / 10
    assert asked.to_list() == pytest.approx([10, 6.67], abs=0.005)


@pytest.mark.shows(
    "published",
    "gold/energy/daily_degree_days_by_station",
    source="Eurostat, the example of its metadata on degree days",
)
def test_four_days_of_eurostats_example_have_14_1_heating_degree_days():
    means = [10.0, 16.0, 15.0, 14.9]
    observed = pl.DataFrame(
        {
            "station_id": "s",
            "observed_at": [
                MIDNIGHT + timedelta(minutes=10 * step) for step in range(144 * len(means))
            ],
            "temp_c": np.repeat(means, 144),
        },
        schema_overrides={"observed_at": pl.Datetime("us", "UTC")},
    )

    days = degree_days(
        observed, rules=defined("degree_day_rules"), health=HEALTHY, completeness=COMPLETENESS
    )

    assert days["heating_eurostat_kd"].sum() == pytest.approx(14.1)


# Calories and sodium that pupils of five instructors took: sodium rises up to a plateau, by the
# linear plateau that R's nls fits: a = -128.85535, b = 0.65768, clx = 2326.51521. The data were
# read in copies of the page; the coefficients are from memory. # not verified at its source
PUPILS = (
    (2069, 1287), (1990, 1164), (1975, 1177), (2116, 1262), (2161, 1271), (2091, 1222),
    (2236, 1377), (2198, 1288), (2190, 1284), (2134, 1262), (2128, 1281), (2190, 1305),
    (2070, 1199), (2266, 1368), (2216, 1340), (2203, 1273), (2040, 1277), (2248, 1329),
    (2265, 1361), (2184, 1268), (2441, 1380), (2234, 1386), (2403, 1408), (2438, 1380),
    (2360, 1378), (2344, 1413), (2351, 1400), (2390, 1412), (2470, 1422), (2280, 1382),
    (2308, 1410), (2505, 1410), (2409, 1382), (2431, 1422), (2523, 1388), (2315, 1404),
    (2406, 1420), (2699, 1405), (2571, 1400), (2394, 1420), (2518, 1379), (2379, 1393),
    (2636, 1417), (2465, 1414), (2479, 1383),
)  # fmt: skip


@pytest.mark.shows(
    "published",
    "gold/energy/yearly_heat_signature_by_quarter",
    source="Mangiafico (2016), rcompanion.org/handbook/I_11, linear plateau (coefficients not"
    " verified at their source)",
)
def test_heat_that_falls_as_the_sodium_of_mangiaficos_pupils_rises_has_its_change_point():
    # A hundred calories are a degree, and a milligram less is a kilowatt hour more; each day twice,
    # which changes no least squares, so that there are days enough.
    calories, sodium = np.tile(np.array(PUPILS, dtype=float), (2, 1)).T

    row = signatures(
        consumed("heat_kwh", 2000 - sodium), NO_GAS, weather(calories / 100)
    ).row(0, named=True)  # fmt: skip

    floor_m2 = row["floor_m2"]
    assert row["observations_count"] == 90
    assert 100 * row["change_c"] == pytest.approx(2326.51521, abs=1e-3)
    assert row["slope_wm2k"] * floor_m2 * 24 / 1000 / 100 == pytest.approx(0.65768, abs=5e-6)
    plateau = 2000 - row["base_kwhm2"] * floor_m2
    assert plateau == pytest.approx(-128.85535 + 0.65768 * 2326.51521, abs=0.02)
