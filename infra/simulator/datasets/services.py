"""The Comune's services to people: where, how many they can take, and when they are open."""

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

KEY: Final = "comune_brescia/services"
PLACE: Final = "comune_api"
HANDOVER: Final = Package()
FORM: Final = Csv(Sheet(separator=";", decimal_comma=True, decimals=6))
_KEEPER: Final = 17  # which of the inhabitants
# Category, its share, places it can take, and when it is open.
KINDS: Final = (
    ("farmacia", 0.20, 40, "08:30", "20:00", "1111110"),
    ("medico di base", 0.18, 25, "09:00", "18:30", "1111100"),
    ("scuola primaria", 0.14, 300, "08:00", "16:30", "1111100"),
    ("asilo nido", 0.10, 60, "07:30", "18:00", "1111100"),
    ("supermercato", 0.18, 250, "08:00", "21:00", "1111111"),
    ("biblioteca", 0.05, 80, "09:00", "19:00", "1111110"),
    ("ufficio postale", 0.09, 50, "08:20", "19:05", "1111110"),
    ("ospedale", 0.03, 900, "00:00", "24:00", "1111111"),
    ("casa della comunità", 0.03, 120, "08:00", "20:00", "1111111"),
)


def publish(city: City, publication: Publication) -> None:
    """Deliver the list, valid from the first day on; somebody's name stands where none should."""
    put(publication, FORM, batches(city))
    publication.leaves_traces(city.people[_KEEPER].traces)


def batches(city: City) -> Iterator[Batch]:
    """The services."""
    rows = services(city)
    bad = [
        Spoiled("value outside the list", cells={"categoria": "varie"}),
        # Whoever filled in the form wrote down the pharmacist, not the pharmacy.
        Spoiled("value outside the list", cells={"categoria": city.people[_KEEPER].written}),
        Spoiled("value of the wrong form", cells={"apre": "mattina"}),
    ]
    yield Batch(
        name="services/servizi.csv",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def services(city: City) -> pl.DataFrame:
    """Each service; `giorni` has a sign for each day from Monday on."""
    chance, count = city.chance(KEY), city.sized(250, 2_500)
    kinds = chance.choice(len(KINDS), count, p=[share for _, share, *_ in KINDS])
    x, y = np.clip(chance.normal(0, 1_900, (2, count)), -4_500, 4_500)
    lat, lng = degrees(x, y)
    names, _, places, opens, closes, days = zip(*(KINDS[kind] for kind in kinds), strict=True)
    return pl.DataFrame(
        {
            "codice": [f"S{number:05}" for number in range(1, count + 1)],
            "categoria": names,
            "lat": lat.round(6),
            "lon": lng.round(6),
            "capienza": (np.array(places) * chance.lognormal(0, 0.3, count)).round(0).astype(int),
            "apre": opens,
            "chiude": closes,
            "giorni": days,
        }
    )
