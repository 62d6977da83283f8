"""A2A's City Plug: charge records as roaming platforms pass them on, objects within objects."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.charging_stations import stations
from infra.simulator.days import local_midnight, midnight
from infra.simulator.forms import JsonLines
from infra.simulator.handover import Records
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "a2a/charging_sessions"
PLACE: Final = "a2a_api"
FORM: Final = JsonLines()
HANDOVER: Final = Records()
PERSONAL: Final = (
    "cdr_token.uid", "cdr_token.contract_id", "cdr_token.holder", "cdr_token.email", "plate",
)  # fmt: skip
_EUR_A_KWH: Final = 0.58


def publish(city: City, publication: Publication) -> None:
    """Deliver the records of each day."""
    put(publication, FORM, batches(city), personal=PERSONAL)


def batches(city: City) -> Iterator[Batch]:
    """The records of each day."""
    known = stations(city)
    for day in city.dates:
        rows = _one_day(city, day, known)
        yield Batch(
            name=f"charging_sessions/{day:%Y-%m-%d}.jsonl",
            at=midnight(day) + timedelta(hours=30, minutes=5),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
            odd={"missing plate": rows["plate"].null_count()},
        )


def _one_day(city: City, day: date, known: pl.DataFrame) -> pl.DataFrame:
    chance = city.chance(KEY, day)
    count = int(chance.poisson(city.sized(80, 900)))
    place = chance.integers(known.height, size=count)
    hours = np.sort(chance.choice(24, count, p=_by_hour())) + chance.random(count)
    begun = [local_midnight(day) + timedelta(seconds=int(3600 * hour)) for hour in np.sort(hours)]
    power = known["potenza_kw"].to_numpy()[place]
    energy = np.clip(chance.gamma(3, 7, count), 0.5, 90).round(3)
    lasting = energy / (0.8 * power) + chance.exponential(0.3, count)
    drivers = chance.integers(min(len(city.plates), len(city.people)), size=count)
    has_plate = chance.random(count) < 0.6
    people = [city.people[int(driver)] for driver in drivers]
    return pl.DataFrame(
        {
            "id": [f"CDR-{day:%Y%m%d}-{number:05}" for number in range(count)],
            "start_date_time": [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in begun],
            "end_date_time": [
                f"{at + timedelta(hours=float(h)):%Y-%m-%dT%H:%M:%SZ}"
                for at, h in zip(begun, lasting, strict=True)
            ],
            "cdr_token.uid": [_card(int(driver)) for driver in drivers],
            "cdr_token.contract_id": [f"IT-A2A-C{driver:08}-{driver % 10}" for driver in drivers],
            "cdr_token.holder": [person.written for person in people],
            "cdr_token.email": [person.email for person in people],
            "cdr_location.evse_id": known["codice"][place],
            "plate": [
                city.plates[int(driver)] if seen else None
                for driver, seen in zip(drivers, has_plate, strict=True)
            ],
            "total_energy": energy,
            "total_cost.incl_vat": (energy * _EUR_A_KWH).round(2),
        },
        schema_overrides={"plate": pl.String},
    )


def _by_hour() -> Series:
    """The share of the day's charges that begins in each hour."""
    hours = np.arange(24)
    shape = 0.2 + np.exp(-((hours - 9) ** 2) / 10) + 1.2 * np.exp(-((hours - 18) ** 2) / 12)
    return np.asarray(shape / shape.sum())


def _card(driver: int) -> str:
    """The number of a charge card: eight bytes in hexadecimal digits."""
    return f"{(driver * 0x9E3779B97F4A7C15 + 0x04A2) % 2**56:014X}"


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    chance = city.chance(KEY, "bad", day)
    holder = city.people[int(chance.integers(len(city.people)))]
    bad = [
        # The token's holder stands where the station should.
        Spoiled("value of the wrong form", cells={"cdr_location.evse_id": holder.written}),
        Spoiled("duplicate key", is_extra=True),
    ]
    if day.day % 2:
        watt_hours = {"total_energy": "23450"}
        bad += [Spoiled("unit slip", cells=watt_hours), Spoiled("ragged row", cut=1)]
    return strewn(chance, count, bad)
