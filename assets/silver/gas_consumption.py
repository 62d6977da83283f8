"""How much gas each place used, day by day, where enough delivery points contribute."""

import polars as pl

from assets.consumption import ENERGY, LITERATURE, READS, by_area, columns_of
from assets.declaration import Declaration


def gas_consumption(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's gas over each day, in standard cubic metres.

    Of each delivery point and day the last reading counts; estimates count as gas, and not as
    readings that came. Where too few contribute, or one has too much of the day, sections are told
    with the rest of their quarter, zone or city.
    """
    by_point = (
        readings.filter(pl.col("section_id").is_not_null())
        .sort("window_on")
        .unique(["delivery_point_pid", "measured_on"], keep="last")
        .filter(pl.col("gas_m3").is_not_null())
        .select(
            consumed_on="measured_on",
            section_id="section_id",
            amount="gas_m3",
            readings_count=1 - pl.col("is_estimated").fill_null(value=True).cast(pl.Int64),
            due_count=pl.lit(1, pl.Int64),
        )
    )
    return by_area(
        by_point, sections=sections, quarters=quarters, limits=limits, subject=ENERGY
    ).rename({"amount": "gas_m3"})


declaration = Declaration(
    function=gas_consumption,
    key="silver/energy/gas_consumption_by_day",
    reads={"readings": "bronze/a2a/gas_readings", **READS},
    gives=columns_of(
        "gas_m3",
        of=("readings.gas_m3", "readings.delivery_point_pid"),
        day="readings.measured_on",
        described="Gas used in the day, in standard cubic metres.",
        read=("readings.is_estimated",),
    ),
    key_columns=("consumed_on", "area_id"),
    window_by="consumed_on",
    title="Gas by place and day",
    method_version="1",
    literature=LITERATURE,
)
