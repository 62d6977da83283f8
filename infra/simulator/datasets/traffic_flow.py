"""The Comune's traffic detectors: counts and speeds, a windows-1252 CSV a day in local time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import ROME, is_free_day, local_midnight, quarters_of_local_day
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "comune_brescia/traffic_flow"
PLACE: Final = "comune_files"
FORM: Final = Csv(
    Sheet(
        separator=";", encoding="windows-1252", line_end="\r\n", decimal_comma=True, decimals=1
    )
)  # fmt: skip
_WET_RATIO: Final = 0.92
# Planted: one detector says the same all day.
STUCK_DAY: Final = 3
STUCK_DETECTOR: Final = 2


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell which edge each detector is on."""
    put(publication, FORM, batches(city))
    known = detectors(city)
    publication.tell("detectors", known)
    if (day := city.planted_day(STUCK_DAY)) is not None:
        stuck = known["detector_id"][STUCK_DETECTOR]
        publication.planted("stuck detector", day=f"{day}", detector_id=stuck)


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    known = detectors(city)
    for day in city.dates:
        rows = _one_day(city, day, known)
        yield Batch(
            name=f"traffico/spire_{day:%Y%m%d}.csv",
            at=local_midnight(day + timedelta(days=1)) + timedelta(minutes=45),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def detectors(city: City) -> pl.DataFrame:
    """Which edge each detector watches, one way: the busiest streets come first."""
    count = city.sized(40, 300)
    busy = city.streets.edges.filter(pl.col("class") != "local").sort(
        "aadt", "edge_id", descending=[True, False]
    )
    chosen = busy.gather_every(max(1, busy.height // count)).head(count)
    return chosen.select(
        detector_id=pl.format("SP{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)),
        edge_id="edge_id",
        street="name",
        aadt="aadt",
        capacity_vph="capacity_vph",
        limit_kmh="limit_kmh",
    )


def _one_day(city: City, day: date, known: pl.DataFrame) -> pl.DataFrame:
    """The small city counts by quarter hours, the full one by five minutes."""
    minutes, chance, count = city.sized(15, 5), city.chance(KEY, day), known.height
    steps = [
        quarter + timedelta(minutes=step)
        for quarter in quarters_of_local_day(day)
        for step in range(0, 15, minutes)
    ]
    hours = np.array([at.astimezone(ROME).hour + at.minute / 60 for at in steps])
    is_rest = is_free_day(day) or day.weekday() == 5
    share = _profile(hours, is_rest=is_rest) * minutes / 60
    expected = known["aadt"].to_numpy() / 2 * share[:, None]
    most = known["capacity_vph"].to_numpy() * minutes / 60
    vehicles = np.minimum(chance.poisson(expected), (1.25 * most).astype(np.int64))
    tens = [at - timedelta(minutes=at.minute % 10) for at in steps]
    rain = city.sky.at(city.sky.rain_mm, tens)
    if day == city.planted_day(STUCK_DAY):
        vehicles[:, STUCK_DETECTOR] = 37
    ratio = vehicles / most
    free = known["limit_kmh"].to_numpy() * 0.95
    speed = free / (1 + 0.15 * ratio**4) * np.where(rain > 0.1, _WET_RATIO, 1.0)[:, None]
    speed = np.clip(speed * chance.normal(1, 0.05, speed.shape), 4, 140)
    occupied = np.clip(100 * vehicles * 60 / minutes * 6 / (speed * 1000), 0, 100)
    local = pl.Series(steps, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone("Europe/Rome")
    at = np.repeat(np.arange(len(steps)), count)
    which = np.tile(np.arange(count), len(steps))
    return pl.DataFrame(
        {
            "Spira": known["detector_id"][which],
            "Località": known["street"][which],
            "Arco": known["edge_id"][which],
            "Data": local.dt.strftime("%d/%m/%Y")[at],
            "Ora": local.dt.strftime("%H:%M%:z")[at],
            "Veicoli": vehicles.ravel(),
            "Occupazione %": occupied.round(1).ravel(),
            "Velocità km/h": speed.round(1).ravel(),
        }
    )


def _profile(hours: Series, *, is_rest: bool) -> Series:
    """The share of a day's vehicles that passes in an hour, at these hours."""
    if is_rest:
        shape = 0.1 + 0.9 * np.exp(-((hours - 15.5) ** 2) / 30)
    else:
        shape = 0.12 + np.exp(-((hours - 8) ** 2) / 3) + 0.7 * np.exp(-((hours - 13) ** 2) / 9)
        shape = shape + 1.05 * np.exp(-((hours - 18) ** 2) / 5)
    return np.asarray(shape / shape.mean() / 24 * (0.75 if is_rest else 1.0))


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            Spoiled("unparsable number", cells={"Veicoli": "#N/D"}),
            Spoiled("negative value", cells={"Veicoli": "-1"}),
            Spoiled("unit slip", cells={"Velocità km/h": "13880,0"}),  # metres an hour
            Spoiled("impossible date", cells={"Data": f"30/02/{day.year}"}),
            Spoiled("missing value", cells={"Spira": ""}),
            Spoiled("ragged row", cut=3),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
