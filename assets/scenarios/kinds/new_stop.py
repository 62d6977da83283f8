"""A new stop: the runs of a line call at one more place between two of its stops."""

from typing import Annotated, Final, Literal

import numpy as np
import polars as pl
from pydantic import Field

from assets.methods.walking import metres_of
from assets.scenarios.kind import Edit, EditProblem, Frames, Kind
from assets.scenarios.places import among
from assets.scenarios.timetables import UNTOLD

_RUN: Final = ["trip_id", "run_index"]
_LINES: Final = (
    'look it up with gemello sql "SELECT DISTINCT route_id, stop_id '
    'FROM silver.mobility.transit_departures"'
)


class NewStop(Edit):
    """What it is called, where it stands, between which stops of which line, and what it costs."""

    kind: Literal["new_stop"]
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    route: str
    after: str
    before: str
    lat_deg: Annotated[float, Field(ge=-90, le=90)]
    lng_deg: Annotated[float, Field(ge=-180, le=180)]
    added_s: Annotated[int, Field(ge=0, le=900)]
    is_both_ways: bool = True


def new_stop(
    edit: NewStop, stops: pl.DataFrame, departures: pl.DataFrame, trips: pl.DataFrame
) -> Frames:
    """Let every run that goes straight from one stop to the other call at a new one in between.

    It is reached after as much of the ride as it lies along the way, as the crow flies. There the
    run loses `added_s` seconds, of standing and of the way round, and is later by them at all
    stops that follow. Runs both ways call there, or only those from `after` to `before`.
    """
    if edit.id in set(stops["stop_id"]):
        raise EditProblem("id", f"there is a stop {edit.id} already; give it another id")
    among("route", [edit.route], set(departures["route_id"]), look_up=_LINES)
    line = departures.filter(pl.col("route_id") == edit.route)
    for field, stop in (("after", edit.after), ("before", edit.before)):
        among(field, [stop], set(line["stop_id"]), look_up=_LINES)
    timed = _with_legs(edit, line)
    if not timed["is_leg"].any():
        follow = timed.filter(pl.col("stop_id") == edit.after)["next_id"].drop_nulls().unique()
        raise EditProblem(
            "before",
            f"no run of {edit.route} goes straight from {edit.after} to {edit.before}; after "
            f"{edit.after} comes {' or '.join(follow.sort()) or 'nothing'}",
        )
    row = {
        "entity_id": f"urn:ngsi-ld:GtfsStop:brescia:scenario:{edit.id}",
        "stop_id": edit.id,
        "stop_name": edit.name,
        "lat_deg": edit.lat_deg,
        "lng_deg": edit.lng_deg,
        "location_type_code": "0",
        "is_stop": True,
        "parent_stop_id": None,
    }
    added = pl.DataFrame([row], schema=stops.schema)
    return {
        "stops": pl.concat([stops, added]).sort("stop_id"),
        "departures": _departures(edit, departures, timed, _along(edit, stops)),
        "trips": _trips(edit, trips, timed),
    }


def _with_legs(edit: NewStop, line: pl.DataFrame) -> pl.DataFrame:
    """The line's calls: which stop follows, if the new one comes between, and how many were."""
    ways = [(edit.after, edit.before)]
    if edit.is_both_ways:
        ways.append((edit.before, edit.after))
    is_leg = pl.any_horizontal(
        (pl.col("stop_id") == start) & (pl.col("next_id") == end) for start, end in ways
    ).fill_null(value=False)
    return (
        line.sort(*_RUN, "stop_sequence_index")
        .with_columns(
            next_id=pl.col("stop_id").shift(-1).over(_RUN),
            leg_s=pl.col("arrives_s").shift(-1).over(_RUN) - pl.col("departs_s"),
        )
        .with_columns(is_leg=is_leg)
        .with_columns(passed=(pl.col("is_leg").cum_sum() - pl.col("is_leg")).over(_RUN))
    )


def _along(edit: NewStop, stops: pl.DataFrame) -> float:
    """Which share of the way from `after` to `before` lies before the new stop; else half."""
    place = dict(zip(stops["stop_id"], stops.select("lat_deg", "lng_deg").rows(), strict=True))
    nowhere = (None, None)
    ends = (place.get(edit.after, nowhere), place.get(edit.before, nowhere))
    lat, lng = np.array([ends[0], (edit.lat_deg, edit.lng_deg), ends[1]], dtype=float).T
    metres = metres_of(lat, lng, middle_lat_deg=edit.lat_deg)
    before, after = np.linalg.norm(np.diff(metres, axis=0), axis=1)
    return float(before / (before + after)) if before + after > 0 else 0.5


def _departures(
    edit: NewStop, departures: pl.DataFrame, timed: pl.DataFrame, along: float
) -> pl.DataFrame:
    later = pl.col("passed") * edit.added_s
    moved = timed.with_columns(
        pl.col("arrives_s") + later,
        pl.col("departs_s") + later,
        pl.col("stop_sequence_index") + pl.col("passed"),
    )
    share = pl.when(pl.col("stop_id") == edit.after).then(along).otherwise(1 - along)
    at = pl.col("departs_s") + (pl.col("leg_s") * share).round().cast(pl.Int64)
    calls = moved.filter("is_leg").with_columns(
        arrives_s=at,
        departs_s=at + edit.added_s,
        stop_sequence_index=pl.col("stop_sequence_index") + 1,
        stop_id=pl.lit(edit.id),
        is_timed=pl.lit(value=False),
    )
    others = departures.filter(pl.col("route_id") != edit.route)
    own = [one.select(departures.columns).cast(departures.schema) for one in (moved, calls)]
    return pl.concat([others, *own]).sort(*_RUN, "stop_sequence_index")


def _trips(edit: NewStop, trips: pl.DataFrame, timed: pl.DataFrame) -> pl.DataFrame:
    more = timed.group_by(_RUN).agg(more=pl.col("is_leg").sum().cast(pl.Int64))
    wait = pl.duration(seconds=pl.col("more").fill_null(0) * edit.added_s)
    return trips.join(more, on=_RUN, how="left", maintain_order="left").select(
        *(
            {
                "stops_count": pl.col("stops_count") + pl.col("more").fill_null(0),
                "arrives_at": (pl.col("arrives_at") + wait).cast(trips.schema["arrives_at"]),
            }.get(name, pl.col(name)).alias(name)
            for name in trips.columns
        )
    )


kind = Kind(
    model=NewStop,
    function=new_stop,
    reads={
        "stops": "silver/mobility/transit_stops",
        "departures": "silver/mobility/transit_departures",
        "trips": "silver/mobility/transit_trips_by_day",
    },
    untold=UNTOLD,
    title="Aggiungere una fermata a una linea",
    template="""\
  - kind: new_stop          # una fermata in più su una linea
    id: fermata_nord        # codice; un nome breve, senza spazi
    name: Fermata Nord      # nome
    route: L01              # codice della linea
    after: L01001           # fra questa fermata
    before: L01002          # e questa, che oggi viene subito dopo
    lat_deg: 45.536         # latitudine
    lng_deg: 10.176         # longitudine
    added_s: 40             # secondi persi da chi è a bordo: sosta e giro più lungo
    is_both_ways: true      # nelle due direzioni; false: solo le corse dalla prima alla seconda
""",
    source="i tempi di viaggio seguono dall'orario modificato, come nell'indicatore",
)
