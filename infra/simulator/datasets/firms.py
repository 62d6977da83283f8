"""The Chamber of Commerce's firms: the whole register, once a month."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn
from infra.simulator.terrain import degrees

KEY: Final = "camera_commercio/firms"
PLACE: Final = "camera_commercio_files"
FORM: Final = Csv(Sheet(separator="|", encoding="cp850", line_end="\r\n"))
PERSONAL: Final = ("CODICE_FISCALE", "DENOMINAZIONE", "PEC")
SECTORS: Final = (
    "10",
    "25",
    "28",
    "41",
    "43",
    "45",
    "47",
    "49",
    "55",
    "56",
    "62",
    "68",
    "69",
    "86",
    "96",
)
CLASSES: Final = ("0", "1", "2-5", "6-9", "10-49", "50-249", "250+")
_CLASS_SHARES: Final = (0.3, 0.28, 0.22, 0.09, 0.08, 0.025, 0.005)


def publish(city: City, publication: Publication) -> None:
    """Deliver one file for each month that the simulation touches."""
    put(publication, FORM, batches(city), personal=PERSONAL)


def batches(city: City) -> Iterator[Batch]:
    """The register at the beginning of each month."""
    known = _firms(city)
    for first in sorted({day.replace(day=1) for day in city.dates}):
        rows = _as_of(known, first)
        bad = [
            Spoiled("invalid identifier", cells={"CODICE_FISCALE": "RSSMRA80A01"}),
            Spoiled("impossible date", cells={"DATA_ISCRIZIONE": "00/00/0000"}),
            Spoiled("value outside the list", cells={"CLASSE_ADDETTI": "molti"}),
            Spoiled("ragged row", cut=2),
            Spoiled("duplicate key", is_extra=True),
        ]
        yield Batch(
            name=f"imprese_{first:%Y%m}.txt",
            at=midnight(first) + timedelta(hours=6),
            day=first,
            rows=rows,
            spoiled=strewn(city.chance(KEY, "bad", first), rows.height, bad),
        )


def _firms(city: City) -> pl.DataFrame:
    """Firms of one person, who has the person's code and often the person's name."""
    chance, count = city.chance(KEY), city.sized(1_000, 25_000)
    owners = chance.choice(len(city.people), count, replace=False)
    people = [city.people[int(owner)] for owner in owners]
    sectors = [SECTORS[place] for place in chance.integers(len(SECTORS), size=count)]
    opened = [
        city.start - timedelta(days=int(days)) for days in chance.gamma(1.6, 2_400, count) + 20
    ]
    lasting = chance.exponential(6_000, count) + 200
    closed = [day + timedelta(days=int(days)) for day, days in zip(opened, lasting, strict=True)]
    x, y = np.clip(chance.normal(0, 2_000, (2, count)), -4_600, 4_600)
    lat, lng = degrees(x, y)
    return pl.DataFrame(
        {
            "CODICE_FISCALE": [person.fiscal_code for person in people],
            "DENOMINAZIONE": [f"DITTA {person.written}" for person in people],
            "PEC": [f"pec.{person.email}" for person in people],
            "ATECO": sectors,
            "opened": opened,
            "closed": closed,
            "CLASSE_ADDETTI": [CLASSES[c] for c in chance.choice(7, count, p=_CLASS_SHARES)],
            "LAT": lat.round(6),
            "LON": lng.round(6),
        }
    )


def _as_of(known: pl.DataFrame, day: date) -> pl.DataFrame:
    """The register of a day: who is not open yet is not in it, who will close does not say so."""
    return (
        known.filter(pl.col("opened") <= day)
        .with_columns(
            pl.col("opened").dt.strftime("%d/%m/%Y").alias("DATA_ISCRIZIONE"),
            pl.when(pl.col("closed") <= day)
            .then(pl.col("closed").dt.strftime("%d/%m/%Y"))
            .alias("DATA_CESSAZIONE"),
        )
        .select(
            "CODICE_FISCALE",
            "DENOMINAZIONE",
            "PEC",
            "ATECO",
            "DATA_ISCRIZIONE",
            "DATA_CESSAZIONE",
            "CLASSE_ADDETTI",
            "LAT",
            "LON",
        )
    )
