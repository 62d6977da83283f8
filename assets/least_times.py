"""How quick the way to a service can be at best: without waiting, whatever the timetable."""

import numpy as np
import polars as pl

from assets.journeys import Setting
from assets.methods.connection_scan import Integers
from assets.methods.walking import Array, least_sum


def least_times(city: Setting) -> pl.DataFrame:
    """Seconds that no journey from a home to a service of a category falls below.

    Columns `section_id`, `category_code`, `on_foot_s`, `by_bike_s` and `quickest_s`, infinite where
    none is reached. The first two are the ways themselves; the last lets every vehicle be there
    when it is wanted and run as fast as any does between two stops, on any day.
    """
    streets = city.streets
    start, end, seconds = _hops(city)
    onward = streets.from_stops
    # From the services back, a ride or a walk more at a time, until nothing gets quicker.
    while True:
        further = onward.copy()
        np.minimum.at(further, start, seconds[:, None] + onward[end])
        if np.array_equal(further, onward):
            break
        onward = further
    quickest = np.minimum(streets.by_bike, least_sum(streets.to_stops, onward))
    kinds = city.services["category_code"]
    parts = [
        pl.DataFrame(
            {
                "section_id": city.homes["section_id"],
                "on_foot_s": _least(streets.on_foot, of_kind),
                "by_bike_s": _least(streets.by_bike, of_kind),
                "quickest_s": _least(quickest, of_kind),
            }
        ).with_columns(category_code=pl.lit(kind))
        for kind in kinds.unique().sort()
        for of_kind in [(kinds == kind).to_numpy()]
    ]
    return pl.concat(parts)


def _least(seconds: Array, chosen: np.ndarray) -> Array:
    return np.asarray(seconds[:, chosen].min(axis=1))


def _hops(city: Setting) -> tuple[Integers, Integers, Array]:
    """From which stop to which, and least seconds: walks, and rides from one stop to the next."""
    walks = city.streets.between_stops
    start, end = np.nonzero(np.isfinite(walks))
    hops = [(start, end, walks[start, end]), *(_rides(day.rides) for day in city.days)]
    least = (
        pl.concat(pl.DataFrame(dict(zip("abs", hop, strict=True))) for hop in hops)
        .group_by("a", "b")
        .agg(pl.col("s").min())
    )
    return least["a"].to_numpy(), least["b"].to_numpy(), least["s"].to_numpy()


def _rides(rows: Integers) -> tuple[Integers, Integers, Array]:
    """From which stop to which, and the seconds between; see `assets.reach.connections`.

    A vehicle that is said to leave a stop before it comes to it rides from when it comes: so the
    rides of a trip never add up to more than the trip.
    """
    start, end, departs, arrives, trip = rows.T
    came = np.roll(arrives, 1)
    goes_on = np.roll(trip, 1) == trip
    left = np.where(goes_on, np.maximum(departs, came), departs)
    return start, end, np.maximum(arrives - left, 0).astype(float)
