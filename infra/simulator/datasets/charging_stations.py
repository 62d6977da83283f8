"""A2A's City Plug: where cars can be charged, as GeoJSON."""

import json
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import GeoJson
from infra.simulator.publication import Publication
from infra.simulator.streets import STREET_NAMES
from infra.simulator.terrain import degrees

KEY: Final = "a2a/charging_stations"
PLACE: Final = "a2a_files"
FORM: Final = GeoJson("city_plug")
KINDS: Final = {"AC": 22.0, "DC": 50.0, "HPC": 150.0}


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The stations with their places."""
    yield Batch(
        name="city_plug/stazioni.geojson",
        at=midnight(city.start),
        day=city.start,
        rows=stations(city),
    )


def stations(city: City) -> pl.DataFrame:
    """Each station: what it gives and where it stands."""
    chance, count = city.chance(KEY), city.sized(40, 220)
    x, y = np.clip(chance.normal(0, 2_000, (2, count)), -4_500, 4_500)
    lat, lng = degrees(x, y)
    kinds = [list(KINDS)[kind] for kind in chance.choice(3, count, p=(0.75, 0.2, 0.05))]
    streets = chance.integers(len(STREET_NAMES), size=count)
    return pl.DataFrame(
        {
            "codice": [f"IT*A2A*E{number:05}" for number in range(1, count + 1)],
            "ubicazione": [STREET_NAMES[int(street)] for street in streets],
            "tipo": kinds,
            "potenza_kw": [KINDS[kind] for kind in kinds],
            "prese": chance.choice((1, 2, 4), count, p=(0.2, 0.7, 0.1)),
            "geometry": [
                json.dumps(
                    {"type": "Point", "coordinates": [round(float(a), 6), round(float(b), 6)]}
                )
                for a, b in zip(lng, lat, strict=True)
            ],
        }
    )
