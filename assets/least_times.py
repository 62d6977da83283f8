"""How quick a way can be at best: without waiting, whatever the timetable, of all homes at once.

It costs two searches over the streets, one over the stops, and one look at the timetable.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.methods.connection_scan import Integers
from assets.methods.walking import Array, Snapped, Streets, fastest_ms, from_nearest
from assets.reach import Habits, metres_on, placed_on, streets_of

# From one place to another, and seconds.
Ways = tuple[Integers, Integers, Array]


@dataclass(frozen=True)
class Network:
    """Streets and stops on which every vehicle is where it is wanted, and as fast as any ever is.

    Where the way on foot is not searched for it is as the crow flies, as fast as anywhere on these
    streets.
    """

    habits: Habits
    nodes: pl.DataFrame
    stops: pl.DataFrame
    walked: Streets
    ridden: Streets
    crow_ms: float
    hops: Ways

    @classmethod
    def of(
        cls,
        habits: Habits,
        *,
        nodes: pl.DataFrame,
        segments: pl.DataFrame,
        stops: pl.DataFrame,
        departures: pl.DataFrame,
    ) -> "Network":
        """Of the tables of a city; see `assets.journeys.setting`."""
        known = nodes.drop_nulls(["lat_deg", "lng_deg"]).sort("node_id")
        stands = stops.filter("is_stop").sort("stop_id")
        walked, ridden = streets_of(habits, known, segments)
        crow_ms = max(fastest_ms(walked.seconds, metres_on(known, known)), 1 / walked.metre_s)
        rides = _rides(departures, stands["stop_id"])
        changes = _near(
            *(metres_on(known, stands),) * 2, habits.seconds_of(habits.transfer_reach_m), crow_ms
        )
        hops = [np.concatenate(one) for one in zip(rides, changes, strict=True)]
        return cls(habits, known, stands, walked, ridden, crow_ms, (hops[0], hops[1], hops[2]))

    def least_times(
        self, homes: pl.DataFrame, services: pl.DataFrame, stations: pl.DataFrame
    ) -> pl.DataFrame:
        """Seconds that no journey from a home to a service of a category falls below.

        Columns `section_id`, `category_code`, `on_foot_s`, `by_bike_s` and `quickest_s`, infinite
        where none is reached within the longest journey that counts. The first is the way itself.
        """
        home, stop, station = (
            placed_on(self.nodes, one, self.habits) for one in (homes, self.stops, stations)
        )
        home_m, stop_m, station_m = (
            metres_on(self.nodes, one) for one in (homes, self.stops, stations)
        )
        near_s = self.habits.seconds_of(self.habits.walk_reach_m)
        to_stops = _near(home_m, stop_m, near_s, self.crow_ms)
        to_stations = _near(home_m, station_m, near_s, self.crow_ms)
        parts = []
        for kind in services["category_code"].drop_nulls().unique().sort():
            of_kind = services.filter(pl.col("category_code") == kind)
            place = placed_on(self.nodes, of_kind, self.habits)
            door_s = place.metres * self.walked.metre_s
            found = self._search(self.walked, place.node, door_s)
            on_foot = self._at(home, found)
            egress_stop, egress_station = (
                np.where(one > near_s, np.inf, one)
                for one in (self._at(stop, found), self._at(station, found))
            )
            dock_s = self.habits.dock_s + station.metres * self.ridden.metre_s
            ridden = self._search(self.ridden, station.node, egress_station + dock_s)
            taken = np.append(ridden, np.inf)[station.node] + dock_s
            by_bike = np.minimum(on_foot, _onward(to_stations, taken, homes.height))
            by_vehicle = _onward(to_stops, self._ride(egress_stop, onward=False), homes.height)
            parts.append(
                pl.DataFrame(
                    {
                        "section_id": homes["section_id"],
                        "on_foot_s": on_foot,
                        "by_bike_s": by_bike,
                        "quickest_s": np.minimum(by_bike, by_vehicle),
                    }
                ).with_columns(category_code=pl.lit(kind))
            )
        return pl.concat(parts)

    def stops_from(self, homes: pl.DataFrame) -> pl.Series:
        """The stops that anybody of these homes can come to within the longest journey."""
        near_s = self.habits.seconds_of(self.habits.walk_reach_m)
        stop_m = metres_on(self.nodes, self.stops)
        _, stop, seconds = _near(metres_on(self.nodes, homes), stop_m, near_s, self.crow_ms)
        least = np.full(self.stops.height, np.inf)
        np.minimum.at(least, stop, seconds)
        reached = self._ride(least, onward=True) <= self.habits.longest_s
        return self.stops.filter(pl.Series(reached, dtype=pl.Boolean))["stop_id"]

    def _search(self, streets: Streets, nodes: Integers, beyond_s: Array) -> Array:
        """Least seconds from each crossing to the nearest of some places, in time for a journey."""
        there = nodes >= 0
        return from_nearest(
            streets.seconds.T, nodes[there], beyond_s[there], limit=self.habits.longest_s
        )

    def _at(self, places: Snapped, found: Array) -> Array:
        """Seconds of places by the crossings; those by none have none."""
        return np.append(found, np.inf)[places.node] + places.metres * self.walked.metre_s

    def _ride(self, least: Array, *, onward: bool) -> Array:
        """Seconds of each stop, where a ride or a walk to the next may be quicker."""
        start, end, seconds = self.hops
        if not onward:
            start, end = end, start
        count = self.stops.height
        return from_nearest(
            _matrix((start, end, seconds), count), np.arange(count), least,
            limit=self.habits.longest_s,
        )  # fmt: skip


def _near(places_m: Array, others_m: Array, within_s: float, crow_ms: float) -> Ways:
    """The pairs of places that may be so near on foot, and the least seconds between them."""
    from scipy.spatial import cKDTree

    known, theirs = (np.flatnonzero(np.isfinite(one).all(axis=1)) for one in (places_m, others_m))
    if not len(known) or not len(theirs):
        nobody = np.empty(0, dtype=np.int64)
        return nobody, nobody, np.empty(0)
    pairs = cKDTree(places_m[known]).sparse_distance_matrix(
        cKDTree(others_m[theirs]), within_s * crow_ms, output_type="ndarray"
    )
    return known[pairs["i"]], theirs[pairs["j"]], pairs["v"] / crow_ms


def _onward(ways: Ways, least: Array, count: int) -> Array:
    """The least of so many places by a way to another, of which the seconds are known."""
    start, end, seconds = ways
    found = np.full(count, np.inf)
    np.minimum.at(found, start, seconds + least[end])
    return found


def _matrix(ways: Ways, count: int) -> Any:  # csr_matrix, of a library without types
    """Ways as a sparse matrix; of several from one place to another the quickest counts."""
    from scipy.sparse import csr_matrix

    start, end, seconds = ways
    order = np.lexsort((seconds, end, start))
    first = order[np.unique((start * count + end)[order], return_index=True)[1]]
    return csr_matrix((seconds[first], (start[first], end[first])), shape=(count, count))


def _rides(departures: pl.DataFrame, stop_ids: pl.Series) -> Ways:
    """From which stop to which, and the least seconds between, by any vehicle of any timetable.

    A vehicle that is said to leave a stop before it comes to it rides from when it comes: so the
    rides of a trip never add up to more than the trip. Stops that are not known are passed by.
    """
    numbers = pl.DataFrame({"stop_id": stop_ids}).with_row_index("stop")
    of_run = ["trip_id", "run_index"]
    visits = (
        departures.lazy()
        .select(*of_run, "stop_sequence_index", "stop_id", "arrives_s", "departs_s")
        .join(numbers.lazy(), on="stop_id")
        .sort(*of_run, "stop_sequence_index")
    )
    came, goes_on = (
        pl.all_horizontal(pl.col(one) == pl.col(one).shift(step) for one in of_run)
        for step in (1, -1)
    )
    left = pl.when(came).then(pl.max_horizontal("arrives_s", "departs_s")).otherwise("departs_s")
    least = (
        visits.select(
            "stop",
            end=pl.col("stop").shift(-1),
            seconds=(pl.col("arrives_s").shift(-1) - left).clip(lower_bound=0),
            goes_on=goes_on,
        )
        .filter("goes_on")
        .drop_nulls()
        .group_by("stop", "end")
        .agg(pl.col("seconds").min())
        .collect()
    )
    start, end = (least[name].cast(pl.Int64).to_numpy() for name in ("stop", "end"))
    return start, end, least["seconds"].cast(pl.Float64).to_numpy()
