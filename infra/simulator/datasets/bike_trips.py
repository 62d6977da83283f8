"""Brescia Mobilità's bike-sharing trips: who rode from where to where, a CSV a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.bike_stations import stations
from infra.simulator.days import ROME, hours_of_local_day, is_free_day, local_midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "brescia_mobilita/bike_trips"
PLACE: Final = "brescia_mobilita_files"
FORM: Final = Csv(Sheet(separator=","))
PERSONAL: Final = ("utente", "email")
# Planted: in an hour with rain so much fewer ride.
RAIN_RATIO: Final = 0.35


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    publication.planted("rain keeps riders at home", ratio=RAIN_RATIO)


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    count = city.sized(40, 95)
    numbers = stations(city)["N. Postazione"].head(count - 1)  # the last is not in the list
    for day in city.dates:
        rows = _one_day(city, day, numbers)
        yield Batch(
            name=f"mobilita-sostenibile/viaggi_{day:%Y-%m-%d}.csv",
            at=local_midnight(day + timedelta(days=1)) + timedelta(hours=2),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def _one_day(city: City, day: date, numbers: pl.Series) -> pl.DataFrame:
    chance, hours = city.chance(KEY, day), hours_of_local_day(day)
    local = np.array([hour.astimezone(ROME).hour for hour in hours])
    shape = 0.15 + np.exp(-((local - 8) ** 2) / 4) + np.exp(-((local - 18) ** 2) / 6)
    mean = city.sized(300, 3_000) * (0.6 if is_free_day(day) else 1.0)
    temp = city.sky.at(city.sky.temp_c, hours)
    rain = [float(city.sky.rain_mm[city.sky.steps(hour, 6)].sum()) for hour in hours]
    expected = mean * shape / shape.sum() * np.clip(0.5 + temp / 25, 0.2, 1.3)
    expected *= np.where(np.array(rain) > 0.2, RAIN_RATIO, 1.0)
    counts = chance.poisson(expected)
    begun = [
        hour + timedelta(seconds=int(second))
        for hour, count in zip(hours, counts, strict=True)
        for second in np.sort(chance.integers(3600, size=count))
    ]
    count = len(begun)
    riders = chance.integers(len(city.people), size=count)
    lasting = np.clip(chance.lognormal(2.4, 0.5, count), 2, 120)
    zone = pl.Datetime("us", "UTC")
    start = pl.Series(begun, dtype=zone).dt.convert_time_zone("Europe/Rome")
    ended = [at + timedelta(minutes=float(m)) for at, m in zip(begun, lasting, strict=True)]
    end = pl.Series(ended, dtype=zone).dt.convert_time_zone("Europe/Rome")
    return pl.DataFrame(
        {
            "viaggio": [f"BV{day:%Y%m%d}{place:06}" for place in range(count)],
            "utente": [f"BICIMIA-{700_000 + int(rider)}" for rider in riders],
            "email": [city.people[int(rider)].email for rider in riders],
            "bici": [f"B{number:04}" for number in chance.integers(1, 500, size=count)],
            "da": numbers[chance.integers(len(numbers), size=count)],
            "a": numbers[chance.integers(len(numbers), size=count)],
            "inizio": start.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "fine": end.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "metri": (lasting * 190).round(0).astype(int),
        }
    )


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    backwards = {"inizio": f"{day} 18:20:00", "fine": f"{day} 07:05:00"}
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            Spoiled("exit before entry", cells=backwards),
            Spoiled("unit slip", cells={"metri": "3120000"}),
            Spoiled("unparsable number", cells={"metri": "-"}),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
