"""How much electricity each place used, day by day, where enough meters contribute."""

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

_EVERY_MIN: Final = 15


def electricity_consumption(
    readings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Sum each section's electricity over each day of the city's clock.

    Of each meter and instant the last reading counts. Where too few meters contribute, or one has
    too much of the day, sections are told with the rest of their quarter, zone or city. The day
    has 92 or 100 quarter hours when the clock changes.
    """
    said = said_last(readings, who="meter_pid", at="read_at", amount="energy_kwh")
    return by_area(
        of_supplies(said, every_min=_EVERY_MIN),
        sections=sections,
        quarters=quarters,
        limits=limits,
        subject=ENERGY,
    ).rename({"amount": "energy_kwh"})


declaration = Declaration(
    function=electricity_consumption,
    key="silver/energy/electricity_consumption_by_day",
    reads={"readings": "bronze/a2a/electricity_readings", **READS},
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
    literature=LITERATURE,
)
