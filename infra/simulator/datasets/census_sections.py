"""ISTAT's census sections: borders, inhabitants by age, and the tenth of incomes they are in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import GeoJson
from infra.simulator.places import MUNICIPALITY
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled

KEY: Final = "istat/census_sections"
PLACE: Final = "istat_files"
FORM: Final = GeoJson("R03_21_017029")
AGES: Final = (0, 15, 25, 45, 65, 80)


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, and tell how many live in each section."""
    put(publication, FORM, batches(city))
    publication.tell("population_by_section", population(city))


def batches(city: City) -> Iterator[Batch]:
    """The sections; the last comes a second time."""
    rows = sections(city)
    yield Batch(
        name="R03_21_017029.geojson",
        at=midnight(city.start) - timedelta(days=200),
        day=city.start,
        rows=rows,
        spoiled=[Spoiled("duplicate key", rows.height - 1, is_extra=True)],
    )


def sections(city: City) -> pl.DataFrame:
    """Every section, in the columns of the census bases (P1: inhabitants, P14 on: by age)."""
    _, borders = city.quarters
    people = population(city)
    ages = {f"P{14 + place}": people[f"from_{age}_count"] for place, age in enumerate(AGES)}
    income = np.clip(np.rint(city.chance(KEY).normal(5.5, 2.4, borders.height)), 1, 10)
    return pl.DataFrame(
        {
            "COD_REG": ["03"] * borders.height,
            "PRO_COM": [MUNICIPALITY] * borders.height,
            "SEZ21_ID": borders["section_id"],
            "COD_QUART": borders["quarter_id"],
            "P1": people["residents_count"],
            **ages,
            "DECILE_REDDITO": income.astype(int),
            "geometry": borders["geometry"],
        }
    )


def population(city: City) -> pl.DataFrame:
    """How many of the register's inhabitants live in each section, in all and by age."""
    ages = np.array([(city.start - person.born_on).days / 365.25 for person in city.people])
    bands = np.digitize(ages, AGES) - 1
    counts = np.zeros((city.sections.height, len(AGES)), dtype=np.int64)
    np.add.at(counts, (city.homes, np.clip(bands, 0, None)), 1)
    return pl.DataFrame(
        {"section_id": city.sections["section_id"], "residents_count": counts.sum(axis=1)}
        | {f"from_{age}_count": counts[:, place] for place, age in enumerate(AGES)}
    )
