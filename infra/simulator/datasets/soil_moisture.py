"""ARPA Lombardia's hourly water and warmth in the ground, in the portal's columns, solar time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.soil_sensors import probes
from infra.simulator.days import midnight
from infra.simulator.forms import JsonLines
from infra.simulator.handover import Soda
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.soil import DEPTHS_CM, soil_by_hour, soil_temperature_by_hour
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "arpa_lombardia/soil_moisture"
PLACE: Final = "arpa_api"
FORM: Final = JsonLines()
# The portal keeps the past years in one of its data sets, and what is new in another.
HANDOVER: Final = Soda(
    {
        "s7st-2r5k": (date.min, date(2025, 12, 31)),
        "s7cr-9m4w": (date(2026, 1, 1), date.max),
    }
)
_SOLAR: Final = timedelta(hours=1)
_MISSING: Final = "-9999"
# Planted: from the first day on one probe drifts away from its neighbours.
DRIFTING_PROBE: Final = 3
DRIFT_PCT_A_DAY: Final = 0.8


def publish(city: City, publication: Publication) -> None:
    """Deliver the measures of each day, and tell how wet the ground truly is."""
    put(publication, FORM, batches(city))
    truth = _truth(city)
    publication.tell("soil_by_hour", truth)
    publication.planted(
        "drifting sensor",
        sensor_id=probes(city)["IdSensore"][DRIFTING_PROBE],
        from_on=f"{city.start}",
        pct_a_day=DRIFT_PCT_A_DAY,
    )


def batches(city: City) -> Iterator[Batch]:
    """The measures of each day."""
    sensors = probes(city)["IdSensore"]
    soil = soil_by_hour(city.climate, city.sky)
    warmth = soil_temperature_by_hour(city.climate, city.sky)
    # Each station has its own ground, wetter or drier than the mean by so much.
    offsets = city.chance(KEY, "ground").normal(0, 1.8, len(sensors) // len(DEPTHS_CM))
    for day in city.dates:
        rows = _one_day(city, day, sensors, soil=soil, warmth=warmth, offsets=offsets)
        yield Batch(
            name=f"soil_moisture/{day:%Y-%m-%d}.jsonl",
            at=midnight(day) + timedelta(hours=25, minutes=20),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows),
            odd={"missing value written as -9999": int((rows["valore"] == _MISSING).sum())},
        )


def _hours_from_sky(city: City, day: date) -> slice:
    first = int((midnight(day) - _SOLAR - city.sky.first_at) / timedelta(hours=1))
    return slice(first, first + 24)


def _one_day(
    city: City,
    day: date,
    sensors: pl.Series,
    *,
    soil: Series,
    warmth: Series,
    offsets: Series,
) -> pl.DataFrame:
    chance, hours = city.chance(KEY, day), _hours_from_sky(city, day)
    layers = soil[hours]  # (24, 3)
    values = np.tile(layers, len(offsets)) + np.repeat(offsets, len(DEPTHS_CM))
    values = values + chance.normal(0, 0.12, values.shape)
    passed = (day - city.start).days + np.arange(24) / 24
    values[:, DRIFTING_PROBE] += DRIFT_PCT_A_DAY * passed
    is_lost = chance.random(values.shape) < 0.01
    texts = [
        _MISSING if lost else f"{value:.1f}"
        for value, lost in zip(values.T.ravel(), is_lost.T.ravel(), strict=True)
    ]
    degrees = np.tile(warmth[hours], len(offsets))
    degrees = degrees + city.chance(KEY, "warmth", day).normal(0, 0.1, degrees.shape)
    clock = [f"{midnight(day) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}.000" for hour in range(24)]
    return pl.DataFrame(
        {
            "idsensore": sensors[np.repeat(np.arange(len(sensors)), 24)],
            "data": clock * len(sensors),
            "valore": texts,
            "stato": ["NA" if text == _MISSING else "VA" for text in texts],
            "idoperatore": ["1"] * len(texts),
            "temperatura": [f"{value:.1f}" for value in degrees.T.ravel()],
        }
    )


def _truth(city: City) -> pl.DataFrame:
    soil = soil_by_hour(city.climate, city.sky)
    warmth = soil_temperature_by_hour(city.climate, city.sky)
    hours = [city.sky.first_at + timedelta(hours=hour) for hour in range(len(soil))]
    return pl.DataFrame(
        {"measured_at": hours}
        | {f"at_{depth}_cm_pct": soil[:, place] for place, depth in enumerate(DEPTHS_CM)}
        | {f"at_{depth}_cm_c": warmth[:, place] for place, depth in enumerate(DEPTHS_CM)}
    )


def _spoiled(city: City, day: date, rows: pl.DataFrame) -> list[Spoiled]:
    there = np.flatnonzero((rows["valore"] != _MISSING).to_numpy())
    bad = [
        Spoiled("unparsable number", cells={"valore": "21,4 ?"}),
        Spoiled("value out of range", cells={"valore": "250.0"}),
        Spoiled("impossible date", cells={"data": f"{day.year}-02-30T00:00:00.000"}),
        Spoiled("value outside the list", cells={"stato": "VALIDO"}),
        Spoiled("duplicate key", is_extra=True),
    ]
    found = strewn(city.chance(KEY, "bad", day), len(there), bad)
    return [Spoiled(b.kind, int(there[b.at]), b.cells, b.cut, b.is_extra) for b in found]
