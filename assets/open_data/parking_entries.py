"""How many cars entered each car park in each part of the day, for everyone."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from quality.disclosure.policy import Cells

_PARTS: Final = ("00-06", "06-12", "12-18", "18-24")
_PART_H: Final = 6
_SHORTEST_DAY_H: Final = 23


def parking_entries(pressure: pl.DataFrame) -> pl.DataFrame:
    """Count the cars that entered each car park in each quarter of a day of the city's clock.

    A car that enters twice counts twice. A day of which hours are missing has no row.
    """
    at = pl.col("hour_at").dt.convert_time_zone("Europe/Rome")
    part = (at.dt.hour() // _PART_H).cast(pl.Int64)
    hours = pressure.select(
        entered_on=at.dt.date(),
        car_park_id="car_park_id",
        part_code=part.replace_strict(range(len(_PARTS)), _PARTS, return_dtype=pl.String),
        entries_count="entries_count",
    )
    return hours.filter(pl.len().over("entered_on", "car_park_id") >= _SHORTEST_DAY_H)


declaration = Declaration(
    function=parking_entries,
    key="open/mobility/daily_parking_entries",
    reads={"pressure": "gold/mobility/hourly_parking_pressure"},
    gives={
        "entered_on": given("Day of the city's clock (Europe/Rome).", "pressure.hour_at"),
        "car_park_id": given("Car park; or 'totale'.", "pressure.car_park_id"),
        "part_code": given("Hours of the day, such as 06-12; or 'totale'.", "pressure.hour_at"),
        "entries_count": given(
            "Cars that entered; empty where withheld.", "pressure.entries_count"
        ),
        "is_withheld": given(
            "Whether the count is withheld, so that no driver is recognised.",
            "pressure.entries_count",
        ),
    },
    key_columns=("entered_on", "car_park_id", "part_code"),
    window_by="entered_on",
    lookback_days=1,
    title="Cars that entered, by car park and part of the day",
    method_version="1",
    literature="Hundepool et al., Statistical Disclosure Control (2012), ch. 5.",
    release=Cells(
        quasi_identifiers=("car_park_id", "part_code"),
        within=("entered_on",),
        count="entries_count",
    ),
)
