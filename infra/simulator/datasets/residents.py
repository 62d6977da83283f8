"""The Comune's population register: windows-1252, decimal commas, names with accents."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.transit_validations import cards
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.identifiers import omocode, with_wrong_check_letter
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, clean_rows

KEY: Final = "comune_brescia/residents"
PLACE: Final = "comune_files"
FORM: Final = Csv(
    Sheet(
        separator=";", encoding="windows-1252", line_end="\r\n", decimal_comma=True, decimals=6
    )
)  # fmt: skip
PERSONAL: Final = ("codice_fiscale", "nucleo", "tessera")
_MOST_A_HOUSEHOLD: Final = 4


def publish(city: City, publication: Publication) -> None:
    """Deliver the register as of the first day."""
    for person in city.people:
        publication.leaves_traces(person.traces)
    (batch,) = batches(city)
    put(publication, FORM, [batch], personal=PERSONAL)
    kept = clean_rows(batch.rows, batch.spoiled)
    publication.tell(
        "residents_by_section",
        kept.group_by(section_id="sezione").len("residents_count").sort("section_id"),
    )


def batches(city: City) -> Iterator[Batch]:
    """The register."""
    rows = _register(city)
    yield Batch(
        name="anagrafe/residenti.csv",
        at=midnight(city.start) + timedelta(hours=3),
        day=city.start,
        rows=rows,
        spoiled=_spoiled(city, rows),
    )


def _register(city: City) -> pl.DataFrame:
    chance, people = city.chance("residents"), city.people
    home = chance.integers(city.sections.height, size=len(people))  # as `City.homes`
    places = city.sections[home]
    return pl.DataFrame(
        {
            "codice_fiscale": [person.fiscal_code for person in people],
            "cognome": [person.surname for person in people],
            "nome": [person.name for person in people],
            "data_nascita": [f"{person.born_on:%d/%m/%Y}" for person in people],
            "sesso": ["F" if person.is_female else "M" for person in people],
            "indirizzo": [person.address for person in people],
            "sezione": places["section_id"],
            "latitudine": places["lat"].to_numpy() + chance.normal(0, 0.0008, len(people)),
            "longitudine": places["lng"].to_numpy() + chance.normal(0, 0.0011, len(people)),
            "nucleo": _households(city),
            "tessera": _cards(city),
            "telefono": [person.phone for person in people],
            "email": [person.email for person in people],
        }
    )


def _households(city: City) -> list[str]:
    """The household of each inhabitant: neighbours of one census section."""
    count = len(city.people)
    order = np.argsort(city.homes, kind="stable")
    sections = city.homes[order]
    sizes = city.chance("residents", "households").integers(1, _MOST_A_HOUSEHOLD + 1, size=count)
    lots = np.repeat(np.arange(count), sizes)[:count]
    begins = np.ones(count, dtype=bool)
    begins[1:] = (lots[1:] != lots[:-1]) | (sections[1:] != sections[:-1])
    numbers = np.empty(count, dtype=np.int64)
    numbers[order] = np.cumsum(begins)
    return [f"NF{number:08}" for number in numbers]


def _cards(city: City) -> list[str | None]:
    """The card for buses and metro of each inhabitant who has one: the first, if several."""
    held = cards(city).unique("person", keep="first")
    by_person = dict(held.select("person", "card").iter_rows())
    return [by_person.get(person) for person in range(len(city.people))]


def _spoiled(city: City, frame: pl.DataFrame) -> list[Spoiled]:
    """Rows that no careful reader would take."""
    rows = iter(np.sort(city.chance("residents", "bad").choice(frame.height, 40, replace=False)))
    codes = frame["codice_fiscale"]

    def again(kind: str, count: int, **cells: str) -> list[Spoiled]:
        return [Spoiled(kind, int(next(rows)), cells) for _ in range(count)]

    found = again("unparsable number", 4, latitudine="45,5x39")
    found += again("impossible date", 5, data_nascita="31/02/1980")
    found += again("missing value", 4, codice_fiscale="")
    found += again("value outside the list", 3, sesso="K")
    found += [Spoiled("ragged row", int(next(rows)), cut=3) for _ in range(4)]
    found += [Spoiled("duplicate key", int(next(rows)), is_extra=True) for _ in range(4)]
    for _ in range(2):  # the same person again, as the tax office writes the code of a namesake
        at = int(next(rows))
        same = {"codice_fiscale": omocode(codes[at])}
        found.append(Spoiled("duplicate key", at, same, is_extra=True))
    for _ in range(6):
        at = int(next(rows))
        wrong = {"codice_fiscale": with_wrong_check_letter(codes[at])}
        found.append(Spoiled("invalid identifier", at, wrong))
    return found
