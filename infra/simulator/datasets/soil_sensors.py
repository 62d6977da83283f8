"""ARPA Lombardia's list of soil probes, as the regional portal exports it."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.soil import DEPTHS_CM
from infra.simulator.spoil import Sheet
from infra.simulator.terrain import degrees, elevation_m

KEY: Final = "arpa_lombardia/soil_sensors"
PLACE: Final = "arpa_files"
FORM: Final = Csv(Sheet(separator=","))


def publish(city: City, publication: Publication) -> None:
    """Deliver the list, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The probes, three to a station."""
    yield Batch("suolo/sensori_suolo.csv", midnight(city.start), city.start, probes(city))


def probes(city: City) -> pl.DataFrame:
    """Every probe, in the columns of the portal."""
    chance, count = city.chance(KEY), city.sized(8, 40)
    x, y = np.clip(chance.normal(0, 2_200, (2, count)), -4_500, 4_500)
    lat, lng = degrees(x, y)
    stations = np.repeat(np.arange(count), len(DEPTHS_CM))
    return pl.DataFrame(
        {
            "IdSensore": [f"{80_000 + number}" for number in range(len(stations))],
            "Tipologia": ["Contenuto idrico del suolo"] * len(stations),
            "Unità DiMisura": ["%"] * len(stations),
            "IdStazione": [f"{1_900 + station}" for station in stations],
            "NomeStazione": [f"Brescia suolo {station + 1}" for station in stations],
            "Profondità cm": list(DEPTHS_CM) * count,
            "Quota": elevation_m(x, y).round(0).astype(int)[stations],
            "Provincia": ["BS"] * len(stations),
            "lng": lng.round(6)[stations],
            "lat": lat.round(6)[stations],
        }
    )
