"""ARPA Lombardia's river gauges, every ten minutes in centimetres, in solar time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import STORM_DAY, City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.rivers import GAUGES, levels_m
from infra.simulator.sky import STEP, STEPS_A_DAY, Series
from infra.simulator.spoil import Sheet, Spoiled, clean_rows, strewn

KEY: Final = "arpa_lombardia/river_levels"
PLACE: Final = "arpa_files"
FORM: Final = Csv(Sheet(separator=";", decimals=0))
_MISSING: Final = -9999.0
_SOLAR: Final = timedelta(hours=1)
_CM: Final = 100.0


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell how high the rivers rose after the storm."""
    put(publication, FORM, batches(city))
    for one in planted(city):
        publication.planted("river rise", **one)


def planted(city: City) -> list[dict[str, str | float]]:
    """The highest level of each river in the day after the storm, where the storm is simulated."""
    storm = city.planted_day(STORM_DAY)
    if storm is None:
        return []
    now = city.sky.steps(midnight(storm), STEPS_A_DAY)
    return [
        {
            "day": f"{storm}",
            "station_id": gauge.code,
            "river_name": gauge.river,
            "highest_m": round(float(levels_m(gauge, city.sky)[now].max()), 2),
        }
        for gauge in GAUGES
    ]


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    levels = {gauge.code: levels_m(gauge, city.sky) for gauge in GAUGES}
    for day in city.dates:
        rows = _one_day(city, day, levels)
        spoiled = _spoiled(city, day, rows)
        missing = clean_rows(rows, spoiled)["livello_cm"] == _MISSING
        yield Batch(
            name=f"idro/idro_{day:%Y%m%d}.csv",
            at=midnight(day) + timedelta(hours=25, minutes=15),
            day=day,
            rows=rows,
            spoiled=spoiled,
            odd={"missing value written as -9999": int(missing.sum())},
        )


def _one_day(city: City, day: date, levels: dict[str, Series]) -> pl.DataFrame:
    now = city.sky.steps(midnight(day) - _SOLAR, STEPS_A_DAY)
    clock = [f"{midnight(day) + STEP * step:%Y-%m-%d %H:%M:%S}" for step in range(STEPS_A_DAY)]
    frames = []
    for gauge in GAUGES:
        chance = city.chance(KEY, gauge.code, day)
        read = (levels[gauge.code][now] * _CM + chance.normal(0, 0.4, STEPS_A_DAY)).round()
        read[chance.choice(STEPS_A_DAY, 2, replace=False)] = _MISSING
        frames.append(
            pl.DataFrame(
                {
                    "idstazione": [gauge.code] * STEPS_A_DAY,
                    "corso_acqua": [gauge.river] * STEPS_A_DAY,
                    "data_ora": clock,
                    "livello_cm": read,
                    "lat": [f"{gauge.lat}"] * STEPS_A_DAY,
                    "lng": [f"{gauge.lng}"] * STEPS_A_DAY,
                }
            )
        )
    return pl.concat(frames)


def _spoiled(city: City, day: date, rows: pl.DataFrame) -> list[Spoiled]:
    there = np.flatnonzero((rows["livello_cm"] != _MISSING).to_numpy())
    # In the first hours: the rivers rise in the evening of the storm.
    early = there[there % STEPS_A_DAY < STEPS_A_DAY // 3]
    bad = [
        Spoiled("unparsable number", cells={"livello_cm": "n.d."}),
        Spoiled("impossible date", cells={"data_ora": f"{day.year}-02-30 10:00:00"}),
        Spoiled("value out of range", cells={"livello_cm": "9000"}),
        Spoiled("duplicate key", is_extra=True),
    ]
    found = strewn(city.chance(KEY, "bad", day), len(early), bad)
    return [Spoiled(b.kind, int(early[b.at]), b.cells, b.cut, b.is_extra) for b in found]
