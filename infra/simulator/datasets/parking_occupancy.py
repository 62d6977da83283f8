"""Brescia Mobilità's free places every five minutes: what the sessions add up to, as JSON Lines."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.parking_sessions import Session, sessions_by_day
from infra.simulator.days import ROME, local_midnight, quarters_of_local_day
from infra.simulator.forms import JsonLines
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "brescia_mobilita/parking_occupancy"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = JsonLines()
_STEP: Final = timedelta(minutes=5)


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    inside: dict[str, list[datetime]] = {park.code: [] for park in city.car_parks}
    for day, sessions in sessions_by_day(city):
        rows = _one_day(city, day, sessions, inside)
        yield Batch(
            name=f"sosta/posti_liberi_{day:%Y-%m-%d}.jsonl",
            at=local_midnight(day + timedelta(days=1)) + timedelta(minutes=2),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def _one_day(
    city: City, day: date, sessions: Sequence[Session], inside: dict[str, list[datetime]]
) -> pl.DataFrame:
    """`inside` holds when those who are inside will leave, and is carried on to the next day."""
    quarters = quarters_of_local_day(day)
    instants = [quarter + _STEP * step for quarter in quarters for step in range(3)]
    frames = []
    for park in city.car_parks:
        here = [session for session in sessions if session.car_park == park.code]
        carried = inside[park.code]
        lefts = sorted([*carried, *(session.left_at for session in here)])
        entered = _until([session.entered_at for session in here], instants)
        taken = len(carried) + entered - _until(lefts, instants)
        inside[park.code] = [at for at in lefts if at > instants[-1]]
        frames.append(
            pl.DataFrame(
                {
                    "codice": [park.code] * len(instants),
                    "ora": [at.astimezone(ROME).isoformat() for at in instants],
                    "liberi": park.capacity - taken,
                    "capienza": [park.capacity] * len(instants),
                    "stato": ["APERTO"] * len(instants),
                }
            )
        )
    return pl.concat(frames)


def _until(moments: Sequence[datetime], instants: Sequence[datetime]) -> np.ndarray:
    """How many of these moments have come by each instant."""
    zone = pl.Datetime("us", "UTC")
    return pl.Series(sorted(moments), dtype=zone).search_sorted(
        pl.Series(instants, dtype=zone), side="right"
    ).to_numpy().astype(np.int64)  # fmt: skip


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            Spoiled("unparsable number", cells={"liberi": "COMPLETO"}),
            Spoiled("negative value", cells={"liberi": "-4"}),
            Spoiled("more free than there are", cells={"liberi": "999"}),
            Spoiled("value outside the list", cells={"codice": "P-IGNOTO"}),
            Spoiled("ragged row", cut=2),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
