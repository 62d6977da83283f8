"""A2A's daily gas: a CSV a day with decimal commas, by delivery point (PDR) of fourteen digits."""

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

KEY: Final = "a2a/gas_readings"
PLACE: Final = "a2a_files"
FORM: Final = Csv(Sheet(separator=";", line_end="\r\n", decimal_comma=True, decimals=2))
PERSONAL: Final = ("PDR", "INTESTATARIO")


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell the energy signature of every delivery point."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    publication.tell("gas_signatures", points(city).drop("holder"))


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    meters = points(city)
    for day in city.dates:
        rows = _one_day(city, day, meters)
        yield Batch(
            name=f"gas/GAS_{day:%Y%m%d}.csv",
            at=midnight(day) + timedelta(hours=29),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
            odd={"estimated reading": int((rows["STIMATA"] == "S").sum())},
        )


def points(city: City) -> pl.DataFrame:
    """Each delivery point with its true signature: m³ = base + slope · max(0, balance - T)."""
    chance, count = city.chance(KEY, "points"), city.sized(300, 80_000)
    home = chance.integers(city.sections.height, size=count)
    numbers = chance.choice(90_000_000, count, replace=False) + 10_000_000
    holders = chance.integers(len(city.people), size=count)
    return pl.DataFrame(
        {
            "point": [f"009999{number}" for number in numbers],
            "section_id": city.sections["section_id"][home],
            "base_m3": chance.gamma(2, 0.25, count).round(2),
            "slope_m3_a_degree": chance.lognormal(-1.1, 0.5, count).round(3),
            "balance_c": chance.normal(17, 1, count).round(1),
            "holder": [city.people[int(person)].written for person in holders],
        }
    )


def _one_day(city: City, day: date, meters: pl.DataFrame) -> pl.DataFrame:
    chance, count = city.chance(KEY, day), meters.height
    temp = float(city.climate.filter(on=day)["tmean_c"].item())
    base, slope, balance = (
        meters[name].to_numpy() for name in ("base_m3", "slope_m3_a_degree", "balance_c")
    )
    used = (base + slope * np.clip(balance - temp, 0, None)) * chance.gamma(20, 1 / 20, count)
    return pl.DataFrame(
        {
            "PDR": meters["point"],
            "INTESTATARIO": meters["holder"],
            "SEZIONE": meters["section_id"],
            "DATA": [f"{day:%d/%m/%Y}"] * count,
            "PRELIEVO_SMC": used.round(2),
            "STIMATA": np.where(chance.random(count) < 0.04, "S", "N"),
        }
    )


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    chance = city.chance(KEY, "bad", day)
    holder = city.people[int(chance.integers(len(city.people)))]
    return strewn(
        chance,
        count,
        [
            Spoiled("unparsable number", cells={"PRELIEVO_SMC": "3,4O"}),
            Spoiled("negative value", cells={"PRELIEVO_SMC": "-1,20"}),
            # The leading zeros were lost on the way through a spreadsheet.
            Spoiled("invalid identifier", cells={"PDR": f"9999{chance.integers(10**7, 10**8)}"}),
            # The holder stands where the section should: the columns slipped by one.
            Spoiled("value of the wrong form", cells={"SEZIONE": holder.fiscal_code}),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
