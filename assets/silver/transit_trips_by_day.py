"""Which trips of public transport run on which day, by the timetable in force on that day."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from assets.declaration import Declaration, given
from assets.timetable import WEEK, in_force, instant, service_days, stop_times_of_runs

# Some calendars run to the end of the century. What is further away than this from the day a
# version begins is no timetable yet, or none any more.
HORIZON_DAYS: Final = 400
_ROME: Final = "Europe/Rome"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DAY: Final = _LONG_AGO.date()


def transit_trips_by_day(
    *,
    agencies: pl.DataFrame,
    trips: pl.DataFrame,
    stop_times: pl.DataFrame,
    calendar: pl.DataFrame,
    calendar_dates: pl.DataFrame,
    frequencies: pl.DataFrame,
) -> pl.DataFrame:
    """Give each run of each trip on each service day: from where to where, and when.

    A day is of the version of the timetable that held at its noon, days before the first version of
    the first one, and none is further than 400 days from when its version began. A service day
    runs on past midnight: a run stands under the day its publisher counts it to.
    """
    zone = str(agencies["timezone_name"].drop_nulls().first() or _ROME)
    tables = {
        "trips": trips,
        "stop_times": stop_times,
        "calendar": calendar,
        "calendar_dates": calendar_dates,
        "frequencies": frequencies,
    }
    empty = {name: frame.clear() for name, frame in tables.items()}
    nothing = _of_version(in_force(empty, _LONG_AGO), _LONG_AGO, _NO_DAY, _NO_DAY)
    days = [
        _of_version(in_force(tables, since), since, first, last)
        for since, first, last in _versions(tables, zone)
    ]
    return (
        pl.concat([nothing, *days])
        .with_columns(
            leaves_at=instant("service_on", "leaves_s", zone=zone),
            arrives_at=instant("service_on", "arrives_s", zone=zone),
        )
        .drop("leaves_s", "arrives_s")
        .sort("service_on", "trip_id", "run_index")
    )


def _versions(
    tables: Mapping[str, pl.DataFrame], zone: str
) -> Iterator[tuple[datetime, date, date]]:
    """Since when each version holds, and its first and last day, oldest first."""
    changes = [frame[name] for frame in tables.values() for name in ("valid_from", "valid_to")]
    begins = pl.concat([change.alias("at") for change in changes]).drop_nulls().unique().sort()
    horizon = timedelta(days=HORIZON_DAYS)
    for since, until in pairwise([*begins, None]):
        first = _first_day(since, zone) if since > begins[0] else since.date() - horizon
        last = since.date() + horizon
        if until is not None:
            last = min(last, _first_day(until, zone) - timedelta(days=1))
        if first <= last:
            yield since, first, last


def _first_day(since: datetime, zone: str) -> date:
    """The first day at whose noon a version holds that began at this instant."""
    local = since.astimezone(ZoneInfo(zone))
    return local.date() + timedelta(days=local.time() > time(12))


def _of_version(
    tables: Mapping[str, pl.DataFrame], since: datetime, first: date, last: date
) -> pl.DataFrame:
    stop_times = stop_times_of_runs(tables["stop_times"], tables["frequencies"])
    runs = stop_times.group_by("trip_id", "run_index").agg(
        from_stop_id=pl.col("stop_id").first(),
        to_stop_id=pl.col("stop_id").last(),
        stops_count=pl.len().cast(pl.Int64),
        leaves_s=pl.col("departs_s").first(),
        arrives_s=pl.col("arrives_s").last(),
    )
    days = service_days(tables["calendar"], tables["calendar_dates"], first=first, last=last)
    return (
        days.join(tables["trips"], on="service_id")
        .join(runs, on="trip_id")
        .select(
            "service_on",
            "trip_id",
            "run_index",
            "route_id",
            "direction_code",
            "service_id",
            "from_stop_id",
            "to_stop_id",
            "stops_count",
            "leaves_s",
            "arrives_s",
            timetable_from_at=pl.lit(since, pl.Datetime("us", "UTC")),
        )
    )


declaration = Declaration(
    function=transit_trips_by_day,
    key="silver/mobility/transit_trips_by_day",
    reads={
        "agencies": "bronze/brescia_mobilita/transit_agencies",
        "trips": "bronze/brescia_mobilita/transit_trips",
        "stop_times": "bronze/brescia_mobilita/transit_stop_times",
        "calendar": "bronze/brescia_mobilita/transit_calendar",
        "calendar_dates": "bronze/brescia_mobilita/transit_calendar_dates",
        "frequencies": "bronze/brescia_mobilita/transit_frequencies",
    },
    gives={
        "service_on": given(
            "The service day; its night runs on into the next.",
            "calendar.starts_on",
            "calendar.ends_on",
            *(f"calendar.{weekday}" for weekday in WEEK),
            "calendar_dates.service_on",
            "calendar_dates.exception_code",
        ),
        "trip_id": given("The trip.", "trips.trip_id"),
        "run_index": given(
            "Which of its runs on the day, from 0: only trips by frequency have several.",
            "frequencies.starts_s",
            "frequencies.ends_s",
            "frequencies.headway_s",
        ),
        "route_id": given("The line.", "trips.route_id"),
        "direction_code": given("0 or 1: there or back.", "trips.direction_code"),
        "service_id": given(
            "The service that runs on this day.",
            "trips.service_id",
            "calendar.service_id",
            "calendar_dates.service_id",
        ),
        "from_stop_id": given(
            "First stop.", "stop_times.stop_id", "stop_times.stop_sequence_index"
        ),
        "to_stop_id": given("Last stop.", "stop_times.stop_id", "stop_times.stop_sequence_index"),
        "stops_count": given("Stops, both ends included.", "stop_times.stop_id"),
        "timetable_from_at": given(
            "Since when the version of the timetable holds that says so, UTC.",
            "trips.trip_id",
            "stop_times.trip_id",
            "calendar.service_id",
        ),
        "leaves_at": given(
            "Departure from the first stop, UTC.",
            "stop_times.departs_s",
            "stop_times.stop_sequence_index",
            "agencies.timezone_name",
        ),
        "arrives_at": given(
            "Arrival at the last stop, UTC.",
            "stop_times.arrives_s",
            "stop_times.stop_sequence_index",
            "agencies.timezone_name",
        ),
    },
    key_columns=("service_on", "trip_id", "run_index"),
    window_by=None,
    with_history=("trips", "stop_times", "calendar", "calendar_dates", "frequencies"),
    title="Trips of public transport by day",
    method_version="1",
    literature="GTFS Schedule reference, calendar.txt, calendar_dates.txt and frequencies.txt.",
)
