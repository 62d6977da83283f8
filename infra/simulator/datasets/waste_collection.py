"""A2A's waste: who opened which bin with which tag, a packed CSV a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import is_free_day, local_midnight, midnight
from infra.simulator.forms import Csv, Gzip
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, clean_rows, strewn

KEY: Final = "a2a/waste_collection"
PLACE: Final = "a2a_files"
FORM: Final = Gzip(Csv(Sheet(separator=";", line_end="\r\n", decimal_comma=True, decimals=2)))
PERSONAL: Final = ("TAG",)
FRACTIONS: Final = ("indifferenziato", "organico", "carta", "plastica", "vetro")
_SHARES: Final = (0.30, 0.28, 0.17, 0.15, 0.10)
_KG: Final = (3.1, 2.2, 1.6, 0.8, 1.9)


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell the kilograms of each fraction."""
    truths = []
    for batch in batches(city):
        put(publication, FORM, [batch], personal=PERSONAL)
        kept = clean_rows(batch.rows, batch.spoiled)
        sums = kept.group_by(fraction_code="FRAZIONE", on=pl.lit(batch.day)).agg(
            pl.col("PESO_KG").sum().round(2), openings_count=pl.len()
        )
        truths.append(sums.sort("fraction_code"))
    publication.tell("waste_by_fraction", pl.concat(truths))


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    tags = _tags(city)
    for day in city.dates:
        rows = _one_day(city, day, tags)
        yield Batch(
            name=f"rifiuti/conferimenti_{day:%Y%m%d}.csv.gz",
            at=midnight(day) + timedelta(hours=28),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def bins_count(city: City) -> int:
    """How many bins there are, numbered from one."""
    return city.sized(119, 2_999)


def _tags(city: City) -> pl.Series:
    chance, count = city.chance(KEY, "tags"), city.sized(2_000, 90_000)
    numbers = chance.choice(90_000_000, count, replace=False) + 10_000_000
    return pl.Series([f"E2801160{number}" for number in numbers])


def _one_day(city: City, day: date, tags: pl.Series) -> pl.DataFrame:
    chance = city.chance(KEY, day)
    mean = city.sized(500, 60_000) * (1.2 if is_free_day(day) else 1.0)
    count = int(chance.poisson(mean))
    hours = np.clip(chance.normal(13.5, 4.2, count), 0.2, 23.8)
    start = local_midnight(day)
    opened = sorted(start + timedelta(minutes=int(60 * hour)) for hour in hours)
    fraction = chance.choice(len(FRACTIONS), count, p=_SHARES)
    bins = chance.integers(1, bins_count(city) + 1, size=count)
    zone = pl.Datetime("us", "UTC")
    local = pl.Series(opened, dtype=zone).dt.convert_time_zone("Europe/Rome")
    return pl.DataFrame(
        {
            "ID": [f"{day:%Y%m%d}{place:06}" for place in range(count)],
            "TAG": tags[chance.integers(len(tags), size=count)],
            "CASSONETTO": [f"C{number:05}" for number in bins],
            "DATA_ORA": local.dt.strftime("%d/%m/%Y %H.%M"),
            "FRAZIONE": [FRACTIONS[place] for place in fraction],
            "PESO_KG": np.clip(chance.gamma(2, np.array(_KG)[fraction] / 2), 0.05, 40).round(2),
        }
    )


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            # Grams where kilograms should be.
            Spoiled("unit slip", cells={"PESO_KG": "2350,00"}),
            Spoiled("value outside the list", cells={"FRAZIONE": "carta e cartone"}),
            Spoiled("impossible date", cells={"DATA_ORA": f"31/02/{day.year} 10.15"}),
            Spoiled("missing value", cells={"ID": ""}),
            Spoiled("ragged row", cut=2),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
