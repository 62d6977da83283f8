"""What a timetable says of a day: which services run, which trips that makes, and when.

Frames are those of the bronze tables of a GTFS feed (`transit_*`). Rules of the GTFS Schedule
reference, https://gtfs.org/schedule/reference.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

import polars as pl

WEEK: Final = (
    "is_monday",
    "is_tuesday",
    "is_wednesday",
    "is_thursday",
    "is_friday",
    "is_saturday",
    "is_sunday",
)
_RUNS: Final = "1"
_HALF_DAY: Final = timedelta(hours=12)


def service_days(
    calendar: pl.DataFrame, calendar_dates: pl.DataFrame, *, first: date, last: date
) -> pl.DataFrame:
    """Give each day from `first` to `last`, both included, on which a service runs.

    A service runs on its weekdays between its first and last day, and on the days that are added,
    and not on those that are taken away, whatever the week says. A service may have no week at all.
    Gives `service_id` and `service_on`, sorted. A day both added and taken away does not run.
    """
    days = pl.DataFrame({"service_on": pl.date_range(first, last, eager=True)}).with_columns(
        weekday=pl.col("service_on").dt.weekday()
    )
    weeks = calendar.unpivot(
        WEEK, index=["service_id", "starts_on", "ends_on"], variable_name="day", value_name="runs"
    ).filter("runs")
    weekday = pl.col("day").replace_strict(
        WEEK, list(range(1, 8)), return_dtype=days.schema["weekday"]
    )
    by_week = (
        weeks.with_columns(weekday=weekday)
        .join(days, on="weekday")
        .filter(pl.col("service_on").is_between("starts_on", "ends_on"))
        .select("service_id", "service_on")
    )
    exceptions = calendar_dates.filter(pl.col("service_on").is_between(first, last))
    runs = pl.col("exception_code") == _RUNS
    key = ["service_id", "service_on"]
    added, taken = exceptions.filter(runs).select(key), exceptions.filter(~runs).select(key)
    running = pl.concat([by_week, added]).unique()
    return running.join(taken, on=key, how="anti").sort("service_on", "service_id")


def stop_times_of_runs(stop_times: pl.DataFrame, frequencies: pl.DataFrame) -> pl.DataFrame:
    """Give each run of each trip, and when it is at each of its stops.

    A trip with a timetable runs once a service day: run 0. One with frequencies is a pattern: it
    runs from each first departure on, every `headway_s`, before `ends_s`; its runs are counted in
    the order they leave. Times a publisher leaves out between two stated ones are spread evenly
    over the stops between (`is_timed` is false); a trip whose ends have no times is left out.
    Seconds count from noon less twelve hours of the service day.
    """
    timed = _with_all_times(stop_times)
    leaves = pl.col("departs_s").min().over("trip_id")
    offsets = timed.with_columns(leaves_s=leaves)
    starts = (
        frequencies.filter(pl.col("headway_s") > 0, pl.col("starts_s") < pl.col("ends_s"))
        .select(
            "trip_id", starts_s=pl.int_ranges("starts_s", "ends_s", "headway_s", dtype=pl.Int64)
        )
        .explode("starts_s")
        .unique()
        .sort("trip_id", "starts_s")
        .with_columns(run_index=pl.int_range(pl.len(), dtype=pl.Int64).over("trip_id"))
    )
    by_pattern = offsets.join(starts, on="trip_id").with_columns(
        pl.col("arrives_s", "departs_s") - pl.col("leaves_s") + pl.col("starts_s")
    )
    once = offsets.join(frequencies, on="trip_id", how="anti").with_columns(
        run_index=pl.lit(0, pl.Int64)
    )
    columns = [
        "trip_id",
        "run_index",
        "stop_sequence_index",
        "stop_id",
        "arrives_s",
        "departs_s",
        "is_timed",
    ]
    return pl.concat([once.select(columns), by_pattern.select(columns)]).sort(columns[:3])


def _with_all_times(stop_times: pl.DataFrame) -> pl.DataFrame:
    """Stop times in their order, none without a time.

    Where only arrival or departure is stated, it is both.
    """
    stated = stop_times.sort("trip_id", "stop_sequence_index").select(
        "trip_id",
        "stop_sequence_index",
        "stop_id",
        is_timed=pl.any_horizontal(pl.col("arrives_s", "departs_s").is_not_null()),
        arrives_s=pl.coalesce("arrives_s", "departs_s"),
        departs_s=pl.coalesce("departs_s", "arrives_s"),
    )
    # Between two stated stops a vehicle leaves the first and comes to the second.
    left = pl.col("departs_s").forward_fill().over("trip_id")
    comes = pl.col("arrives_s").backward_fill().over("trip_id")
    group = pl.col("is_timed").cum_sum().over("trip_id").alias("__after")
    spread = stated.with_columns(group, left=left, comes=comes).with_columns(
        step=pl.int_range(pl.len()).over("trip_id", "__after"),
        steps=pl.len().over("trip_id", "__after"),
    )
    between = pl.col("left") + (pl.col("comes") - pl.col("left")) * pl.col("step") // pl.col(
        "steps"
    )
    filled = spread.with_columns(
        pl.when("is_timed").then(name).otherwise(between).alias(name)
        for name in ("arrives_s", "departs_s")
    ).select(stated.columns)
    ends = pl.col("arrives_s").is_null().any().over("trip_id")
    return filled.filter(~ends)


def instant(service_on: str, seconds: str, *, zone: str) -> pl.Expr:
    """The instant, UTC, of so many seconds of a service day, on the clock of a zone.

    They count from noon less twelve hours, so that 08:00 is eight o'clock on the days, too, on
    which clocks change.
    """
    noon = pl.col(service_on).dt.combine(time(12)).dt.replace_time_zone(zone)
    start = noon.dt.convert_time_zone("UTC") - _HALF_DAY
    return (start + pl.duration(seconds=pl.col(seconds))).dt.cast_time_unit("us")


def in_force(tables: Mapping[str, pl.DataFrame], at: datetime) -> dict[str, pl.DataFrame]:
    """The rows of each table that hold at an instant, by `valid_from` and `valid_to`.

    Before the first version is known, the first version holds.
    """
    known = [frame["valid_from"].min() for frame in tables.values()]
    first = min((since for since in known if isinstance(since, datetime)), default=at)
    moment = max(at, first)
    holds = (pl.col("valid_from") <= moment) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > moment)
    )
    return {
        name: frame.filter(holds).drop("valid_from", "valid_to") for name, frame in tables.items()
    }
