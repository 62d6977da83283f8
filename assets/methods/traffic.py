"""How freely traffic moves: free-flow speed, travel time and planning time indices, service.

Federal Highway Administration (2006), Travel Time Reliability: Making It There On Time, All The
Time. Speeds may be in any unit, the same one throughout; indices have none.
"""

from typing import Final

import polars as pl

from assets.editions import dated

CITY_ZONE: Final = "Europe/Rome"


def is_at_night(at: pl.Expr, *, from_hour: int, until_hour: int, zone: str = CITY_ZONE) -> pl.Expr:
    """Whether an instant (UTC) lies in the hours when traffic is free, by the clock of the city.

    From an hour of the evening until before one of the morning.
    """
    hour = at.dt.convert_time_zone(zone).dt.hour()
    return (hour >= from_hour) | (hour < until_hour)


def free_flow_speed(speeds: pl.Expr, *, share: float) -> pl.Expr:
    """The speed of free traffic: a quantile of speeds at night, 0.85 in FHWA (2006)."""
    return speeds.quantile(share, "linear")


def travel_time_index(speed: pl.Expr, free_flow: pl.Expr) -> pl.Expr:
    """Travel time over that of free traffic, at least 1: who is faster gains nothing by it.

    Null where the speed is not above nought.
    """
    index = pl.when(speed > 0).then(free_flow / speed)
    return pl.when(index < 1).then(1.0).otherwise(index)


def planning_time_index(indices: pl.Expr, *, share: float) -> pl.Expr:
    """The time to plan for over free time, to be on time in a share of cases: 0.95 in FHWA (2006).

    1.60 means 24 minutes for a way of 15 in free traffic (FHWA 2006).
    """
    return indices.quantile(share, "linear")


def saturation(vehicles_an_hour: pl.Expr, capacity_an_hour: pl.Expr) -> pl.Expr:
    """Volume over capacity (v/c); null without a capacity."""
    return pl.when(capacity_an_hour > 0).then(vehicles_an_hour / capacity_an_hour)


def trailing_quantile(
    values: pl.DataFrame, *by: str, value: str, share: float, days: int, least_count: int
) -> pl.DataFrame:
    """For each day (`day_on`) the quantile of its values and those of the days before it.

    By each group; `days` are counted with the day itself. Gives `by`, `day_on`, the value, null
    where fewer than `least_count` values stand behind it, and `days_count`, on how many days any
    was.
    """
    daily = (
        values.drop_nulls(value)
        .group_by(*by, "day_on")
        .agg(pl.col(value).sort())
        .sort(*by, "day_on")
    )
    every = pl.col(value).explode(empty_as_null=True)
    return daily.rolling("day_on", period=f"{days}d", group_by=list(by)).agg(
        pl.when(every.count() >= least_count).then(every.quantile(share, "linear")).alias(value),
        days_count=pl.len().cast(pl.Int64),
    )


def service_levels(states: pl.DataFrame, bands: pl.DataFrame) -> pl.DataFrame:
    """Add the level of service by speed over free-flow speed (`speed_ratio`) on each `day_on`.

    `bands` has `definition_code`, `valid_from_on`, `service_code`, `service_level`,
    `above_speed_ratio` and `is_verified`: a band begins above its limit, as the Highway Capacity
    Manual has it. Of the editions the newest in force that day is taken; before the first there is
    no level. Rows keep their order.
    """
    limits = bands.rename({"valid_from_on": "edition_on"}).select(
        "edition_on", "above_speed_ratio", "service_code", "service_level", "is_verified"
    )
    return (
        dated(states.with_row_index("place"), bands, day="day_on")
        .rename({"valid_from_on": "edition_on"})
        .drop("definition_code")
        .sort("speed_ratio")
        .join_asof(
            limits.sort("above_speed_ratio"),
            left_on="speed_ratio",
            right_on="above_speed_ratio",
            by="edition_on",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .sort("place")
        .drop("place", "above_speed_ratio")
    )
