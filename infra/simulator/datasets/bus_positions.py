"""Brescia Mobilità's vehicles every twenty seconds, as its control room sends them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import is_free_day, local_midnight
from infra.simulator.forms import JsonLines
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.transit import MORE_OFTEN_DAY, MORE_OFTEN_LINE, Line, departures

KEY: Final = "brescia_mobilita/bus_positions"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = JsonLines()
PERSONAL: Final = ("vehicle.driver",)
_EVERY_S: Final = 20
# The small city is looked at for twenty minutes of the morning, the full one all day.
_MORNING_S: Final = (7 * 3600, 7 * 3600 + 1200)
_RAIN_DELAY_S_A_MM: Final = 60.0


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day."""
    put(publication, FORM, batches(city), personal=PERSONAL)


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    for day in city.dates:
        rows = _one_day(city, day)
        yield Batch(
            name=f"avm/posizioni_{day:%Y%m%d}.jsonl",
            at=local_midnight(day + timedelta(days=1)) + timedelta(hours=1),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def _one_day(city: City, day: date) -> pl.DataFrame:
    chance = city.chance(KEY, day)
    first, last = _MORNING_S if city.profile == "small" else (5 * 3600, 25 * 3600)
    is_holiday = is_free_day(day) or day.weekday() == 5
    service = "FES" if is_holiday else "FER"
    started = city.planted_day(MORE_OFTEN_DAY)
    trips = []
    for line in city.network.lines:
        is_more = started is not None and day >= started and line.line_id == MORE_OFTEN_LINE
        leaving = departures(line.headways(is_holiday=is_holiday, is_more_often=is_more))
        for direction in (0, 1):
            for number, leaves in enumerate(leaving):
                if leaves <= last and leaves + line.seconds[-1] + 900 >= first:
                    trip_id = f"{service}-{line.line_id}-{direction}-{number:03}"
                    trips.append((line, direction, trip_id, float(leaves)))
    hour = int((first + last) / 2 // 3600)
    rain = rain_mm(city, day, hour) if city.profile == "small" else 0.0
    delays = chance.normal(70, 60, len(trips)) + rain * _RAIN_DELAY_S_A_MM
    frames = [
        _one_trip(day, trip, float(delay), vehicle, (first, last))
        for vehicle, (trip, delay) in enumerate(zip(trips, delays, strict=True), start=1)
    ]
    drivers = chance.integers(10_000, 99_999, size=len(trips) + 1)
    rows = pl.concat(frame for frame in frames if frame.height).sort("timestamp", "vehicle.id")
    badge = pl.Series([f"AUT-0{number}" for number in drivers])
    vehicles = rows["vehicle.id"].str.slice(2).cast(pl.Int64)
    return rows.with_columns(badge.gather(vehicles).alias("vehicle.driver")).select(
        "vehicle.id", "vehicle.driver", "trip.trip_id", "trip.route_id", "timestamp",
        "position.latitude", "position.longitude", "delay",
    )  # fmt: skip


def rain_mm(city: City, day: date, hour: int) -> float:
    """How much rain fell in an hour of the city's clock."""
    start = local_midnight(day) + timedelta(hours=hour)
    return float(city.sky.rain_mm[city.sky.steps(_tens(start), 6)].sum())


def _tens(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 10 * 10, second=0)


def _one_trip(
    day: date,
    trip: tuple[Line, int, str, float],
    delay: float,
    vehicle: int,
    between: tuple[int, int],
) -> pl.DataFrame:
    line, direction, trip_id, leaves = trip
    begins = max(between[0], int(leaves + delay) // _EVERY_S * _EVERY_S)
    ends = min(between[1], int(leaves + delay + line.seconds[-1]))
    seconds = np.arange(begins, max(ends, begins), _EVERY_S)
    along = np.asarray(seconds - leaves - delay, dtype=np.float64)
    lat, lng = _places(line, along if direction == 0 else line.seconds[-1] - along)
    count = len(seconds)
    origin = int(local_midnight(day).timestamp())
    return pl.DataFrame(
        {
            "vehicle.id": [f"BM{vehicle:05}"] * count,
            "trip.trip_id": [trip_id] * count,
            "trip.route_id": [line.line_id] * count,
            "timestamp": seconds.astype(np.int64) + origin,
            "position.latitude": lat.round(6),
            "position.longitude": lng.round(6),
            "delay": np.full(count, int(delay), dtype=np.int64),
        }
    )


def _places(line: Line, along: Series) -> tuple[Series, Series]:
    lat = np.interp(along, line.seconds, line.lat)
    return lat, np.interp(along, line.seconds, line.lng)


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            # No satellites: the receiver says where the equator meets Greenwich.
            Spoiled("value out of range", cells={"position.latitude": "0.0"}),
            Spoiled("value out of range", cells={"position.longitude": "0.0"}),
            Spoiled("unparsable number", cells={"delay": "n/d"}),
            Spoiled("missing value", cells={"timestamp": ""}),
            Spoiled("ragged row", cut=2),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
