"""The Comune's quarters and zones, as GeoJSON."""

from collections.abc import Iterator
from typing import Final

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import GeoJson
from infra.simulator.publication import Publication

KEY: Final = "comune_brescia/quarters"
PLACE: Final = "comune_files"
FORM: Final = GeoJson("quartieri")


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The quarters with their borders."""
    quarters, _ = city.quarters
    names = {"quarter_id": "codice", "name": "quartiere", "zone": "zona"}
    yield Batch("territorio/quartieri.geojson", midnight(city.start), city.start,
                quarters.rename(names))  # fmt: skip
