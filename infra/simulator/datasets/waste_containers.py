"""A2A's list of the bins that open with a tag, as GeoJSON."""

import json
from collections.abc import Iterator
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.waste_collection import bins_count
from infra.simulator.days import midnight
from infra.simulator.forms import GeoJson
from infra.simulator.publication import Publication
from infra.simulator.terrain import degrees

KEY: Final = "a2a/waste_containers"
PLACE: Final = "a2a_files"
FORM: Final = GeoJson("cassonetti")


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The bins with their places: where people live."""
    yield Batch("rifiuti/cassonetti.geojson", midnight(city.start), city.start, containers(city))


def containers(city: City) -> pl.DataFrame:
    """Each bin, near the middle of a census section."""
    chance, count = city.chance(KEY), bins_count(city)
    x, y = city.section_metres
    home = chance.integers(city.sections.height, size=count)
    lat, lng = degrees(x[home] + chance.normal(0, 60, count), y[home] + chance.normal(0, 60, count))
    return pl.DataFrame(
        {
            "codice": [f"C{number:05}" for number in range(1, count + 1)],
            "geometry": [
                json.dumps(
                    {"type": "Point", "coordinates": [round(float(a), 6), round(float(b), 6)]}
                )
                for a, b in zip(lng, lat, strict=True)
            ],
        }
    )
