"""How much district heat each place used, day by day, where enough substations contribute."""

from typing import Final

import polars as pl

from assets.consumption import by_area, columns_of, day_in_rome, in_order, minutes_in_rome
from assets.declaration import Declaration

SUBJECT: Final = "energy_by_day"
_HOUR_MIN: Final = 60


def heat_consumption(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's district heat over each day of the city's clock.

    Of each substation and hour the last reading counts. Where too few substations contribute, or
    one has too much of the day, sections are told with the rest of their quarter, zone or city.
    """
    by_substation = (
        readings.filter(pl.col("section_id").is_not_null())
        .sort("window_on")
        .unique(["substation_pid", "read_at"], keep="last")
        .filter(pl.col("heat_kwh").is_not_null())
        .with_columns(consumed_on=day_in_rome("read_at"))
        .group_by("consumed_on", "section_id", "substation_pid")
        .agg(in_order("heat_kwh").alias("amount"), readings_count=pl.len().cast(pl.Int64))
        .with_columns(due_count=minutes_in_rome("consumed_on") // _HOUR_MIN)
    )
    return by_area(
        by_substation, sections=sections, quarters=quarters, limits=limits, subject=SUBJECT
    ).rename({"amount": "heat_kwh"})


declaration = Declaration(
    function=heat_consumption,
    key="silver/energy/heat_consumption_by_day",
    reads={
        "readings": "bronze/a2a/heat_readings",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "limits": "bronze/definitions/disclosure_limits",
    },
    gives=columns_of(
        "heat_kwh",
        of=("readings.heat_kwh", "readings.substation_pid"),
        day="readings.read_at",
        described="District heat used in the day.",
    ),
    key_columns=("consumed_on", "area_id"),
    window_by="consumed_on",
    lookback_days=1,
    title="District heat by place and day",
    method_version="1",
    literature=(
        "Minimum-count and dominance rules: Hundepool et al., Statistical Disclosure Control "
        "(2012), ch. 4; thresholds are the city's."
    ),
)
