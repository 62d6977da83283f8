"""The simulated city's buses and their timetable as bronze tables, without a lake in between."""

from datetime import date
from typing import Final

import polars as pl

from assets.indicators import daily_punctuality_by_line as punctuality
from assets.timetable import instant
from infra.simulator.city import City
from infra.simulator.datasets import bus_positions
from infra.simulator.datasets.gtfs import feeds
from infra.simulator.days import midnight
from tests.assets.indicators.simulated_journeys import stops_of, timetable_of
from tests.assets.silver.state_frames import Row, inputs_of

RULE: Final[Row] = {
    "definition_code": "first",
    "valid_from_on": date(2025, 1, 1),
    "early_s": 60,
    "late_s": 300,
    "near_m": 50.0,
    "least_complete_ratio": 0.75,
    "is_verified": True,
}
LIMIT: Final[Row] = {
    "valid_from_on": date(2025, 1, 1),
    "subject_code": "punctuality_by_day",
    "least_count": 10,
}
_UTC: Final = pl.Datetime("us", "UTC")
_ZONE: Final = "Europe/Rome"


def positions_of(city: City) -> pl.DataFrame:
    """All positions, as they are stored."""
    rows = [
        batch.rows.with_columns(window_on=pl.lit(batch.day))
        for batch in bus_positions.batches(city)
    ]
    at = pl.from_epoch("timestamp").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    return pl.concat(rows).select(
        vehicle_id="vehicle.id",
        trip_id="trip.trip_id",
        observed_at=at,
        lat_deg="position.latitude",
        lng_deg="position.longitude",
        delay_s="delay",
        window_on="window_on",
    )


def planted_delays(city: City) -> pl.DataFrame:
    """How late each run was made to be."""
    rows = [
        batch.rows.select(
            service_on=pl.lit(batch.day), trip_id="trip.trip_id", planted_s="delay"
        ).unique()
        for batch in bus_positions.batches(city)
    ]
    return pl.concat(rows)


def buses_of(city: City) -> dict[str, pl.DataFrame]:
    """What the passing of stops is made of, by the timetables of the days."""
    editions = list(feeds(city))
    runs, times = [], []
    for number, feed in enumerate(editions):
        week = timetable_of(feed, city.start)
        at_stops = week["departures"]
        ends = at_stops.group_by("trip_id").agg(
            leaves_s=pl.col("departs_s").min(),
            arrives_s=pl.col("arrives_s").max(),
            stops_count=pl.len().cast(pl.Int64),
        )
        until = editions[number + 1].from_on if number + 1 < len(editions) else None
        holds = pl.col("service_on") >= feed.from_on
        holds &= pl.lit(value=True) if until is None else pl.col("service_on") < until
        runs.append(
            week["trips"]
            .filter(holds)
            .join(ends, on="trip_id")
            .select(
                "service_on",
                "trip_id",
                "stops_count",
                "timetable_from_at",
                run_index=pl.lit(0, pl.Int64),
                route_id=pl.col("trip_id").str.split("-").list.get(1),
                direction_code=pl.col("trip_id").str.split("-").list.get(2),
                leaves_at=instant("service_on", "leaves_s", zone=_ZONE),
                arrives_at=instant("service_on", "arrives_s", zone=_ZONE),
            )
        )
        times.append(
            at_stops.with_columns(
                valid_from=pl.lit(midnight(feed.from_on)).cast(_UTC),
                valid_to=pl.lit(until and midnight(until)).cast(_UTC),
            )
        )
    return inputs_of(punctuality.declaration, rules=[RULE], limits=[LIMIT]) | {
        "positions": positions_of(city),
        "runs": pl.concat(runs),
        "stop_times": pl.concat(times),
        "stops": stops_of(city),
    }
