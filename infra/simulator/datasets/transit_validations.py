"""Brescia Mobilità's ticket readers: which card was held to which, a CSV a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import is_free_day, local_midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Sheet, Spoiled, clean_rows, strewn

KEY: Final = "brescia_mobilita/transit_validations"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = Csv(Sheet(separator=";", encoding="windows-1252", line_end="\r\n"))
PERSONAL: Final = ("Tessera", "Titolare")
PRODUCTS: Final = ("ORDINARIO", "MENSILE", "ANNUALE", "STUDENTI", "OVER65")
_SHARES: Final = (0.35, 0.25, 0.15, 0.18, 0.07)
_METRO_SHARE: Final = 0.31
# Planted: events bring passengers, and so does rain.
PASSENGERS_A_VISITOR: Final = 0.02
RAIN_RATIO: Final = 1.08


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell how many passengers each line had."""
    truths = []
    for batch in batches(city):
        put(publication, FORM, [batch], personal=PERSONAL)
        kept = clean_rows(batch.rows, batch.spoiled)
        by_line = kept.group_by(line_id=pl.col("Fermata").str.slice(0, 3)).len("passengers_count")
        truths.append(by_line.with_columns(on=pl.lit(batch.day)).sort("line_id"))
    publication.tell("passengers_by_line", pl.concat(truths))


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    known = cards(city)
    for day in city.dates:
        rows = _one_day(city, day, known)
        yield Batch(
            name=f"tpl/validazioni_{day:%Y%m%d}.csv",
            at=local_midnight(day + timedelta(days=1)) + timedelta(hours=4),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def cards(city: City) -> pl.DataFrame:
    """Every card with its holder: the name, and the place among the city's people."""
    chance, count = city.chance(KEY, "cards"), city.sized(3_000, 80_000)
    numbers = chance.choice(900_000_000, count, replace=False) + 100_000_000
    holders = chance.integers(len(city.people), size=count)
    return pl.DataFrame(
        {
            "card": [f"OM{number}" for number in numbers],
            "person": holders,
            "holder": [city.people[int(person)].written for person in holders],
            "product": [PRODUCTS[place] for place in chance.choice(5, count, p=_SHARES)],
            "home": chance.random(count),
            "work": chance.random(count),
        }
    )


def _one_day(city: City, day: date, known: pl.DataFrame) -> pl.DataFrame:
    chance = city.chance(KEY, day)
    visitors = sum(e.visitors_count for e in city.events if e.first_on <= day <= e.last_on)
    mean = city.sized(5_000, 150_000) * (0.45 if is_free_day(day) else 1.0)
    mean += visitors * PASSENGERS_A_VISITOR * city.sized(1, 30)
    if float(city.climate.filter(on=day)["rain_mm"].item()) > 1:
        mean *= RAIN_RATIO
    count = int(chance.poisson(mean))
    who = chance.integers(known.height, size=count)
    is_return = chance.random(count) < 0.5
    hour = np.where(is_return, chance.normal(17.2, 2.2, count), chance.normal(8.6, 2.0, count))
    seconds = np.clip(hour, 5.6, 23.9) * 3600
    start = local_midnight(day)
    at = pl.Series(
        [start + timedelta(seconds=int(second)) for second in seconds],
        dtype=pl.Datetime("us", "UTC"),
    ).dt.convert_time_zone("Europe/Rome")
    place = np.where(is_return, known["work"].to_numpy()[who], known["home"].to_numpy()[who])
    product = known["product"].to_numpy()[who]
    holder = np.where(product == "ORDINARIO", "", known["holder"].to_numpy()[who])
    rows = pl.DataFrame(
        {
            "Tessera": known["card"].to_numpy()[who],
            "Titolare": holder,
            "Data": at.dt.strftime("%d/%m/%Y"),
            "Ora": at.dt.strftime("%H:%M:%S"),
            "Fermata": _stops(city, place, chance),
            "Titolo": product,
        }
    ).sort("Data", "Ora", "Tessera")
    numbers = pl.Series("Progressivo", [f"{day:%y%m%d}{place:07}" for place in range(count)])
    return rows.insert_column(0, numbers).with_columns(
        pl.when(pl.col("Titolare") != "").then("Titolare").alias("Titolare")
    )


def _stops(city: City, place: Series, chance: np.random.Generator) -> list[str]:
    """The stop at which somebody gets on, who always goes the same way: the metro draws most."""
    metro, *buses = city.network.lines
    others = [stop for line in buses for stop in line.stop_ids]
    is_metro = place < _METRO_SHARE
    within = np.where(is_metro, place / _METRO_SHARE, (place - _METRO_SHARE) / (1 - _METRO_SHARE))
    nudged = np.clip(within + chance.normal(0, 0.002, len(place)), 0, 0.9999)
    return [
        metro.stop_ids[int(share * len(metro.stop_ids))]
        if by_metro
        else others[int(share * len(others))]
        for by_metro, share in zip(is_metro, nudged, strict=True)
    ]


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    chance = city.chance(KEY, "bad", day)
    person = city.people[int(chance.integers(len(city.people)))]
    return strewn(
        chance,
        count,
        [
            # The reader's operator wrote the holder's name beside the kind of ticket.
            Spoiled("value outside the list", cells={"Titolo": f"MENSILE {person.surname}"}),
            Spoiled("value of the wrong form", cells={"Fermata": "FUORI SERVIZIO"}),
            Spoiled("impossible date", cells={"Ora": "25:61:00"}),
            Spoiled("missing value", cells={"Progressivo": ""}),
            Spoiled("ragged row", cut=3),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
