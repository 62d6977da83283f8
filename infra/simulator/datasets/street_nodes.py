"""The Comune's street crossings, a plain CSV."""

from collections.abc import Iterator
from typing import Final

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "comune_brescia/street_nodes"
PLACE: Final = "comune_files"
FORM: Final = Csv(Sheet(separator=";", decimal_comma=True, decimals=6))


def publish(city: City, publication: Publication) -> None:
    """Deliver the list, valid from the first day on."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The crossings with place and height."""
    nodes = city.streets.nodes
    rows = nodes.select(nodo="node_id", lat="lat", lon="lng", quota_m="z_m")
    bad = [
        Spoiled("value out of range", cells={"quota_m": "-9999,000000"}),
        Spoiled("ragged row", cut=1),
    ]
    yield Batch(
        name="strade/nodi.csv",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )
