"""What actions are to change, place by place and day by day: the series they are judged by."""

from typing import Final

import polars as pl

from assets.action_places import WHOLE_CITY
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import in_order
from assets.declaration import Declaration, given

# How many hours of counts, and how many houses, a day needs.
_BIKES: Final = "goal_bikes_by_day"
_STAYS: Final = "goal_stays_by_day"
_CITY: Final = "Europe/Rome"
_SERIES: Final = {
    "goal_code": pl.String, "place_id": pl.String, "place_name": pl.String, "day_on": pl.Date,
    "value": pl.Float64, "unit_code": pl.String,
}  # fmt: skip


def goal_by_day(
    bikes: pl.DataFrame, heat: pl.DataFrame, nights: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give the series of each goal that has one; one row a goal, place and day.

    Bicycles are those of each counter, named by its street, as said last, on days of the city's
    clock with enough hours. Heat is that of whole quarters, on days on which what lies in them is
    told by itself: the rest of a place is of other sections from day to day, but all rows of a
    quarter are always all of it, and quarters do not overlap. Nights are those of all houses, on
    days on which enough reported. How many are enough are rows of `completeness`.
    """
    hours, houses = (completeness_of(completeness, one).least_count for one in (_BIKES, _STAYS))
    parts = [_bikes(bikes, least=hours), _heat(heat), _nights(nights, least=houses)]
    return pl.concat(
        part.select(pl.col(name).cast(kind) for name, kind in _SERIES.items()) for part in parts
    ).sort("goal_code", "place_id", "day_on")


def _bikes(bikes: pl.DataFrame, *, least: int) -> pl.DataFrame:
    hours = bikes.drop_nulls(["counted_at", "counter_id"]).sort(
        "window_on", "counter_id", "counted_at"
    )
    return (
        hours.unique(["counter_id", "counted_at"], keep="last", maintain_order=True)
        .drop_nulls("bikes_count")
        .group_by(
            place_id="counter_id",
            day_on=pl.col("counted_at").dt.convert_time_zone(_CITY).dt.date(),
        )
        .agg(
            place_name=pl.col("street_name").last(),
            value=pl.col("bikes_count").sum(),
            hours=pl.len(),
        )
        .filter(pl.col("hours") >= least)
        .with_columns(goal_code=pl.lit("bike_counts"), unit_code=pl.lit("1"))
    )


def _heat(heat: pl.DataFrame) -> pl.DataFrame:
    return (
        heat.drop_nulls(["heat_kwh", "quarter_id", "consumed_on"])
        .group_by(place_id="quarter_id", place_name="quarter_id", day_on="consumed_on")
        .agg(value=in_order("heat_kwh"))
        .with_columns(goal_code=pl.lit("heat"), unit_code=pl.lit("kW.h"))
    )


def _nights(nights: pl.DataFrame, *, least: int) -> pl.DataFrame:
    return (
        nights.drop_nulls(["nights_count", "day_on"])
        .group_by("day_on")
        .agg(value=pl.col("nights_count").sum(), houses=pl.col("structures_count").sum())
        .filter(pl.col("houses") >= least)
        .with_columns(
            place_id=pl.lit(WHOLE_CITY),
            place_name=pl.lit(WHOLE_CITY),
            goal_code=pl.lit("stays"),
            unit_code=pl.lit("1"),
        )
    )


_WHICH: Final = (
    "bikes.counter_id", "bikes.counted_at", "bikes.bikes_count", "heat.quarter_id",
    "heat.consumed_on", "heat.heat_kwh", "nights.day_on", "nights.structures_count",
    "nights.nights_count", *completeness_columns("completeness", "least_count"),
)  # fmt: skip

declaration = Declaration(
    function=goal_by_day,
    key="silver/actions/goal_by_day",
    reads={
        "bikes": "bronze/comune_brescia/bike_counts",
        "heat": "silver/energy/heat_consumption_by_day",
        "nights": "silver/tourism/accommodation_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "goal_code": given("bike_counts, heat or stays.", *_WHICH),
        "place_id": given("Counter, quarter or city.", *_WHICH),
        "place_name": given("Street of the counter; else the place.", "bikes.street_name"),
        "day_on": given("Day of the city's clock.", *_WHICH),
        "value": given("Bicycles, kWh or nights of the day.", *_WHICH, "bikes.window_on"),
        "unit_code": given("Unit of the value, UCUM.", *_WHICH),
    },
    key_columns=("goal_code", "place_id", "day_on"),
    window_by=None,
    title="What actions are judged by, by place and day",
    method_version="2",
    literature="Smart Data Models, KeyPerformanceIndicator.",
)
