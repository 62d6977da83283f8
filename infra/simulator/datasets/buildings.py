"""The Comune's buildings, as GeoJSON polygons of the topographic database."""

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
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.terrain import degrees

KEY: Final = "comune_brescia/buildings"
PLACE: Final = "comune_files"
FORM: Final = GeoJson("edifici")


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The buildings with their footprints."""
    rows = footprints(city)
    bad = [
        Spoiled("value out of range", cells={"anno": "20118"}),
        Spoiled("value outside the list", cells={"uso": "da rilevare"}),
        Spoiled("negative value", cells={"superficie_m2": "-1"}),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="territorio/edifici.geojson",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def footprints(city: City) -> pl.DataFrame:
    """Each building as the topographic database holds it."""
    known = city.buildings
    x, y, w, d = (known[name].to_numpy() for name in ("x_m", "y_m", "width_m", "depth_m"))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) / 2
    lat, lng = degrees(
        x[:, None] + w[:, None] * corners[:, 0], y[:, None] + d[:, None] * corners[:, 1]
    )
    rings = np.stack([lng.round(6), lat.round(6)], axis=2).tolist()
    shapes = [json.dumps({"type": "Polygon", "coordinates": [ring]}) for ring in rings]
    return known.select(
        codice="building_id",
        sezione=city.sections["section_id"].gather(known["section"]),
        uso="use",
        anno="year",
        piani="floors",
        superficie_m2="floor_m2",
        geometry=pl.Series(shapes),
    )
