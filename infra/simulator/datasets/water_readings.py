"""A2A Ciclo Idrico's water meters: a workbook a day, with what each meter shows."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Workbook
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "a2a/water_readings"
PLACE: Final = "a2a_files"
FORM: Final = Workbook("Letture", above=("A2A Ciclo Idrico - letture giornaliere", ""))
PERSONAL: Final = ("Matricola", "Intestatario")
# Planted: from this day on one meter never stands still.
LEAK_DAY: Final = 2
LEAK_METER: Final = 4
LEAK_M3_A_DAY: Final = 4.8


def publish(city: City, publication: Publication) -> None:
    """Deliver one workbook a day, and tell which meter leaks."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    meters = meters_of(city)
    publication.tell("water_meters", meters.drop("holder"))
    if (day := city.planted_day(LEAK_DAY)) is not None:
        publication.planted(
            "leak", from_on=f"{day}", meter=meters["meter"][LEAK_METER], m3_a_day=LEAK_M3_A_DAY
        )


def batches(city: City) -> Iterator[Batch]:
    """What each day's workbook holds."""
    meters = meters_of(city)
    index = meters["index_m3"].to_numpy().copy()
    for day in city.dates:
        rows = _one_day(city, day, meters, index)
        yield Batch(
            name=f"acqua/letture_acqua_{day:%Y-%m-%d}.xlsx",
            at=midnight(day) + timedelta(hours=33),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def meters_of(city: City) -> pl.DataFrame:
    """Each meter with its section, its holder, and what it uses in a usual day."""
    chance, count = city.chance(KEY, "meters"), city.sized(300, 60_000)
    home = chance.integers(city.sections.height, size=count)
    numbers = chance.choice(9_000_000, count, replace=False) + 1_000_000
    holders = chance.integers(len(city.people), size=count)
    return pl.DataFrame(
        {
            "meter": [f"AQ-{number:08}" for number in numbers],
            "section_id": city.sections["section_id"][home],
            "holder": [city.people[int(person)].written for person in holders],
            "mean_m3": chance.lognormal(-1.0, 0.5, count).round(3),
            "index_m3": chance.uniform(10, 2_500, count).round(1),
        }
    )


def used_m3(city: City, day: date, meters: pl.DataFrame, chance: np.random.Generator) -> Series:
    """What is used of each meter on a day, but for the leak."""
    tmax = float(city.climate.filter(on=day)["tmax_c"].item())
    used = meters["mean_m3"].to_numpy() * chance.gamma(6, 1 / 6, meters.height)
    return np.asarray(used * (1 + 0.02 * max(0.0, tmax - 22)))  # gardens and showers


def leak_m3(city: City, day: date) -> float:
    """What the leaking meter loses on a day."""
    leak = city.planted_day(LEAK_DAY)
    return LEAK_M3_A_DAY if leak is not None and day >= leak else 0.0


def _one_day(city: City, day: date, meters: pl.DataFrame, index: Series) -> pl.DataFrame:
    """What the meters show at the end of a day; `index` is carried on from day to day."""
    chance, count = city.chance(KEY, day), meters.height
    index += used_m3(city, day, meters, chance)
    index[LEAK_METER] += leak_m3(city, day)
    return pl.DataFrame(
        {
            "Matricola": meters["meter"],
            "Intestatario": meters["holder"],
            "Sezione": meters["section_id"],
            "Data": [f"{day:%d/%m/%Y}"] * count,
            "Lettura (m³)": index.round(3),
            "Stato": np.where(chance.random(count) < 0.03, "S", "R"),
        }
    )


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            Spoiled("unparsable number", cells={"Lettura (m³)": "illeggibile"}),
            Spoiled("missing value", cells={"Matricola": ""}),
            Spoiled("value outside the list", cells={"Stato": "?"}),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
