"""More or less frequent buses: the timetable of a line with another headway."""

from typing import Annotated, Final, Literal

import numpy as np
import polars as pl
from pydantic import Field

from assets.scenarios.kind import Edit, EditProblem, Frames, Kind
from assets.scenarios.places import among
from assets.scenarios.timetables import UNTOLD

_MINUTE_S: Final = 60
_CLOCK: Final = r"^([01]\d|2\d):[0-5]\d$"
_PATTERN: Final = ["direction_code", "service_id", "stops"]


class Headway(Edit):
    """A line and how many minutes lie between two buses of it, from one hour to another."""

    kind: Literal["headway"]
    route: str
    minutes: Annotated[float, Field(ge=1, le=180)]
    from_hour: Annotated[str, Field(pattern=_CLOCK)] = "00:00"
    until_hour: Annotated[str, Field(pattern=_CLOCK)] = "29:59"


def headway(edit: Headway, departures: pl.DataFrame, trips: pl.DataFrame) -> Frames:
    """Give a line a bus every so many minutes in a band of hours of its first stop.

    Of runs with the same stops, direction and days it counts how many there are from the first to
    the last: as many as come nearest to the headway in the mean. If more are wanted, all stay where
    they are and runs are put in where people wait longest, evenly, as copies of the earlier one: so
    more frequent buses never lengthen a trip. If fewer are, those stay that leave nearest to the
    beat from the first one on. An uneven timetable of the right mean stays as it is. The night
    after the service day has hours above 24.
    """
    among(
        "route", [edit.route], set(departures["route_id"]),
        look_up='look it up with gemello sql "SELECT route_id, route_short_name '
        'FROM silver.mobility.transit_routes"',
    )  # fmt: skip
    start_s, end_s = _seconds(edit.from_hour), _seconds(edit.until_hour)
    if end_s <= start_s:
        raise EditProblem("until_hour", "it must be later than from_hour; write 25:30 for 01:30")
    every = edit.minutes * _MINUTE_S
    added, dropped = [], []
    for runs in _runs(departures.filter(pl.col("route_id") == edit.route)).partition_by(
        _PATTERN, maintain_order=True
    ):
        inside = runs.filter(pl.col("leaves_s").is_between(start_s, end_s, closed="left"))
        gaps = np.diff(inside["leaves_s"].to_numpy())
        if not len(gaps):
            continue
        wanted = max(1, round(float(gaps.sum()) / every))
        if wanted > len(gaps):
            added += _between(inside, gaps, wanted)
        elif wanted < len(gaps):
            dropped += _off_beat(inside, every)
    return {"departures": _departures(departures, added, dropped)} | {
        "trips": _trips(trips, added, dropped)
    }


def _seconds(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * _MINUTE_S


def _runs(departures: pl.DataFrame) -> pl.DataFrame:
    """The runs of a line in the order of their departures, those with the same stops together."""
    return (
        departures.sort("trip_id", "run_index", "stop_sequence_index")
        .group_by("trip_id", "run_index", maintain_order=True)
        .agg(
            pl.col("direction_code", "service_id").first(),
            stops=pl.col("stop_id").str.join(">"),
            leaves_s=pl.col("departs_s").first(),
        )
        .drop_nulls("leaves_s")
        .sort(*_PATTERN, "leaves_s", "trip_id", "run_index")
    )


# A run that is put in: of which run it is a copy, its own name, and how much later it is.
_Copy = tuple[str, int, str, int]


def _between(runs: pl.DataFrame, gaps: np.ndarray, wanted: int) -> list[_Copy]:
    """Runs in between until there are so many gaps, each in what is then the longest one."""
    parts = np.ones(len(gaps), dtype=int)
    for _ in range(wanted - len(gaps)):
        parts[np.argmax(gaps / parts)] += 1
    rows = zip(runs.select("trip_id", "run_index").rows(), gaps, parts.tolist(), strict=False)
    return [
        (trip, run, f"{trip}+{run}+{part}", round(gap * part / count))
        for (trip, run), gap, count in rows
        for part in range(1, count)
    ]


def _off_beat(runs: pl.DataFrame, every: float) -> list[tuple[str, int]]:
    """Runs of which none is the nearest to a beat of so many seconds from the first one on."""
    leaves_s = runs["leaves_s"].to_numpy()
    beats = np.arange(leaves_s[0], leaves_s[-1] + 1, every)
    kept = set(np.abs(leaves_s[:, None] - beats).argmin(axis=0).tolist())
    rows = runs.select("trip_id", "run_index").rows()
    return [row for number, row in enumerate(rows) if number not in kept]


def _copies(added: list[_Copy]) -> pl.DataFrame:
    names = ["trip_id", "run_index", "copy_id", "later_s"]
    kinds = (pl.String(), pl.Int64(), pl.String(), pl.Int64())
    return pl.DataFrame(added, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _kept(rows: pl.DataFrame, dropped: list[tuple[str, int]]) -> pl.DataFrame:
    left = pl.DataFrame(
        dropped, schema={"trip_id": pl.String(), "run_index": pl.Int64()}, orient="row"
    )
    return rows.join(left, on=["trip_id", "run_index"], how="anti", maintain_order="left")


def _departures(
    departures: pl.DataFrame, added: list[_Copy], dropped: list[tuple[str, int]]
) -> pl.DataFrame:
    later = [pl.col(name) + pl.col("later_s") for name in ("arrives_s", "departs_s")]
    copies = departures.join(_copies(added), on=["trip_id", "run_index"]).with_columns(
        *later, trip_id="copy_id", run_index=pl.lit(0, pl.Int64)
    )
    return pl.concat([_kept(departures, dropped), copies.select(departures.columns)]).sort(
        "trip_id", "run_index", "stop_sequence_index"
    )


def _trips(trips: pl.DataFrame, added: list[_Copy], dropped: list[tuple[str, int]]) -> pl.DataFrame:
    wait = pl.duration(seconds=pl.col("later_s"))
    copies = trips.join(_copies(added), on=["trip_id", "run_index"]).with_columns(
        leaves_at=(pl.col("leaves_at") + wait).cast(trips.schema["leaves_at"]),
        arrives_at=(pl.col("arrives_at") + wait).cast(trips.schema["arrives_at"]),
        trip_id="copy_id",
        run_index=pl.lit(0, pl.Int64),
    )
    return pl.concat([_kept(trips, dropped), copies.select(trips.columns)]).sort(
        "service_on", "trip_id", "run_index"
    )


kind = Kind(
    model=Headway,
    function=headway,
    reads={
        "departures": "silver/mobility/transit_departures",
        "trips": "silver/mobility/transit_trips_by_day",
    },
    untold=UNTOLD,
    title="Cambiare la frequenza di una linea",
    template="""\
  - kind: headway           # frequenza di una linea
    route: L01              # codice della linea
    minutes: 6              # minuti fra una corsa e la successiva
    from_hour: "07:00"      # dalle; le ore dopo mezzanotte si scrivono 25:30
    until_hour: "20:00"     # alle
""",
    source="i tempi di viaggio seguono dall'orario modificato, come nell'indicatore",
)
