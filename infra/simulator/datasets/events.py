"""The Comune's calendar of events, by its API."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import JsonLines
from infra.simulator.handover import Records
from infra.simulator.publication import Publication

KEY: Final = "comune_brescia/events"
PLACE: Final = "comune_api"
FORM: Final = JsonLines()
HANDOVER: Final = Records()


def publish(city: City, publication: Publication) -> None:
    """Deliver the calendar, and tell how many more guests each event truly brings."""
    put(publication, FORM, batches(city))
    for event in city.events:
        publication.planted(
            "event", event_id=event.event_id, first_on=f"{event.first_on}",
            last_on=f"{event.last_on}", guests_ratio=event.guests_ratio,
        )  # fmt: skip


def batches(city: City) -> Iterator[Batch]:
    """The events of two years before the start and of half a year after it."""
    rows = pl.DataFrame(
        {
            "codice": [event.event_id for event in city.events],
            "nome": [event.name for event in city.events],
            "dal": [f"{event.first_on}" for event in city.events],
            "al": [f"{event.last_on}" for event in city.events],
            "presenze_attese": [event.visitors_count for event in city.events],
        }
    )
    yield Batch("events/calendario.jsonl", midnight(city.start), city.start, rows)
