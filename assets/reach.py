"""From tables of a city to travel times: its streets, a day's timetable, hours and bicycles.

What several indicators of access share. Times of a day are seconds since its midnight.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from assets.editions import newest
from assets.methods.connection_scan import Integers, Links, Services, Timetable, travel_times
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
# A working day is stood for by a Tuesday.
WEEKDAYS: Final = {"weekday": 2, "sunday": 7}
_HOUR_S: Final = 3600
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
    middle = float(known["lat_deg"].to_numpy().mean()) if known.height else 0.0
    crossings = metres_of(known["lat_deg"], known["lng_deg"], middle_lat_deg=middle)

    def placed(places: pl.DataFrame) -> Snapped:
        lat, lng = (places[name].cast(pl.Float64).to_numpy() for name in ("lat_deg", "lng_deg"))
        points = metres_of(lat, lng, middle_lat_deg=middle)
        return snap(points, crossings, farthest_m=habits.snap_reach_m)

    walked, ridden = _streets(habits, known, segments)
    home, service, stop, station = (placed(one) for one in (homes, services, stops, stations))
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


def _streets(
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


@dataclass(frozen=True)
class Day:
    """A kind of day: whose timetable runs, what runs, and when people leave in each time band."""

    code: str
    weekday: int
    timetable_on: date | None
    rides: Integers
    leaves_s: dict[str, Integers]


@dataclass(frozen=True)
class Setting:
    """All that travel times of a city are made of, by one edition of how people move.

    Homes are the inhabited sections and services those of a known category, both by id.
    """

    edition: dict[str, object]
    habits: Habits
    homes: pl.DataFrame
    services: pl.DataFrame
    streets: Town
    days: list[Day]


def setting(
    *,
    population: pl.DataFrame,
    services: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    departures: pl.DataFrame,
    trips: pl.DataFrame,
    stations: pl.DataFrame,
    bands: pl.DataFrame,
    speeds: pl.DataFrame,
) -> Setting | None:
    """The city on the latest Tuesday and the latest Sunday of the timetable that are no feasts.

    None where there is nothing to go from, to go to, or to go by.
    """
    on = {code: representative_day(trips, weekday) for code, weekday in WEEKDAYS.items()}
    latest = max((day for day in on.values() if day is not None), default=None)
    held = newest(speeds, until=latest).sort("definition_code").head(1)
    hours = (
        newest(bands, "band_code", until=latest)
        .filter(pl.col("starts_h") < pl.col("ends_h"))
        .sort("day_code", "starts_h", "band_code")
    )
    homes = population.filter(pl.col("residents_count") > 0).sort("section_id")
    kinds = services.drop_nulls("category_code").sort("service_id")
    if not (held.height and hours.height and homes.height and kinds.height):
        return None
    edition = held.row(0, named=True)
    habits = Habits(**{name: edition[name] for name in Habits.__dataclass_fields__})
    stands = stops.filter("is_stop").sort("stop_id")
    streets = town(
        habits, homes=homes, services=kinds, stops=stands, stations=stations.sort("station_id"),
        nodes=nodes.sort("node_id"), segments=segments.sort("edge_id"),
    )  # fmt: skip
    days = []
    for code, weekday in WEEKDAYS.items():
        of_day = hours.filter(pl.col("day_code") == code).iter_rows(named=True)
        leaves = {str(band["band_code"]): _leaving(band, habits) for band in of_day}
        if leaves:
            rides = connections(trips, departures, stands["stop_id"], on[code])
            days.append(Day(code, weekday, on[code], rides, leaves))
    return Setting(edition, habits, homes, kinds, streets, days) if days else None


def _leaving(band: dict[str, float], habits: Habits) -> Integers:
    """When people leave within a time band, its end excluded: seconds since midnight."""
    start, end = band["starts_h"] * _HOUR_S, band["ends_h"] * _HOUR_S
    return np.arange(start, end, habits.every_s).astype(np.int64)


@dataclass(frozen=True)
class Times:
    """Seconds to the nearest open service of each category; -1 where none is reached in time.

    Each is (homes, departures, categories): on foot alone, on foot or by public bicycle, and by
    whatever is quickest.
    """

    on_foot: np.ndarray
    by_bike: np.ndarray
    quickest: np.ndarray


@dataclass(frozen=True)
class Journeys:
    """All journeys of some departures of a day to the services open on it, each of a category."""

    habits: Habits
    streets: Town
    access: Links
    services: Services
    opened: Integers
    timetable: Timetable
    standing: Timetable
    leaves_s: Integers

    @classmethod
    def of(
        cls,
        city: Setting,
        day: Day,
        leaves_s: Integers,
        *,
        category: pl.Series,
        categories: list[str],
    ) -> "Journeys":
        """Those of a city on a kind of day; `category` has one for each of its services."""
        habits, streets = city.habits, city.streets
        hours = open_hours(city.services, day.weekday)
        which = hours["service"].to_numpy().astype(np.int64)
        numbers = {name: number for number, name in enumerate(categories)}
        kinds = category.replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
        stops_count = streets.between_stops.shape[0]
        open_services = Services(
            _links(streets.from_stops[:, which]),
            kinds[which].astype(np.int64),
            hours["opens_s"].to_numpy().astype(np.int64),
            hours["closes_s"].to_numpy().astype(np.int64),
            len(categories),
        )
        first, last = leaves_s.min(initial=DAY_S), leaves_s.max(initial=0) + int(habits.longest_s)
        in_time = day.rides[(day.rides[:, 2] >= first) & (day.rides[:, 2] <= last)]
        walks = streets.between_stops.copy()
        np.fill_diagonal(walks, np.inf)
        return cls(
            habits, streets, _links(streets.to_stops), open_services, which,
            Timetable.of(in_time, _rows(walks), stops_count=stops_count),
            Timetable.of([], [], stops_count=stops_count),
            leaves_s,
        )  # fmt: skip

    def quickest(self, homes: slice = slice(None)) -> np.ndarray:
        """Seconds (homes, departures, categories) by whatever is quickest, of some homes."""
        return self._times(self.streets.by_bike, self.timetable, homes)

    def times(self) -> Times:
        """The same for each way to move."""
        return Times(
            on_foot=self._times(self.streets.on_foot, self.standing),
            by_bike=self._times(self.streets.by_bike, self.standing),
            quickest=self.quickest(),
        )

    def _times(self, ways: Array, by: Timetable, homes: slice = slice(None)) -> np.ndarray:
        access = self.access if homes == slice(None) else _links(self.streets.to_stops[homes])
        return travel_times(
            by, access, _links(ways[homes][:, self.opened]), self.services,
            leaves_s=self.leaves_s, margin_s=int(self.habits.change_s),
            longest_s=int(self.habits.longest_s),
        )  # fmt: skip


def trusted(rows: pl.DataFrame, city: Setting, *, of_streets: tuple[str, ...]) -> pl.DataFrame:
    """Rows by section with the edition used, and how far their numbers may be relied on.

    `of_streets` are the columns that nobody off the streets has. Speeds, distances and hours are
    assumed: unverified, unless something is missing that is worse.
    """
    on_street = pl.DataFrame(
        {"section_id": city.homes["section_id"], "on": city.streets.is_on_street}
    )
    has_timetable = pl.col("timetable_on").is_not_null()
    return (
        rows.join(on_street, on="section_id")
        .with_columns(pl.when("on").then(name).alias(name) for name in of_streets)
        .with_columns(
            definition_code=pl.lit(city.edition["definition_code"], pl.String),
            definition_from_on=pl.lit(city.edition["valid_from_on"], pl.Date),
            completeness_ratio=pl.when(~pl.col("on"))
            .then(0.0)
            .when(has_timetable)
            .then(1.0)
            .otherwise(0.5),
            quality_code=pl.when(~pl.col("on"))
            .then(pl.lit("no_data"))
            .when(~has_timetable)
            .then(pl.lit("partial"))
            .otherwise(pl.lit("unverified")),
        )
        .drop("on")
    )


def _rows(seconds: Array) -> Integers:
    """Rows (place, beside, whole seconds, rounded up) of what is not too far."""
    place, beside = np.nonzero(np.isfinite(seconds))
    return np.column_stack([place, beside, np.ceil(seconds[place, beside])]).astype(np.int64)


def _links(seconds: Array) -> Links:
    return Links.of(seconds.shape[0], _rows(seconds))
