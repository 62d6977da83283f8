"""How much water each place used, day by day, where enough meters contribute."""

from typing import Final

import polars as pl

from assets.consumption import READS, by_area, columns_of
from assets.declaration import Declaration

SUBJECT: Final = "water_by_day"
_READ: Final = "R"


def water_consumption_observed(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's water over each day: what its meters show more than the day before.

    A meter without a reading on the day before, or that went back (it was changed), has no use of
    that day. Estimated readings count as water, and not as readings that came. Where too few
    contribute, or one has too much of the day, sections are told with the rest of their quarter,
    zone or city.
    """
    by_meter = (
        readings.filter(pl.col("section_id").is_not_null() & pl.col("index_m3").is_not_null())
        .sort("window_on")
        .unique(["meter_pid", "read_on"], keep="last")
        .sort("meter_pid", "read_on")
        .with_columns(
            used_m3=pl.col("index_m3").diff().over("meter_pid"),
            days=pl.col("read_on").diff().dt.total_days().over("meter_pid"),
        )
        .filter((pl.col("days") == 1) & (pl.col("used_m3") >= 0))
        .select(
            consumed_on="read_on",
            section_id="section_id",
            # The index has whole litres.
            amount=pl.col("used_m3").round(3),
            readings_count=(pl.col("reading_code") == _READ).fill_null(value=False).cast(pl.Int64),
            due_count=pl.lit(1, pl.Int64),
        )
    )
    return by_area(
        by_meter, sections=sections, quarters=quarters, limits=limits, subject=SUBJECT
    ).rename({"amount": "water_m3"})


declaration = Declaration(
    function=water_consumption_observed,
    key="silver/water/water_consumption_observed",
    reads={"readings": "bronze/a2a/water_readings", **READS},
    gives=columns_of(
        "water_m3",
        of=("readings.index_m3", "readings.meter_pid"),
        day="readings.read_on",
        described="Water used in the day.",
        read=("readings.reading_code",),
    ),
    key_columns=("consumed_on", "area_id"),
    window_by="consumed_on",
    lookback_days=1,
    title="Water by place and day",
    method_version="1",
    literature=(
        "Smart Data Models, dataModel.WaterConsumption, WaterConsumptionObserved. Minimum-count "
        "and dominance rules: Hundepool et al., Statistical Disclosure Control (2012), ch. 4; "
        "thresholds are the city's."
    ),
)
