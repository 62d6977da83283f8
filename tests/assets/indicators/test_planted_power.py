"""The days of the simulated city's meters, as the shape of their load tells them."""

from datetime import date

import polars as pl
import pytest
import shapely

from assets.indicators.load_shape import load_shape
from assets.silver.electricity_load import electricity_load
from infra.simulator.city import City
from infra.simulator.datasets import electricity_readings
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE, defined

MONDAY, SUNDAY = date(2025, 3, 24), date(2025, 3, 23)
# The whole city as one quarter: so many meters hardly scatter.
CITY = pl.DataFrame(
    {
        "quarter_id": ["Q"],
        "zone_name": ["Nord"],
        "border_geom": [shapely.to_wkb(shapely.box(10.1, 45.5, 10.3, 45.6))],
    }
)


@pytest.mark.shows("planted", "gold/energy/monthly_load_shape_by_quarter")
@pytest.mark.parametrize("day", [MONDAY, SUNDAY], ids=["Monday", "Sunday"])
def test_a_day_is_as_even_and_its_night_as_deep_as_its_meters_were_made_to_draw(day):
    drawn = electricity_readings.readings_of(City("small", 1, 7, day), day)
    readings = drawn.select(
        "section_id", "read_at", meter_pid="pod", energy_kwh=pl.col("drawn_wh") / 1000,
        window_on=pl.lit(day),
    )  # fmt: skip
    sections = drawn.select(
        pl.col("section_id").unique(), quarter_id=pl.lit("Q"), municipality_code=pl.lit("017029")
    )
    load, clock = pl.col("expected_wh"), pl.col("read_at").dt.convert_time_zone("Europe/Rome")
    planted = drawn.group_by("read_at").agg(load.sum())
    factor, night = planted.select(
        load.mean() / load.max(),
        night=load.filter(clock.dt.hour().is_between(2, 4)).mean() / load.mean(),
    ).row(0)

    curve = electricity_load(readings, sections, CITY, DISCLOSURE)
    row = load_shape(curve, CITY, rules=defined("load_rules"), completeness=COMPLETENESS).row(
        0, named=True
    )

    assert row["told_code"] == "quarter"
    assert row["load_factor_ratio"] == pytest.approx(factor, abs=0.012)
    assert row["night_base_ratio"] == pytest.approx(night, abs=0.007)
