"""From tables of a city to travel times: its streets, a day's timetable, hours and bicycles.

Times of a day are seconds since its midnight.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from assets.methods.connection_scan import Integers
from assets.methods.walking import (
    Array,
    Snapped,
    Streets,
    least_sum,
    metres_of,
    network,
    snap,
    walking_seconds,
)

DAY_S: Final = 86_400
_MS_OF_KMH: Final = 3.6


@dataclass(frozen=True)
class Habits:
    """How people move: the values of one edition of `definitions/access_speeds`."""

    walk_kmh: float
    bike_kmh: float
    walk_reach_m: float
    transfer_reach_m: float
    snap_reach_m: float
    change_s: float
    dock_s: float
    every_s: float
    longest_s: float

    def seconds_of(self, level_m: float) -> float:
        """How long so many metres on the level take on foot."""
        return level_m / self.walk_kmh * _MS_OF_KMH


def representative_day(trips: pl.DataFrame, weekday: int) -> date | None:
    """The latest day of the newest timetable that is such a weekday (1 is Monday) and no feast.

    A day is no feast if as many trips run as on the median of such days. None without any day.
    """
    newest = trips.filter(
        pl.col("timetable_from_at") == pl.col("timetable_from_at").max(),
        pl.col("service_on").dt.weekday() == weekday,
    )
    runs = newest.group_by("service_on").len()
    usual = runs.filter(pl.col("len") >= pl.col("len").median())
    latest = usual["service_on"].max()
    return latest if isinstance(latest, date) else None


def connections(
    trips: pl.DataFrame, departures: pl.DataFrame, stop_ids: pl.Series, day: date | None
) -> Integers:
    """Rows (from stop, to stop, departs, arrives, trip) of a day and of the night before it.

    Stops are numbered as in `stop_ids`; a stop that is not there is passed by. A vehicle that
    would arrive before it departs is left out there. No rows without a day.
    """
    if day is None:
        return np.empty((0, 5), dtype=np.int64)
    run = ["trip_id", "run_index"]
    running = (
        trips.filter(pl.col("service_on").is_in([day, day - timedelta(days=1)]))
        .select(*run, ahead_s=pl.when(pl.col("service_on") == day).then(0).otherwise(DAY_S))
        .sort("ahead_s", *run)
        .with_row_index("trip")
    )
    numbers = pl.DataFrame({"stop_id": stop_ids}).with_row_index("stop")
    visits = (
        departures.select(*run, "stop_sequence_index", "stop_id", "arrives_s", "departs_s")
        .join(numbers, on="stop_id")
        .join(running, on=run)
        .sort("trip", "stop_sequence_index")
    )
    following = pl.col("stop", "arrives_s").shift(-1).over("trip")
    rows = (
        visits.with_columns(following.name.prefix("next_"))
        .select(
            "stop",
            "next_stop",
            departs=pl.col("departs_s") - pl.col("ahead_s"),
            arrives=pl.col("next_arrives_s") - pl.col("ahead_s"),
            trip="trip",
        )
        .drop_nulls()
        .filter(pl.col("arrives") >= pl.col("departs"), pl.col("departs") >= 0)
    )
    return rows.cast(pl.Int64).to_numpy().reshape(-1, 5)


def open_hours(services: pl.DataFrame, weekday: int) -> pl.DataFrame:
    """When each service is open on a weekday: a row for each span that touches the day.

    What opened the day before and shuts after midnight counts, and so does what opens the day
    after: `service` (row of `services`), `opens_s`, `closes_s`. Unknown hours are none.
    """
    spans = [
        services.with_row_index("service")
        .filter(pl.col("weekdays_code").str.slice((weekday - 1 + offset) % 7, 1) == "1")
        .select("service", pl.col("opens_s", "closes_s") + offset * DAY_S)
        for offset in (-1, 0, 1)
    ]
    return pl.concat(spans).drop_nulls().filter(pl.col("closes_s") > 0).sort("service", "opens_s")


@dataclass(frozen=True)
class Town:
    """Seconds on foot and by public bicycle between the places of a city; inf where too far.

    Of o homes, s stops and v services: `to_stops` (o, s), `between_stops` (s, s),
    `from_stops` (s, v), `on_foot` (o, v) and `by_bike` (o, v), which is on foot where that is
    quicker. `is_on_street` says which homes stand by a street.
    """

    to_stops: Array
    between_stops: Array
    from_stops: Array
    on_foot: Array
    by_bike: Array
    is_on_street: np.ndarray


def town(
    habits: Habits,
    *,
    homes: pl.DataFrame,
    services: pl.DataFrame,
    stops: pl.DataFrame,
    stations: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
) -> Town:
    """Measure all ways over the streets; each table has `lat_deg` and `lng_deg`.

    A public bicycle is a faster way over the same streets, both ways and on the level, between
    two different stations, with the time to take it and to give it back: whether one is there, and
    a free dock, is not asked. It is not combined with vehicles.
    """
    known = nodes.drop_nulls(["lat_deg", "lng_deg"])
    walked, ridden = streets_of(habits, known, segments)
    home, service, stop, station = (
        placed_on(known, one, habits) for one in (homes, services, stops, stations)
    )
    near = habits.seconds_of(habits.walk_reach_m)
    longest = habits.longest_s
    on_foot = walked.walks(home, service, limit_s=longest)
    ride = ridden.walks(station, station, limit_s=longest) + 2 * habits.dock_s
    np.fill_diagonal(ride, np.inf)
    taken = least_sum(walked.walks(home, station, limit_s=near), ride)
    by_bike = least_sum(taken, walked.walks(station, service, limit_s=near))
    return Town(
        to_stops=walked.walks(home, stop, limit_s=near),
        between_stops=walked.walks(stop, stop, limit_s=habits.seconds_of(habits.transfer_reach_m)),
        from_stops=walked.walks(stop, service, limit_s=near),
        on_foot=on_foot,
        by_bike=np.minimum(on_foot, by_bike),
        is_on_street=home.node >= 0,
    )


def placed_on(nodes: pl.DataFrame, places: pl.DataFrame, habits: Habits) -> Snapped:
    """By which crossing each place stands, if by any; both have `lat_deg` and `lng_deg`."""
    points, crossings = (metres_on(nodes, one) for one in (places, nodes))
    return snap(points, crossings, farthest_m=habits.snap_reach_m)


def metres_on(nodes: pl.DataFrame, places: pl.DataFrame) -> Array:
    """Where places are, in metres (places, 2) on the plane of these crossings."""
    middle = float(nodes["lat_deg"].to_numpy().mean()) if nodes.height else 0.0
    lat, lng = (places[name].cast(pl.Float64).to_numpy() for name in ("lat_deg", "lng_deg"))
    return metres_of(lat, lng, middle_lat_deg=middle)


def streets_of(
    habits: Habits, nodes: pl.DataFrame, segments: pl.DataFrame
) -> tuple[Streets, Streets]:
    """The streets on foot and by bicycle; a stretch without known ends or length is none."""
    numbers = nodes.select("node_id").with_row_index("number")
    ends = (
        segments.select("from_node_id", "to_node_id", "length_m", "slope_ratio")
        .join(numbers.rename({"number": "start"}), left_on="from_node_id", right_on="node_id")
        .join(numbers.rename({"number": "end"}), left_on="to_node_id", right_on="node_id")
        .filter(pl.col("length_m") > 0)
    )
    lengths, slopes = ends["length_m"].to_numpy(), ends["slope_ratio"].fill_null(0.0).to_numpy()
    start, end = ends["start"].to_numpy(), ends["end"].to_numpy()
    there, back = (
        walking_seconds(lengths, one, level_kmh=habits.walk_kmh) for one in (slopes, -slopes)
    )
    riding = lengths / habits.bike_kmh * _MS_OF_KMH
    count = nodes.height
    metre_s = habits.seconds_of(1.0)
    return (
        Streets(network(start, end, there, back, nodes_count=count), metre_s),
        Streets(network(start, end, riding, riding, nodes_count=count), metre_s),
    )
