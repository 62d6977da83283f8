"""How much district heat each place used, day by day, where enough substations contribute."""

from typing import Final

import polars as pl

from assets.consumption import (
    ENERGY,
    LITERATURE,
    READS,
    by_area,
    columns_of,
    of_supplies,
    said_last,
)
from assets.declaration import Declaration

_EVERY_MIN: Final = 60


def heat_consumption(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's district heat over each day of the city's clock.

    Of each substation and hour the last reading counts. Where too few substations contribute, or
    one has too much of the day, sections are told with the rest of their quarter, zone or city.
    """
    said = said_last(readings, who="substation_pid", at="read_at", amount="heat_kwh")
    return by_area(
        of_supplies(said, every_min=_EVERY_MIN),
        sections=sections,
        quarters=quarters,
        limits=limits,
        subject=ENERGY,
    ).rename({"amount": "heat_kwh"})


declaration = Declaration(
    function=heat_consumption,
    key="silver/energy/heat_consumption_by_day",
    reads={"readings": "bronze/a2a/heat_readings", **READS},
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
    literature=LITERATURE,
)
