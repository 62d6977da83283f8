"""The simulated city as the tables that travel times are made of, without a lake in between."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from assets.silver.point_of_interest import point_of_interest
from assets.silver.population_by_section import population_by_section
from assets.silver.road_node import road_node
from assets.silver.road_segment import road_segment
from assets.twin import DEFINITIONS
from assets.validity import VALIDITY, since_ever
from infra.simulator.city import City
from infra.simulator.datasets import (
    bike_share_stations,
    census_sections,
    services,
    street_edges,
    street_nodes,
)
from infra.simulator.datasets.gtfs import Feed
from infra.simulator.days import midnight
from tests.assets.indicators.risk_frames import as_bronze

Tables = dict[str, pl.DataFrame]
_WEEK: Final = 7


def delivered(city: City, dataset: object, key: str) -> pl.DataFrame:
    """All rows that a publisher delivers of a list, none of them spoiled."""
    rows = pl.concat(batch.rows for batch in dataset.batches(city))  # type: ignore[attr-defined] # a module
    return as_bronze(key, rows.rename(str.strip))


def standing(function: Callable[[pl.DataFrame], pl.DataFrame], rows: pl.DataFrame) -> pl.DataFrame:
    """What a table with history gives of a list that never changed, as its readers get it."""
    return function(since_ever(rows)).drop(*VALIDITY)


def places_of(city: City) -> Tables:
    """Homes, services, streets and bicycles, with the definitions of how people move."""
    return {
        "population": standing(
            population_by_section, delivered(city, census_sections, "istat/census_sections")
        ),
        "services": standing(
            point_of_interest, delivered(city, services, "comune_brescia/services")
        ),
        "nodes": standing(road_node, delivered(city, street_nodes, "comune_brescia/street_nodes")),
        "segments": standing(
            road_segment, delivered(city, street_edges, "comune_brescia/street_edges")
        ),
        "stations": delivered(city, bike_share_stations, "brescia_mobilita/bike_share_stations"),
        "stops": stops_of(city),
        "bands": pl.read_csv(DEFINITIONS / "access_time_bands.csv", try_parse_dates=True),
        "speeds": pl.read_csv(DEFINITIONS / "access_speeds.csv", try_parse_dates=True),
    }


def stops_of(city: City) -> pl.DataFrame:
    """Where buses and the metro stop."""
    return pl.DataFrame(
        city.network.stops, schema=["stop_id", "name", "lat_deg", "lng_deg"], orient="row"
    ).with_columns(is_stop=pl.lit(value=True))


def timetable_of(feed: Feed, since: date) -> Tables:
    """The runs of a week by one edition, and when they are at which stop."""
    times = feed.tables["stop_times.txt"]
    clock = pl.col("arrival_time").str.split(":").cast(pl.List(pl.Int64))
    at = clock.list.get(0) * 3600 + clock.list.get(1) * 60 + clock.list.get(2)
    days = pl.DataFrame({"service_on": [since + timedelta(days=n) for n in range(_WEEK)]})
    is_free = pl.col("service_on").dt.weekday() > 5
    service = pl.when(is_free).then(pl.lit("FES")).otherwise(pl.lit("FER"))
    begun: datetime = midnight(feed.from_on)
    trips = feed.tables["trips.txt"].select("trip_id", "service_id")
    return {
        "departures": times.select(
            "trip_id",
            "stop_id",
            run_index=pl.lit(0),
            stop_sequence_index="stop_sequence",
            arrives_s=at,
            departs_s=at,
        ),
        "trips": days.with_columns(service_id=service)
        .join(trips, on="service_id")
        .select(
            "trip_id",
            "service_on",
            run_index=pl.lit(0),
            timetable_from_at=pl.lit(begun).cast(pl.Datetime("us", "UTC")),
        ),
    }
