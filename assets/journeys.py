"""All journeys of a city on a kind of day, to each service or to the nearest of each category.

What several indicators of access share: what they read, what it is made of, and how sure it is.
Times of a day are seconds since its midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from assets.editions import newest, only
from assets.methods.connection_scan import Integers, Links, Services, Timetable, travel_times
from assets.methods.walking import Array
from assets.reach import (
    DAY_S,
    Habits,
    Town,
    connections,
    open_hours,
    representative_day,
    town,
)

# A working day is stood for by a Tuesday.
WEEKDAYS: Final = {"weekday": 2, "sunday": 7}
_HOUR_S: Final = 3600
# What `setting` reads, and what travel times are made of, for the statements of tables.
READS: Final = {
    "population": "silver/services/population_by_section",
    "services": "silver/services/point_of_interest",
    "nodes": "silver/mobility/road_node",
    "segments": "silver/mobility/road_segment",
    "stops": "silver/mobility/transit_stops",
    "departures": "silver/mobility/transit_departures",
    "trips": "silver/mobility/transit_trips_by_day",
    "stations": "bronze/brescia_mobilita/bike_share_stations",
    "bands": "bronze/definitions/access_time_bands",
    "speeds": "bronze/definitions/access_speeds",
}
HOMES: Final = (
    "population.lat_deg", "population.lng_deg", "population.residents_count",
    "nodes.node_id", "nodes.lat_deg", "nodes.lng_deg", "speeds.snap_reach_m",
)  # fmt: skip
EDITION: Final = (
    "speeds.valid_from_on", "speeds.definition_code", "bands.valid_from_on", "trips.service_on",
    "trips.timetable_from_at",
)  # fmt: skip
HOURS: Final = (
    "bands.band_code", "bands.day_code", "bands.starts_h", "bands.ends_h", "speeds.every_s",
    *EDITION,
)  # fmt: skip
ON_FOOT: Final = (
    *HOMES, *HOURS, "services.service_id", "services.category_code", "services.lat_deg",
    "services.lng_deg", "services.opens_s", "services.closes_s", "services.weekdays_code",
    "segments.from_node_id", "segments.to_node_id", "segments.length_m", "segments.slope_ratio",
    "speeds.walk_kmh", "speeds.longest_s",
)  # fmt: skip
BY_BIKE: Final = (
    *ON_FOOT, "stations.lat_deg", "stations.lng_deg", "speeds.bike_kmh", "speeds.dock_s",
    "speeds.walk_reach_m",
)  # fmt: skip
QUICKEST: Final = (
    *BY_BIKE, "stops.stop_id", "stops.is_stop", "stops.lat_deg", "stops.lng_deg",
    "departures.trip_id", "departures.run_index", "departures.stop_sequence_index",
    "departures.stop_id", "departures.arrives_s", "departures.departs_s", "trips.trip_id",
    "trips.run_index", "speeds.transfer_reach_m", "speeds.change_s",
)  # fmt: skip


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
    on = _days_of(trips)
    latest = max((day for day in on.values() if day is not None), default=None)
    edition = only(speeds, until=latest)
    hours = (
        newest(bands, "band_code", until=latest)
        .filter(pl.col("starts_h") < pl.col("ends_h"))
        .sort("day_code", "starts_h", "band_code")
    )
    homes = population.filter(pl.col("residents_count") > 0).sort("section_id")
    kinds = services.drop_nulls("category_code").sort("service_id")
    if not (edition and hours.height and homes.height and kinds.height):
        return None
    habits = _habits(edition)
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


def habits_of(trips: pl.DataFrame, speeds: pl.DataFrame) -> Habits | None:
    """How people move, by the edition that holds on the days of `setting`; None without one."""
    latest = max((day for day in _days_of(trips).values() if day is not None), default=None)
    edition = only(speeds, until=latest)
    return _habits(edition) if edition else None


def _days_of(trips: pl.DataFrame) -> dict[str, date | None]:
    return {code: representative_day(trips, weekday) for code, weekday in WEEKDAYS.items()}


def _habits(edition: Mapping[str, object]) -> Habits:
    return Habits(**{name: edition[name] for name in Habits.__dataclass_fields__})  # type: ignore[arg-type]


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
