"""The Comune's what-if scenarios: edits that nobody has decided yet, a row an edit."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import JsonLines
from infra.simulator.publication import Publication
from infra.simulator.transit import MORE_OFTEN_LINE

KEY: Final = "comune_brescia/scenarios"
PLACE: Final = "comune_files"
FORM: Final = JsonLines()


def publish(city: City, publication: Publication) -> None:
    """Deliver one file."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The edits; in the full city the scenarios come once for each of seven parts of it."""
    edits = [
        ("depavimentare", "deseal", "sealed_ratio", "", -0.20),
        ("meno_attesa", "bus_headway", "headway_min", MORE_OFTEN_LINE, 6.0),
        ("strade_lente", "zone30", "limit_kmh", "local", 30.0),
        ("strade_lente", "cycle_lane", "width_m", "collector", 2.5),
    ]
    parts = range(1, city.sized(1, 7) + 1)
    rows = pl.DataFrame(
        [
            {
                "scenario": f"{name}_{part}",
                "modifica": f"{name}_{part}-{number}",
                "tipo": kind,
                "grandezza": quantity,
                "oggetto": target or None,
                "valore": value,
            }
            for part in parts
            for number, (name, kind, quantity, target, value) in enumerate(edits, start=1)
        ],
        schema_overrides={"oggetto": pl.String},
    )
    yield Batch("piano/scenari.jsonl", midnight(city.start), city.start, rows)
