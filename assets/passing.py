"""When each run of public transport passed each of its stops, by the positions of its vehicle.

Who drove a run is known from the roster: what is found here is of a person, and stays in memory.
"""

from typing import Final

import polars as pl

from assets.editions import newest
from assets.timetable import in_force, instant, stop_times_of_runs

# A vehicle is taken to go straight from one position to the next, unless it was silent for longer.
_LONGEST_GAP: Final = pl.duration(minutes=1)
# A run may begin before its time and be late, but this much at the most: see the contract.
_EARLIEST: Final = pl.duration(minutes=30)
_LATEST: Final = pl.duration(hours=2)
# Half a kilometre from south to north: what a vehicle drives in a minute, and more.
_CELL_DEG: Final = 0.005
_M_A_DEGREE: Final = 111_195.0
# Passes about as near as the nearest are told apart by what the control room says of the delay.
_AS_NEAR_M: Final = 10.0
_RUN: Final = ("service_on", "trip_id")
_STOP: Final = (*_RUN, "stop_sequence_index")


def stops_passed(
    *,
    positions: pl.DataFrame,
    runs: pl.DataFrame,
    stop_times: pl.DataFrame,
    frequencies: pl.DataFrame,
    agencies: pl.DataFrame,
    stops: pl.DataFrame,
    rules: pl.DataFrame,
) -> pl.DataFrame:
    """Give when each run passed each of its stops, and how late that was by the day's timetable.

    A run has passed a stop where the straight line between two positions of its vehicle, at most a
    minute apart, comes within the metres of the newest rule; the instant is that of the nearest
    point. Where it comes as near more than once, the pass that fits the control room's delay best
    counts. Stops that nobody saw it pass have no row. What a later delivery says of a position
    replaces what an earlier one said. Trips by frequency have no times to be late by and are left
    out. A service day runs on past midnight. Stops stand where the newest list has them. GTFS
    Realtime reference, VehiclePosition.
    """
    timed = runs.filter(pl.len().over(_RUN) == 1)
    steps = _steps(_assigned(positions, timed))
    observed = timed.join(steps.select(_RUN).unique(), on=_RUN, how="semi")
    return (
        _nearest(steps, _scheduled(observed, stop_times, frequencies, agencies, stops), rules)
        .with_columns(
            delay_s=(pl.col("passed_at") - pl.col("scheduled_at")).dt.total_seconds(),
            distance_m=pl.col("distance_m").round(1),
        )
        .select(
            "service_on", "trip_id", "stop_sequence_index", "stop_id", "route_id", "vehicle_id",
            "scheduled_at", "passed_at", "delay_s", "distance_m",
        )
        .sort(_STOP)
    )  # fmt: skip


def _assigned(positions: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Positions with the service day of their run, in the order of each vehicle."""
    at = pl.col("observed_at")
    # By UTC a service day begins the evening before at the earliest, and ends the night after.
    days = [at.dt.date().dt.offset_by(f"{step}d") for step in (-1, 0, 1)]
    return (
        positions.sort("window_on", "vehicle_id", "observed_at")
        .unique(["vehicle_id", "observed_at"], keep="last", maintain_order=True)
        .with_columns(service_on=pl.concat_list(days))
        .explode("service_on")
        .join(runs.select(*_RUN, "leaves_at", "arrives_at"), on=_RUN)
        .filter(at.is_between(pl.col("leaves_at") - _EARLIEST, pl.col("arrives_at") + _LATEST))
        .sort(*_RUN, "vehicle_id", "observed_at")
    )


def _steps(seen: pl.DataFrame) -> pl.DataFrame:
    """From each position to the next of the same vehicle on the same run."""
    mine = (*_RUN, "vehicle_id")
    steps = seen.select(
        *mine,
        "delay_s",
        from_at="observed_at",
        from_lat="lat_deg",
        from_lng="lng_deg",
        to_at=pl.col("observed_at").shift(-1).over(mine),
        to_lat=pl.col("lat_deg").shift(-1).over(mine),
        to_lng=pl.col("lng_deg").shift(-1).over(mine),
    )
    return steps.filter(pl.col("to_at") - pl.col("from_at") <= _LONGEST_GAP).with_columns(
        row=_cell((pl.col("from_lat") + pl.col("to_lat")) / 2),
        column=_cell((pl.col("from_lng") + pl.col("to_lng")) / 2),
    )


def _cell(degrees: pl.Expr) -> pl.Expr:
    return (degrees / _CELL_DEG).floor().cast(pl.Int32)


def _scheduled(
    runs: pl.DataFrame,
    stop_times: pl.DataFrame,
    frequencies: pl.DataFrame,
    agencies: pl.DataFrame,
    stops: pl.DataFrame,
) -> pl.DataFrame:
    """When each run is to leave each of its stops, by the timetable of its day, and where it is."""
    zone = str(agencies["timezone_name"].drop_nulls().first() or "Europe/Rome")
    tables = {"stop_times": stop_times, "frequencies": frequencies}
    no_times = stop_times_of_runs(
        **{name: frame.clear().drop("valid_from", "valid_to") for name, frame in tables.items()}
    )
    times = [runs.clear().join(no_times, on=["trip_id", "run_index"])]
    for since in runs["timetable_from_at"].unique().sort():
        held = stop_times_of_runs(**in_force(tables, since))
        of_version = runs.filter(pl.col("timetable_from_at") == since)
        times.append(of_version.join(held, on=["trip_id", "run_index"]))
    return (
        pl.concat(times)
        .join(stops.select("stop_id", "lat_deg", "lng_deg"), on="stop_id")
        .select(
            *_STOP,
            "stop_id",
            "route_id",
            "lat_deg",
            "lng_deg",
            scheduled_at=instant("service_on", "departs_s", zone=zone),
        )
    )


def _nearest(steps: pl.DataFrame, scheduled: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """The step on which each run came nearest to each of its stops, where that is near enough."""
    around = pl.DataFrame(
        [(north, east) for north in (-1, 0, 1) for east in (-1, 0, 1)],
        schema={"north": pl.Int32, "east": pl.Int32},
        orient="row",
    )
    cells = scheduled.join(around, how="cross").with_columns(
        row=_cell(pl.col("lat_deg")) + pl.col("north"),
        column=_cell(pl.col("lng_deg")) + pl.col("east"),
    )
    near_m = newest(rules)["near_m"].max()
    passed = _passed(steps.join(cells, on=[*_RUN, "row", "column"]))
    near = passed.filter(pl.col("distance_m") <= pl.lit(near_m, pl.Float64))
    told = pl.col("passed_at") - pl.col("scheduled_at") - pl.duration(seconds=pl.col("delay_s"))
    return (
        near.with_columns(misfit=told.abs())
        .filter(pl.col("distance_m") <= pl.col("distance_m").min().over(_STOP) + _AS_NEAR_M)
        .sort(*_STOP, "misfit", "distance_m", "passed_at", nulls_last=True)
        .unique(_STOP, keep="first", maintain_order=True)
    )


def _passed(pairs: pl.DataFrame) -> pl.DataFrame:
    """The point of each step that is nearest to the stop: how far, and when.

    On a plane that touches the earth at the stop.
    """
    squeeze = pl.col("lat_deg").radians().cos() * _M_A_DEGREE
    x, y = (
        (pl.col("from_lng") - pl.col("lng_deg")) * squeeze,
        (pl.col("from_lat") - pl.col("lat_deg")) * _M_A_DEGREE,
    )
    along_x = (pl.col("to_lng") - pl.col("from_lng")) * squeeze
    along_y = (pl.col("to_lat") - pl.col("from_lat")) * _M_A_DEGREE
    length_2 = along_x**2 + along_y**2
    share = pl.when(length_2 > 0).then(-(x * along_x + y * along_y) / length_2).otherwise(0.0)
    took_s = (pl.col("to_at") - pl.col("from_at")).dt.total_seconds()
    return (
        pairs.with_columns(share=share.clip(0.0, 1.0))
        .with_columns(
            distance_m=(
                (x + pl.col("share") * along_x) ** 2 + (y + pl.col("share") * along_y) ** 2
            ).sqrt(),
            passed_at=pl.col("from_at")
            + pl.duration(seconds=(took_s * pl.col("share")).round().cast(pl.Int64)),
        )
        .with_columns(pl.col("passed_at").dt.cast_time_unit("us"))
    )
