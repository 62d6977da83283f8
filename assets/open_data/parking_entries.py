"""How many cars entered each car park in each part of the day, for everyone."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from quality.disclosure.policy import Cells

_PARTS: Final = ("00-06", "06-12", "12-18", "18-24")
_PART_H: Final = 6


def parking_entries(sessions: pl.DataFrame, car_parks: pl.DataFrame) -> pl.DataFrame:
    """Count the cars that entered each car park in each quarter of a day of the city's clock.

    A car that enters twice counts twice. A day of which hours are missing has no row.
    """
    entered = sessions.drop_nulls("entered_at")
    clock = pl.col("entered_at").dt.convert_time_zone("Europe/Rome")
    part = clock.dt.hour() // _PART_H
    counted = entered.group_by(
        "car_park_id",
        entered_on=clock.dt.date(),
        part_code=part.replace_strict(range(len(_PARTS)), _PARTS, return_dtype=pl.String),
    ).agg(entries_count=pl.len().cast(pl.Int64))
    # A day of the city's clock begins on the day before by UTC, by which deliveries are read.
    days = entered.select(entered_on=pl.col("entered_at").dt.date()).unique()
    whole = days.join(days.select(pl.col("entered_on").dt.offset_by("1d")), on="entered_on")
    return (
        whole.join(car_parks.select("car_park_id").unique(), how="cross")
        .join(pl.DataFrame({"part_code": _PARTS}), how="cross")
        .join(counted, on=["entered_on", "car_park_id", "part_code"], how="left")
        .with_columns(pl.col("entries_count").fill_null(0))
        .sort("entered_on", "car_park_id", "part_code")
    )


declaration = Declaration(
    function=parking_entries,
    key="open/mobility/daily_parking_entries",
    # Not made of the hours in gold: those with few cars have no count there.
    reads={
        "sessions": "bronze/brescia_mobilita/parking_sessions",
        "car_parks": "silver/mobility/off_street_parking",
    },
    gives={
        "entered_on": given("Day of the city's clock (Europe/Rome).", "sessions.entered_at"),
        "car_park_id": given("Car park; or 'totale'.", "car_parks.car_park_id"),
        "part_code": given("Hours of the day, such as 06-12; or 'totale'.", "sessions.entered_at"),
        "entries_count": given("Cars that entered; empty where withheld.", "sessions.session_pid"),
        "is_withheld": given(
            "Whether the count is withheld, so that no driver is recognised.",
            "sessions.session_pid",
        ),
    },
    key_columns=("entered_on", "car_park_id", "part_code"),
    window_by="entered_on",
    lookback_days=1,
    title="Cars that entered, by car park and part of the day",
    method_version="2",
    literature="Hundepool et al., Statistical Disclosure Control (2012), ch. 5.",
    release=Cells(
        quasi_identifiers=("car_park_id", "part_code"),
        within=("entered_on",),
        count="entries_count",
    ),
)
