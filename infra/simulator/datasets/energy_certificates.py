"""Regione Lombardia's energy certificates (CENED): a CSV of texts with cadastral numbers."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.buildings import CLASSES
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "regione_lombardia/energy_certificates"
PLACE: Final = "regione_files"
FORM: Final = Csv(Sheet(separator=",", decimals=2))
PERSONAL: Final = ("PROPRIETARIO", "INDIRIZZO")
_SHARE: Final = 0.55


def publish(city: City, publication: Publication) -> None:
    """Deliver the register, and tell how many buildings of each class there are."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    known = city.buildings.group_by(class_code="class").len("buildings_count")
    publication.tell("buildings_by_class", known.sort("class_code"))


def batches(city: City) -> Iterator[Batch]:
    """The certificates that there are: about half of the buildings have one."""
    rows = certificates(city)
    bad = [
        Spoiled("value outside the list", cells={"CLASSE_ENERGETICA": "A+"}),  # the old scale
        Spoiled("value out of range", cells={"EP_GL_NREN": "16520.00"}),
        Spoiled("unparsable number", cells={"SUPERFICIE_UTILE": "80 mq"}),
        Spoiled("value out of range", cells={"ANNO_COSTRUZIONE": "0"}),
        Spoiled("missing value", cells={"CODICE_ACE": ""}),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="energia/cened_017029.csv",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def certificates(city: City) -> pl.DataFrame:
    """Each certificate, with owner, address and parcel as the region's register has them."""
    chance, known = city.chance(KEY), city.buildings
    chosen = known.filter(pl.Series(chance.random(known.height) < _SHARE))
    count = chosen.height
    owners = [city.people[int(p)] for p in chance.integers(len(city.people), size=count)]
    return pl.DataFrame(
        {
            "CODICE_ACE": [f"17029-{n:06}/{chance.integers(15, 25)}" for n in range(1, count + 1)],
            "PROPRIETARIO": [owner.written for owner in owners],
            "INDIRIZZO": [owner.address for owner in owners],
            "FOGLIO": chance.integers(1, 260, size=count),
            "PARTICELLA": chance.integers(1, 900, size=count),
            "LATITUDINE": chosen["lat"],
            "LONGITUDINE": chosen["lng"],
            "DESTINAZIONE_USO": chosen["use"],
            "ANNO_COSTRUZIONE": chosen["year"],
            "SUPERFICIE_UTILE": np.maximum(chosen["floor_m2"].to_numpy(), 20.0),
            "CLASSE_ENERGETICA": chosen["class"],
            "EP_GL_NREN": chosen["energy_kwhm2"],
        },
        schema_overrides={"CLASSE_ENERGETICA": pl.Enum(CLASSES)},
    )
