"""How much electricity each place used, day by day, where enough meters contribute."""

from typing import Final

import polars as pl

from assets.consumption import by_area, columns_of, day_in_rome, in_order, minutes_in_rome
from assets.declaration import Declaration

SUBJECT: Final = "energy_by_day"
_QUARTER_MIN: Final = 15


def electricity_consumption(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's electricity over each day of the city's clock.

    Of each meter and instant the last reading counts. Where too few meters contribute, or one has
    too much of the day, sections are told with the rest of their quarter, zone or city. The day
    has 92 or 100 quarter hours when the clock changes.
    """
    by_meter = (
        readings.filter(pl.col("section_id").is_not_null())
        .sort("window_on")
        .unique(["meter_pid", "read_at"], keep="last")
        .filter(pl.col("energy_kwh").is_not_null())
        .with_columns(consumed_on=day_in_rome("read_at"))
        .group_by("consumed_on", "section_id", "meter_pid")
        .agg(in_order("energy_kwh").alias("amount"), readings_count=pl.len().cast(pl.Int64))
        .with_columns(due_count=minutes_in_rome("consumed_on") // _QUARTER_MIN)
    )
    return by_area(
        by_meter, sections=sections, quarters=quarters, limits=limits, subject=SUBJECT
    ).rename({"amount": "energy_kwh"})


declaration = Declaration(
    function=electricity_consumption,
    key="silver/energy/electricity_consumption_by_day",
    reads={
        "readings": "bronze/a2a/electricity_readings",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "limits": "bronze/definitions/disclosure_limits",
    },
    gives=columns_of(
        "energy_kwh",
        of=("readings.energy_kwh", "readings.meter_pid"),
        day="readings.read_at",
        described="Electricity used in the day.",
    ),
    key_columns=("consumed_on", "area_id"),
    window_by="consumed_on",
    lookback_days=1,
    title="Electricity by place and day",
    method_version="1",
    literature=(
        "Minimum-count and dominance rules: Hundepool et al., Statistical Disclosure Control "
        "(2012), ch. 4; thresholds are the city's."
    ),
)
