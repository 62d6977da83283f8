"""Shared cars and scooters: rentals with plate, driver and places, by the company's API."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import local_midnight
from infra.simulator.forms import JsonLines
from infra.simulator.handover import Records
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.terrain import degrees

KEY: Final = "brescia_mobilita/shared_vehicles"
PLACE: Final = "brescia_mobilita_api"
FORM: Final = JsonLines()
HANDOVER: Final = Records()
PERSONAL: Final = ("vehicle.plate", "customer.code", "customer.licence")
KINDS: Final = ("auto", "auto_elettrica", "scooter")


def publish(city: City, publication: Publication) -> None:
    """Deliver the rentals of each day."""
    put(publication, FORM, batches(city), personal=PERSONAL)


def batches(city: City) -> Iterator[Batch]:
    """The rentals of each day."""
    for day in city.dates:
        rows = _one_day(city, day)
        bad = [
            Spoiled("unit slip", cells={"distance_km": "6400"}),  # metres
            Spoiled("duplicate key", is_extra=True),
        ]
        yield Batch(
            name=f"shared_vehicles/{day:%Y-%m-%d}.jsonl",
            at=local_midnight(day + timedelta(days=1)) + timedelta(hours=3),
            day=day,
            rows=rows,
            spoiled=strewn(city.chance(KEY, "bad", day), rows.height, bad),
        )


def _one_day(city: City, day: date) -> pl.DataFrame:
    chance = city.chance(KEY, day)
    count = int(chance.poisson(city.sized(120, 1_500))) + 5
    # The last of the city's plates are those of the shared fleet.
    fleet = city.plates[-city.sized(60, 600) :]
    hours = np.sort(np.clip(chance.normal(14, 4.5, count), 0.1, 23))
    begun = [local_midnight(day) + timedelta(seconds=int(3600 * hour)) for hour in hours]
    lasting = np.clip(chance.lognormal(3.2, 0.6, count), 4, 600)
    away = np.clip(chance.normal(0, 1_800, (4, count)), -4_600, 4_600)
    lat, lng = degrees(away[0], away[1])
    to_lat, to_lng = degrees(away[2], away[3])
    drivers = chance.integers(len(city.people), size=count)
    return pl.DataFrame(
        {
            "rental_id": [f"NOL-{day:%Y%m%d}-{place:05}" for place in range(count)],
            "vehicle.plate": [fleet[int(car)] for car in chance.integers(len(fleet), size=count)],
            "vehicle.kind": [KINDS[place] for place in chance.choice(3, count, p=(0.5, 0.3, 0.2))],
            "customer.code": [f"CLI{400_000 + int(driver)}" for driver in drivers],
            "customer.licence": [f"U1{int(driver) * 7919 % 10_000_000:07}Z" for driver in drivers],
            "start.at": [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in begun],
            "start.lat": lat.round(5),
            "start.lng": lng.round(5),
            "end.at": [
                f"{at + timedelta(minutes=float(m)):%Y-%m-%dT%H:%M:%SZ}"
                for at, m in zip(begun, lasting, strict=True)
            ],
            "end.lat": to_lat.round(5),
            "end.lng": to_lng.round(5),
            "distance_km": (np.hypot(*(away[:2] - away[2:])) / 1000 * 1.35 + 0.4).round(2),
        }
    )
