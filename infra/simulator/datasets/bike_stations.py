"""Brescia Mobilità's bike-sharing stations: the open data's CSV, a blank in one column's name."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled
from infra.simulator.streets import STREET_NAMES
from infra.simulator.terrain import degrees

KEY: Final = "brescia_mobilita/bike_stations"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = Csv(Sheet(separator=",", decimals=6))


def publish(city: City, publication: Publication) -> None:
    """Deliver the list, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The stations; the last line of the list is cut off, as in the publisher's own file."""
    rows = stations(city)
    yield Batch(
        name="mobilita-sostenibile/Postazioni Bike Sharing - Brescia.csv",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=[Spoiled("ragged row", rows.height - 1, cut=3)],
    )


def stations(city: City) -> pl.DataFrame:
    """Each station with its place and its docks."""
    chance, count = city.chance(KEY), city.sized(40, 95)
    x, y = np.clip(chance.normal(0, 1_500, (2, count)), -4_000, 4_000)
    lat, lng = degrees(x, y)
    streets = chance.integers(len(STREET_NAMES), size=count)
    return pl.DataFrame(
        {
            "N. Postazione": np.arange(1, count + 1),
            "Nome": [STREET_NAMES[int(street)] for street in streets],
            "Latitudine ": lat,
            "Longitudine": lng,
            "Tot. colonnine": chance.integers(6, 20, size=count),
        }
    )
