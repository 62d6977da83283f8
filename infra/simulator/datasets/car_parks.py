"""Brescia Mobilità's list of car parks: a JSON document with the records two levels down."""

import json
from typing import Final

from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.publication import Publication

KEY: Final = "brescia_mobilita/car_parks"
PLACE: Final = "brescia_mobilita_files"


def publish(city: City, publication: Publication) -> None:
    """Deliver one document, valid from the first day on."""
    keepers = city.people[-len(city.car_parks) :]
    records = [
        {
            "codice": park.code,
            "nome": park.name,
            "posti": park.capacity,
            "latitudine": park.lat,
            "longitudine": park.lng,
            "referente": keeper.written,
        }
        for park, keeper in zip(city.car_parks, keepers, strict=True)
    ]
    for keeper in keepers:
        publication.leaves_traces(keeper.traces)
    document = {"licenza": "CC BY 4.0", "dati": {"parcheggi": records}}
    content = json.dumps(document, ensure_ascii=False, indent=2).encode()
    publication.deliver(
        "sosta/parcheggi.json",
        [content],
        at=midnight(city.start),
    )
    publication.holds(len(records))
