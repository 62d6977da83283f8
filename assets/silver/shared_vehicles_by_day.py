"""How much shared cars and scooters are used, day by day and kind by kind."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.small_groups import LIMITS, limited_by, with_least

# Nobody is to be guessed: at least so many people rented a vehicle of the kind on the day.
_SUBJECT: Final = "shared_vehicles_by_day"
_PRECISION: Final = 1


def shared_vehicles_by_day(rentals: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Count the rentals of each kind of vehicle on each day (UTC), and how far they went.

    A kind with fewer customers on a day than the limit has no row: its rentals are not told, and
    there is no total from which they could be taken. The distance is the mean of the rentals that
    state one. A rental delivered again counts once, as it was said last.
    """
    last = rentals.sort("window_on").unique("rental_pid", keep="last")
    kinds = (
        last.filter(pl.col("vehicle_code").is_not_null())
        .group_by(day_on=pl.col("started_at").dt.date(), vehicle_code="vehicle_code")
        .agg(
            rentals_count=pl.len().cast(pl.Int64),
            customers_count=pl.col("customer_pid").drop_nulls().n_unique().cast(pl.Int64),
            distance_km=pl.col("distance_km").sort().mean().round(_PRECISION),
        )
    )
    return (
        with_least(kinds, limits, _SUBJECT, day="day_on")
        .filter(pl.col("customers_count") >= pl.col("least_count"))
        .select("day_on", "vehicle_code", "rentals_count", "customers_count", "distance_km")
        .sort("day_on", "vehicle_code")
    )


_COUNTED: Final = ("rentals.rental_pid", "rentals.customer_pid", *limited_by("limits"))

declaration = Declaration(
    function=shared_vehicles_by_day,
    key="silver/mobility/shared_vehicles_by_day",
    reads={"rentals": "bronze/brescia_mobilita/shared_vehicles", "limits": LIMITS},
    gives={
        "day_on": given("Day on which they began, UTC.", "rentals.started_at"),
        "vehicle_code": given("auto, auto_elettrica or scooter.", "rentals.vehicle_code"),
        "rentals_count": given("Rentals.", *_COUNTED),
        "customers_count": given("Different customers, as many as the limit at least.", *_COUNTED),
        "distance_km": given(
            "Mean distance of a rental.", "rentals.distance_km", "rentals.rental_pid"
        ),
    },
    key_columns=("day_on", "vehicle_code"),
    window_by="day_on",
    title="Shared vehicles by day",
    method_version="1",
    literature="Counts with at least ten contributors (see the privacy page).",
)
