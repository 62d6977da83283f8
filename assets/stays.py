"""Whose stays may be told: the limits that all tables of nights in the city keep to."""

from typing import Final

import polars as pl

from assets.small_groups import Limit, limited_by, newest_limit

# What is made of them.
LIMITED: Final = (*limited_by("limits"), "limits.largest_ratio")
_HOUSES: Final = "stays_houses"
_GUESTS: Final = "stays_guests"


def may_be_told(limits: pl.DataFrame) -> pl.Expr:
    """Whether a number is of enough houses and guests, by the newest limits; never without them.

    The newest hold for all years: they are of what is told now.

    Rows have `structures_count`, `arrivals_count`, `nights_count` and `largest_nights_count`: no
    house may have the largest share of the nights that the limit names, or more.
    """
    houses, guests = (newest_limit(limits, subject) for subject in (_HOUSES, _GUESTS))
    return (
        (pl.col("structures_count") >= houses.least_count)
        & (pl.col("arrivals_count") >= guests.least_count)
        & _is_no_ones(houses)
    )


def _is_no_ones(houses: Limit) -> pl.Expr:
    if houses.largest_ratio is None:
        return pl.lit(value=True)
    return pl.col("largest_nights_count") < houses.largest_ratio * pl.col("nights_count")
