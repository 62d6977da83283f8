"""Brescia Mobilità's timetable: a GTFS zip, and a second one when the city changes it.

The zip holds agency, stops, routes, trips, stop_times, calendar, calendar_dates and feed_info, as
the reference at gtfs.org names them. Services: FER (Monday to Friday) and FES (Saturday, Sunday,
feasts). Trips are `<service>-<line>-<direction>-<number>`, as in `bus_positions`. What runs after
midnight is written past 24:00:00.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.city import City
from infra.simulator.days import is_free_day, midnight
from infra.simulator.forms import zipped
from infra.simulator.publication import Publication
from infra.simulator.transit import MORE_OFTEN_DAY, MORE_OFTEN_LINE, Line, departures

KEY: Final = "brescia_mobilita/gtfs"
PLACE: Final = "brescia_mobilita_files"
_VALID_DAYS: Final = 180
_SERVICES: Final = {"FER": False, "FES": True}


@dataclass(frozen=True)
class Feed:
    """One edition of the timetable: its tables by file name, and from when it holds."""

    version: str
    from_on: date
    tables: dict[str, pl.DataFrame]

    @property
    def rows_count(self) -> int:
        """How many rows its tables have together."""
        return sum(table.height for table in self.tables.values())


def publish(city: City, publication: Publication) -> None:
    """Deliver each edition a day before it holds."""
    for feed in feeds(city):
        members = {name: _csv(table) for name, table in feed.tables.items()}
        publication.deliver(
            f"gtfs/gtfs_{feed.from_on:%Y%m%d}.zip",
            [zipped(members)],
            at=midnight(feed.from_on) - timedelta(hours=8),
        )
        publication.holds(feed.rows_count)
        is_past = pl.col("departure_time") >= "24:00:00"
        late = feed.tables["stop_times.txt"].filter(is_past).height
        publication.odd("time past 24:00", feed.from_on, rows_count=late)
    if (day := city.planted_day(MORE_OFTEN_DAY)) is not None:
        publication.planted("bus headway", line_id=MORE_OFTEN_LINE, from_on=f"{day}")


def feeds(city: City) -> Iterator[Feed]:
    """The editions of the timetable, in order."""
    yield _feed(city, city.start, is_more_often=False)
    if (day := city.planted_day(MORE_OFTEN_DAY)) is not None:
        yield _feed(city, day, is_more_often=True)


def _feed(city: City, first: date, *, is_more_often: bool) -> Feed:
    last = city.start + timedelta(days=_VALID_DAYS)
    trips = [
        _trips(line, service, is_holiday=is_holiday, is_more=is_more_often)
        for service, is_holiday in _SERVICES.items()
        for line in city.network.lines
    ]
    stop_times = pl.concat(trips)
    return Feed(
        version=f"{first:%Y%m%d}",
        from_on=first,
        tables={
            "agency.txt": _agency(),
            "stops.txt": _stops(city),
            "routes.txt": _routes(city),
            "trips.txt": stop_times.select("route_id", "service_id", "trip_id", "direction_id")
            .unique(maintain_order=True)
            .with_columns(trip_headsign=_headsign(city)),
            "stop_times.txt": stop_times.select(
                "trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"
            ),
            "calendar.txt": _calendar(first, last),
            "calendar_dates.txt": _calendar_dates(first, last),
            "feed_info.txt": pl.DataFrame(
                {
                    "feed_publisher_name": ["Brescia Mobilità (simulata)"],
                    "feed_publisher_url": ["https://example.org"],
                    "feed_lang": ["it"],
                    "feed_start_date": [f"{first:%Y%m%d}"],
                    "feed_end_date": [f"{last:%Y%m%d}"],
                    "feed_version": [f"{first:%Y%m%d}"],
                }
            ),
        },
    )


def _trips(line: Line, service: str, *, is_holiday: bool, is_more: bool) -> pl.DataFrame:
    """All stop times of a line on such a day, both ways."""
    often = is_more and line.line_id == MORE_OFTEN_LINE
    leaving = departures(line.headways(is_holiday=is_holiday, is_more_often=often))
    stops = len(line.stop_ids)
    frames = []
    for direction in (0, 1):
        ids = line.stop_ids if direction == 0 else line.stop_ids[::-1]
        along = line.seconds if direction == 0 else line.seconds[-1] - line.seconds[::-1]
        seconds = (leaving[:, None] + along).astype(np.int64).ravel()
        numbers = np.repeat(np.arange(len(leaving)), stops)
        frames.append(
            pl.DataFrame(
                {
                    "number": numbers,
                    "at": seconds,
                    "stop_id": list(ids) * len(leaving),
                    "stop_sequence": np.tile(np.arange(1, stops + 1), len(leaving)),
                }
            ).select(
                pl.lit(line.line_id).alias("route_id"),
                pl.lit(service).alias("service_id"),
                pl.lit(direction).alias("direction_id"),
                pl.format(
                    f"{service}-{line.line_id}-{direction}-{{}}",
                    pl.col("number").cast(pl.String).str.zfill(3),
                ).alias("trip_id"),
                _clock("at").alias("arrival_time"),
                _clock("at").alias("departure_time"),
                "stop_id",
                "stop_sequence",
            )
        )
    return pl.concat(frames)


def _clock(column: str) -> pl.Expr:
    """Seconds after midnight as HH:MM:SS, beyond 24 hours too."""
    seconds = pl.col(column)
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return pl.format("{}:{}:{}", *(part.cast(pl.String).str.zfill(2) for part in parts))


def _headsign(city: City) -> pl.Expr:
    signs = {
        f"{line.line_id}{direction}": line.stop_names[-1 if direction == 0 else 0]
        for line in city.network.lines
        for direction in (0, 1)
    }
    return pl.concat_str("route_id", pl.col("direction_id").cast(pl.String)).replace_strict(signs)


def _agency() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "agency_id": ["BSM"],
            "agency_name": ["Brescia Mobilità (simulata)"],
            "agency_url": ["https://example.org"],
            "agency_timezone": ["Europe/Rome"],
            "agency_lang": ["it"],
        }
    )


def _stops(city: City) -> pl.DataFrame:
    names = ("stop_id", "stop_name", "stop_lat", "stop_lon")
    return pl.DataFrame(city.network.stops, schema=names, orient="row")


def _routes(city: City) -> pl.DataFrame:
    lines = city.network.lines
    return pl.DataFrame(
        {
            "route_id": [line.line_id for line in lines],
            "agency_id": ["BSM"] * len(lines),
            "route_short_name": [line.line_id.lstrip("L0") for line in lines],
            "route_long_name": [line.name for line in lines],
            "route_type": [1 if line.is_metro else 3 for line in lines],
        }
    )


def _calendar(first: date, last: date) -> pl.DataFrame:
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    runs = {name: ([1, 0] if place < 5 else [0, 1]) for place, name in enumerate(week)}
    between = {"start_date": [f"{first:%Y%m%d}"] * 2, "end_date": [f"{last:%Y%m%d}"] * 2}
    return pl.DataFrame({"service_id": list(_SERVICES)} | runs | between)


def _calendar_dates(first: date, last: date) -> pl.DataFrame:
    """On feasts within the week the timetable of Sundays holds."""
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    feasts = [day for day in days if is_free_day(day) and day.weekday() < 5]
    rows = [
        (service, f"{day:%Y%m%d}", kind)
        for day in feasts
        for service, kind in (("FER", 2), ("FES", 1))
    ]
    schema = {"service_id": pl.String, "date": pl.String, "exception_type": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _csv(table: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    table.write_csv(content, line_terminator="\r\n")
    return content.getvalue()
