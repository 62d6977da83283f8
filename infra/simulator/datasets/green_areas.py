"""The Comune's public green, as GeoJSON polygons."""

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
from infra.simulator.terrain import degrees

KEY: Final = "comune_brescia/green_areas"
PLACE: Final = "comune_files"
FORM: Final = GeoJson("aree_verdi")
KINDS: Final = ("parco", "giardino", "verde stradale", "orto urbano", "bosco")


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, and tell how much public green there is."""
    put(publication, FORM, batches(city))
    known = areas(city)
    public = known.filter(pl.col("pubblica") == "SI")["superficie_m2"].sum()
    publication.planted("public green", area_m2=float(public))


def batches(city: City) -> Iterator[Batch]:
    """The green areas with their borders."""
    yield Batch("verde/aree_verdi.geojson", midnight(city.start), city.start, areas(city))


def areas(city: City) -> pl.DataFrame:
    """Each area: an eight-cornered one, as large as it says."""
    chance, count = city.chance(KEY), city.sized(150, 1_500)
    x, y = np.clip(chance.normal(0, 2_400, (2, count)), -4_500, 4_500)
    area = np.clip(chance.lognormal(7.8, 1.1, count), 150, 250_000).round(0)
    # An octagon with corners at this distance has this area.
    reach = np.sqrt(area / (2 * np.sqrt(2)))
    turns = np.linspace(0, 2 * np.pi, 9)
    lat, lng = degrees(
        x[:, None] + reach[:, None] * np.cos(turns), y[:, None] + reach[:, None] * np.sin(turns)
    )
    rings = np.stack([lng.round(7), lat.round(7)], axis=2)
    rings[:, -1] = rings[:, 0]
    shapes = [json.dumps({"type": "Polygon", "coordinates": [ring]}) for ring in rings.tolist()]
    kinds = chance.choice(len(KINDS), count, p=(0.2, 0.35, 0.3, 0.1, 0.05))
    return pl.DataFrame(
        {
            "codice": [f"VR{number:05}" for number in range(1, count + 1)],
            "tipo": [KINDS[kind] for kind in kinds],
            "superficie_m2": area,
            "pubblica": np.where(chance.random(count) < 0.85, "SI", "NO"),
            "manutenzione": np.where(chance.random(count) < 0.9, "SI", "NO"),
            "geometry": shapes,
        }
    )
