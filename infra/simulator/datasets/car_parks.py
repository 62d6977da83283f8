"""Brescia Mobilità's list of car parks: a JSON document with the records two levels down."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import JsonList
from infra.simulator.publication import Publication

KEY: Final = "brescia_mobilita/car_parks"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = JsonList(before='{"licenza":"CC BY 4.0","dati":{"parcheggi":[', after="]}}")


def publish(city: City, publication: Publication) -> None:
    """Deliver one document, valid from the first day on."""
    put(publication, FORM, batches(city))
    for keeper in city.people[-len(city.car_parks) :]:
        publication.leaves_traces(keeper.traces)


def batches(city: City) -> Iterator[Batch]:
    """The car parks, each with the one who keeps it."""
    parks, keepers = city.car_parks, city.people[-len(city.car_parks) :]
    rows = pl.DataFrame(
        {
            "codice": [park.code for park in parks],
            "nome": [park.name for park in parks],
            "posti": [park.capacity for park in parks],
            "latitudine": [park.lat for park in parks],
            "longitudine": [park.lng for park in parks],
            "referente": [keeper.written for keeper in keepers],
        }
    )
    yield Batch("sosta/parcheggi.json", midnight(city.start), city.start, rows)
