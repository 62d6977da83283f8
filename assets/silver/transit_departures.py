"""When each run of the newest timetable is at each of its stops, on whatever day it runs."""

import polars as pl

from assets.declaration import Declaration, given
from assets.timetable import stop_times_of_runs


def transit_departures(
    stop_times: pl.DataFrame, frequencies: pl.DataFrame, trips: pl.DataFrame
) -> pl.DataFrame:
    """Give arrival and departure of each run at each stop, in seconds of the service day.

    They are not multiplied by days: `silver/mobility/transit_trips_by_day` says on which days a
    trip runs. Trips by frequency are unrolled into runs; times the publisher leaves out are spread
    evenly between those it states.
    """
    about = trips.select("trip_id", "route_id", "direction_code", "service_id")
    return (
        stop_times_of_runs(stop_times, frequencies)
        .join(about, on="trip_id")
        .select(
            "trip_id",
            "run_index",
            "stop_sequence_index",
            "stop_id",
            "route_id",
            "direction_code",
            "service_id",
            "arrives_s",
            "departs_s",
            "is_timed",
        )
        .sort("trip_id", "run_index", "stop_sequence_index")
    )


declaration = Declaration(
    function=transit_departures,
    key="silver/mobility/transit_departures",
    reads={
        "stop_times": "bronze/brescia_mobilita/transit_stop_times",
        "frequencies": "bronze/brescia_mobilita/transit_frequencies",
        "trips": "bronze/brescia_mobilita/transit_trips",
    },
    gives={
        "trip_id": given("The trip.", "stop_times.trip_id"),
        "run_index": given(
            "Which of its runs on one day, from 0: only trips by frequency have several.",
            "frequencies.starts_s",
            "frequencies.headway_s",
        ),
        "stop_sequence_index": given("Order of the stop.", "stop_times.stop_sequence_index"),
        "stop_id": given("The stop.", "stop_times.stop_id"),
        "route_id": given("The line.", "trips.route_id"),
        "direction_code": given("0 or 1: there or back.", "trips.direction_code"),
        "service_id": given("On which days it runs.", "trips.service_id"),
        "arrives_s": given(
            "Arrival, seconds since noon less twelve hours of the service day.",
            "stop_times.arrives_s",
            "frequencies.starts_s",
        ),
        "departs_s": given(
            "Departure, counted alike.", "stop_times.departs_s", "frequencies.starts_s"
        ),
        "is_timed": given(
            "Whether the publisher states the time here; else it is spread between those stated.",
            "stop_times.arrives_s",
            "stop_times.departs_s",
        ),
    },
    key_columns=("trip_id", "run_index", "stop_sequence_index"),
    window_by=None,
    title="Departures of public transport by run and stop",
    method_version="1",
    literature="GTFS Schedule reference, stop_times.txt and frequencies.txt.",
)
