"""The Comune's trees: a windows-1252 CSV with title lines, like many a green office's."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.handover import Package
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn
from infra.simulator.terrain import degrees

KEY: Final = "comune_brescia/trees"
PLACE: Final = "comune_api"
HANDOVER: Final = Package()
FORM: Final = Csv(
    Sheet(separator=";", encoding="windows-1252", line_end="\r\n", decimal_comma=True, decimals=6),
    above=(
        "Censimento del verde urbano;;;;;;;",
        "Settore Verde e Parchi - qualità e quantità;;;;;;;",
    ),
)
SPECIES: Final = (
    ("Celtis australis", "Bagolaro"), ("Tilia cordata", "Tiglio"),
    ("Platanus × acerifolia", "Platano"),
    ("Acer platanoides", "Acero riccio"), ("Quercus robur", "Farnia"), ("Cedrus deodara", "Cedro"),
    ("Ginkgo biloba", "Ginkgo"), ("Prunus cerasifera", "Mirabolano"),
)  # fmt: skip
_NEW_TREES: Final = "AZ-05"


def publish(city: City, publication: Publication) -> None:
    """Deliver the list, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The trees; one cell of a number holds what is wrong with the tree."""
    rows = trees(city)
    bad = [
        Spoiled("unparsable number", cells={"Altezza (m)": "da abbattere"}),
        Spoiled("unit slip", cells={"Altezza (m)": "1250,000000"}),  # centimetres
        Spoiled("value out of range", cells={"Latitudine": "10,220300"}),  # the two were swapped
        Spoiled("missing value", cells={"Cod. pianta": ""}),
        Spoiled("ragged row", cut=2),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="trees/alberi.csv",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def trees(city: City) -> pl.DataFrame:
    """Each tree; a thirtieth of them came with the planting of the action register."""
    chance, count = city.chance(KEY), city.sized(3_000, 50_000)
    x, y = np.clip(chance.normal(0, 2_100, (2, count)), -4_600, 4_600)
    action = city.actions[_NEW_TREES]
    new = np.arange(count) >= count - count // 30
    x = np.where(new, action.x_m + chance.normal(0, action.radius_m / 3, count), x)
    y = np.where(new, action.y_m + chance.normal(0, action.radius_m / 3, count), y)
    year = np.where(new, action.finished_on.year, chance.integers(1940, 2015, size=count))
    age = np.clip(city.start.year - year, 1, None)
    height = np.clip(2.5 + 3.1 * np.log1p(age) * chance.lognormal(0, 0.15, count), 1.5, 34)
    lat, lng = degrees(x, y)
    kinds = chance.integers(len(SPECIES), size=count)
    return pl.DataFrame(
        {
            "Cod. pianta": [f"P{number:06}" for number in range(1, count + 1)],
            "Specie": [SPECIES[kind][0] for kind in kinds],
            "Nome comune": [SPECIES[kind][1] for kind in kinds],
            "Altezza (m)": height.round(1),
            "Chioma (m²)": (0.32 * height**1.7).round(1),
            "Anno d'impianto": year,
            "Latitudine": lat.round(6),
            "Longitudine": lng.round(6),
        }
    )
