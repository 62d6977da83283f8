"""Brescia Mobilità's parking sessions: a CSV a day in local time, with plates and names."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.city import FULL_CAR_PARK_DAY, City
from infra.simulator.days import ROME, is_free_day, local_midnight, quarters_of_local_day
from infra.simulator.places import CarPark
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, rows_count, spoiled_parts

KEY: Final = "brescia_mobilita/parking_sessions"
PLACE: Final = "brescia_mobilita_files"
_SHEET: Final = Sheet(separator=";", line_end="\r\n", decimal_comma=True, decimals=2)
_CLOCK: Final = "%d/%m/%Y %H:%M"
_MINUTE: Final = timedelta(minutes=1)
_FULL_CAR_PARK: Final = "P-VITTORIA"
# So many cars come, from noon on, that the car park is full from 15 to 18; then nobody waits.
_FULL_FROM, _FULL_TO, _CROWD_FROM, _CROWD_TIMES = 15, 18, 12.5, 9.0
_LATE_ROWS_A_DAY: Final = 4
_EUR_A_HALF_HOUR: Final = 0.80
_MOST_EUR: Final = 18.0


@dataclass(frozen=True)
class Session:
    """One car in one car park."""

    car_park: str
    entered_at: datetime
    left_at: datetime


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day of who entered; a few sessions come a day later."""
    frames: list[pl.DataFrame] = []
    late = pl.DataFrame()
    for day, sessions in sessions_by_day(city):
        frame = _frame(city, day, sessions)
        is_late = _late(city, day, frame)
        here = pl.concat([late, frame.filter(~is_late)]) if late.height else frame.filter(~is_late)
        spoiled = _spoiled(city, day, here)
        publication.deliver(
            f"sosta/soste_{day:%Y-%m-%d}.csv",
            spoiled_parts(_SHEET, _as_sent(here), spoiled, header=True),
            at=local_midnight(day) + timedelta(hours=29),
        )
        publication.holds(rows_count(here, spoiled))
        for bad in spoiled:
            publication.spoiled(bad.kind, day)
            publication.leaves_traces([bad.cells.get("targa"), bad.cells.get("intestatario")])
        publication.odd("row delivered a day later", day, rows_count=late.height)
        publication.odd("missing plate", day, rows_count=here["targa"].null_count())
        for column in ("targa", "intestatario", "nota"):
            publication.leaves_traces(here[column].unique(maintain_order=True))
        late = frame.filter(is_late)
        frames.append(here)
    _tell(city, publication, pl.concat(frames))


def sessions_by_day(city: City) -> Iterator[tuple[date, list[Session]]]:
    """Who enters on each day, in the order in which they come."""
    parked: dict[str, list[datetime]] = {park.code: [] for park in city.car_parks}
    for day in city.dates:
        sessions = [s for p in city.car_parks for s in _sessions(city, day, p, parked[p.code])]
        yield day, sorted(sessions, key=lambda s: (s.entered_at, s.car_park))


def _sessions(city: City, day: date, park: CarPark, parked: list[datetime]) -> Iterator[Session]:
    """Who enters this car park on a day in Rome; `parked` holds when those inside will leave.

    Nobody enters a full car park: whoever comes waits up to an hour for the next to leave.
    """
    chance = city.chance(KEY, park.code, day)
    closing = local_midnight(day + timedelta(days=1))
    for arrived_at, minutes in _arrivals(city, day, park, chance):
        while parked and parked[0] <= arrived_at:
            heapq.heappop(parked)
        entered_at = arrived_at
        if len(parked) >= park.capacity:
            if parked[0] - arrived_at > timedelta(hours=1) or parked[0] >= closing:
                continue
            entered_at = heapq.heappop(parked)
        left_at = min(entered_at + _MINUTE * minutes, closing + timedelta(hours=4))
        heapq.heappush(parked, left_at)
        yield Session(park.code, entered_at, left_at)


def _arrivals(
    city: City, day: date, park: CarPark, chance: np.random.Generator
) -> Iterator[tuple[datetime, int]]:
    """When cars come, and for how many minutes they mean to stay."""
    quarters = quarters_of_local_day(day)
    hours = np.array([at.astimezone(ROME).hour + at.minute / 60 for at in quarters])
    expected = _demand(park, day, hours)
    expected *= np.where(city.sky.at(city.sky.rain_mm, quarters) > 0.1, 1.15, 1.0)
    if park.code == _FULL_CAR_PARK and day == city.planted_day(FULL_CAR_PARK_DAY):
        expected[(hours >= _CROWD_FROM) & (hours < _FULL_TO)] *= _CROWD_TIMES
    for quarter, hour, count in zip(quarters, hours, chance.poisson(expected), strict=True):
        offsets = np.sort(chance.integers(15, size=count))
        mean = 480 if park.near == "station" and hour < 10 else 95
        stays = np.clip(chance.lognormal(np.log(mean), 0.5, size=count), 6, 1_200)
        for offset, stay in zip(offsets, stays, strict=True):
            yield quarter + _MINUTE * int(offset), int(stay)


def _demand(park: CarPark, day: date, hours: np.ndarray) -> np.ndarray:
    """Expected arrivals in each quarter hour: turnover a day, spread over the hours."""
    is_rest = is_free_day(day) or day.weekday() == 5
    match park.near:
        case "station":
            shape = 3 * np.exp(-((hours - 7.8) ** 2) / 1.5) + 0.6 * np.exp(
                -((hours - 14) ** 2) / 20
            )
            turnover = 0.5 if is_rest else 1.1
        case "hospital":
            shape = np.exp(-((hours - 9.5) ** 2) / 6) + 0.8 * np.exp(-((hours - 16) ** 2) / 6)
            turnover = 1.0 if is_rest else 1.8
        case "shops":
            shape = 0.7 * np.exp(-((hours - 10.5) ** 2) / 5) + np.exp(-((hours - 17) ** 2) / 7)
            turnover = 2.6 if day.weekday() == 5 else 1.0 if is_rest else 2.0
    shape = shape + 0.02
    return np.asarray(park.capacity * turnover * shape / shape.sum())


def _frame(city: City, day: date, sessions: list[Session]) -> pl.DataFrame:
    """The sessions of a day with whose car it was, and what it cost."""
    chance, count = city.chance(KEY, "cars", day), len(sessions)
    cars = chance.integers(len(city.plates), size=count)
    is_unread = chance.random(count) < 0.01
    has_note = chance.random(count) < 0.02
    owners = [city.people[car] for car in cars]
    zone = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(
        {
            "id_sosta": [f"{day:%Y%m%d}-{place:06}" for place in range(count)],
            "parcheggio": [s.car_park for s in sessions],
            "targa": [
                None if no else city.plates[car] for no, car in zip(is_unread, cars, strict=True)
            ],
            "intestatario": [owner.written for owner in owners],
            "ingresso": pl.Series([s.entered_at for s in sessions], dtype=zone),
            "uscita": pl.Series([s.left_at for s in sessions], dtype=zone),
            "nota": [
                f"Avvisato {owner.surname} {owner.name} al {owner.phone}" if noted else None
                for noted, owner in zip(has_note, owners, strict=True)
            ],
        },
        schema_overrides={"targa": pl.String, "nota": pl.String},
    )
    halves = ((pl.col("uscita") - pl.col("ingresso")).dt.total_minutes() / 30).ceil()
    paid = (halves * _EUR_A_HALF_HOUR).clip(upper_bound=_MOST_EUR).round(2)
    return frame.with_columns(importo=paid)


def _as_sent(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns in the publisher's order, instants as its clock shows them."""
    clock = pl.col("ingresso", "uscita").dt.convert_time_zone("Europe/Rome").dt.strftime(_CLOCK)
    sent = frame.with_columns(clock)
    return sent.select(
        "id_sosta", "parcheggio", "targa", "intestatario", "ingresso", "uscita", "importo", "nota"
    )


def _late(city: City, day: date, frame: pl.DataFrame) -> pl.Series:
    """Which sessions come a day later: none of the car park whose fullness is planted."""
    places = np.flatnonzero((frame["parcheggio"] != _FULL_CAR_PARK).to_numpy())
    chosen = city.chance(KEY, "late", day).choice(places, _LATE_ROWS_A_DAY, replace=False)
    mask = np.zeros(frame.height, dtype=bool)
    mask[chosen] = True
    return pl.Series(mask)


def _spoiled(city: City, day: date, frame: pl.DataFrame) -> list[Spoiled]:
    """Rows beside the clean ones, with ids, plates and owners of their own."""
    chance = city.chance(KEY, "bad", day)
    rows = iter(np.sort(chance.choice(frame.height, 14, replace=False)).tolist())
    found: list[Spoiled] = []

    def beside(kind: str, *, cut: int = 0, **cells: str) -> None:
        owner = city.people[int(chance.integers(len(city.people)))]
        own = {
            "id_sosta": f"{day:%Y%m%d}-9{len(found):05}",
            "targa": city.plates[int(chance.integers(len(city.plates)))],
            "intestatario": owner.written,
        }
        found.append(Spoiled(kind, next(rows), own | cells, cut=cut, is_extra=True))

    beside("unparsable number", importo="12,5O")
    beside("impossible date", ingresso=f"30/02/{day.year} 10:15")
    beside("missing value", ingresso="")
    beside("missing value", id_sosta="")
    beside("value out of range", importo="950,00")
    beside("negative value", importo="-3,00")
    beside("value outside the list", parcheggio="P-IGNOTO")
    beside("exit before entry", ingresso=f"{day:%d/%m/%Y} 18:20", uscita=f"{day:%d/%m/%Y} 11:05")
    beside("invalid identifier", targa="IQ12OU34X")
    beside("invalid identifier", targa="ZUCC0-1234567")
    beside("ragged row", cut=3)
    if len(quarters_of_local_day(day)) < 96:  # the hour that the clock skipped
        beside("impossible date", ingresso=f"{day:%d/%m/%Y} 02:30")
    found.append(Spoiled("duplicate key", next(rows), is_extra=True))
    return found


def _tell(city: City, publication: Publication, delivered: pl.DataFrame) -> None:
    entries = delivered.group_by(
        car_park_id="parcheggio", hour_at=pl.col("ingresso").dt.truncate("1h")
    )
    publication.tell("parking_entries", entries.len("entries_count").sort("car_park_id", "hour_at"))
    occupancy = _occupancy(delivered)
    publication.tell("parking_occupancy", occupancy)
    if (day := city.planted_day(FULL_CAR_PARK_DAY)) is not None:
        (park,) = (park for park in city.car_parks if park.code == _FULL_CAR_PARK)
        start = local_midnight(day)
        publication.planted(
            "full car park",
            day=f"{day}",
            car_park_id=park.code,
            capacity_count=park.capacity,
            from_at=f"{start + timedelta(hours=_FULL_FROM)}",
            to_at=f"{start + timedelta(hours=_FULL_TO)}",
        )


def _occupancy(delivered: pl.DataFrame) -> pl.DataFrame:
    """How many cars are inside at the end of each quarter hour in which one enters or leaves."""
    moves = pl.concat(
        [
            delivered.select(car_park_id="parcheggio", at="ingresso", change=pl.lit(1)),
            delivered.select(car_park_id="parcheggio", at="uscita", change=pl.lit(-1)),
        ]
    )
    end = pl.col("at").dt.truncate("15m").dt.offset_by("15m")
    by_quarter = moves.group_by("car_park_id", at=end).agg(pl.col("change").sum())
    ordered = by_quarter.sort("car_park_id", "at")
    inside = pl.col("change").cum_sum().over("car_park_id").cast(pl.Int64)
    return ordered.select("car_park_id", "at", occupied_count=inside)
