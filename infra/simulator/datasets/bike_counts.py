"""The Comune's bicycle counters: one wide CSV a year, a column for each hour of the day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import is_free_day, midnight, quarters_of_local_day
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn
from infra.simulator.streets import STREET_NAMES

KEY: Final = "comune_brescia/bike_counts"
PLACE: Final = "comune_files"
FORM: Final = Csv(Sheet(separator=";", encoding="windows-1252"))
_LANE: Final = "AZ-02"
# Planted: the counter on the new cycle lane, what a rainy day leaves, and a counter that was off.
LANE_COUNTER: Final = 4  # on Via Triumplina, as the title of the action says
RAIN_RATIO: Final = 0.55
BROKEN_COUNTER: Final = 3
_BROKEN_DAYS: Final = (40, 44)  # of the year


def publish(city: City, publication: Publication) -> None:
    """Deliver this year's file; the full city delivers last year's as well."""
    put(publication, FORM, batches(city))
    action = city.actions[_LANE]
    publication.planted(
        "cycle lane",
        action_id=action.action_id,
        counter_id=_counter(LANE_COUNTER),
        from_on=f"{action.finished_on}",
        effect_ratio=action.effect_ratio or 1.0,
    )
    publication.planted("rain keeps cyclists at home", ratio=RAIN_RATIO)


def batches(city: City) -> Iterator[Batch]:
    """What each year's file holds, up to the last day."""
    last = city.dates[-1]
    for year in range(city.start.year - city.sized(0, 1), last.year + 1):
        first, end = date(year, 1, 1), min(date(year, 12, 31), last)
        days = [first + timedelta(days=step) for step in range((end - first).days + 1)]
        rows = pl.concat([_one_counter(city, counter, days) for counter in range(_count(city))])
        cells = rows.select(pl.exclude("contatore", "via", "giorno"))
        yield Batch(
            name=f"biciclette/passaggi_{year}.csv",
            at=midnight(end) + timedelta(hours=30),
            day=end,
            rows=rows,
            spoiled=_spoiled(city, year, rows),
            odd={"missing count": int(cells.null_count().sum_horizontal().item())},
            melted=24,
        )


def _count(city: City) -> int:
    return city.sized(5, 20)


def _counter(place: int) -> str:
    return f"CB{place + 1:02}"


def _one_counter(city: City, place: int, days: list[date]) -> pl.DataFrame:
    chance = city.chance(KEY, _counter(place), f"{days[0].year}")
    of_year = date(days[0].year, 12, 31).timetuple().tm_yday
    noise = chance.gamma(30, 1 / 30, (of_year, 24))[: len(days)]
    weather = city.climate.filter(pl.col("on").is_between(days[0], days[-1])).sort("on")
    temp, rain = weather["tmean_c"].to_numpy(), weather["rain_mm"].to_numpy()
    mean = 900 + 350 * (place % 5)
    level = mean * np.clip(0.35 + temp / 28, 0.2, 1.2) * np.where(rain > 1, RAIN_RATIO, 1.0)
    action = city.actions[_LANE]
    if place == LANE_COUNTER:
        after = np.array([day >= action.finished_on for day in days])
        level = level * np.where(after, action.effect_ratio or 1.0, 1.0)
    is_rest = np.array([is_free_day(day) or day.weekday() == 5 for day in days])
    hours = np.arange(24)
    work = 0.02 + np.exp(-((hours - 8) ** 2) / 3) + 1.1 * np.exp(-((hours - 18) ** 2) / 5)
    rest = 0.03 + np.exp(-((hours - 16) ** 2) / 14)
    shape = np.where(is_rest[:, None], 0.6 * rest / rest.sum(), work / work.sum())
    counts = np.rint(level[:, None] * shape * noise).astype(np.int64)
    empty = np.zeros(counts.shape, dtype=bool)
    if place == BROKEN_COUNTER:
        empty[slice(*_BROKEN_DAYS)] = True
    for row, day in enumerate(days):
        if _skips_an_hour(day):
            empty[row, 2] = True
    columns = {
        f"h{hour:02}": pl.Series(
            [None if no else int(n) for n, no in zip(counts[:, hour], empty[:, hour], strict=True)],
            dtype=pl.Int64,
        )
        for hour in hours
    }
    return pl.DataFrame(
        {
            "contatore": [_counter(place)] * len(days),
            "via": [STREET_NAMES[place % len(STREET_NAMES)]] * len(days),
            "giorno": [f"{day:%d/%m/%Y}" for day in days],
        }
        | columns
    )


def _skips_an_hour(day: date) -> bool:
    return len(quarters_of_local_day(day)) < 96


def _spoiled(city: City, year: int, rows: pl.DataFrame) -> list[Spoiled]:
    """In the first days of the first counter."""
    found = strewn(
        city.chance(KEY, "bad", f"{year}"),
        min(30, rows.height),
        [
            Spoiled("unparsable number", cells={"h10": "12?"}),
            Spoiled("negative value", cells={"h11": "-7"}),
            Spoiled("value out of range", cells={"h12": "65535"}),
        ],
    )
    days = rows["giorno"].to_list()
    # The hour that the clock skipped has a column all the same.
    skipped = {day for day in set(days) if _skips_an_hour(_read(day))}
    return found + [Spoiled("impossible date", at) for at, day in enumerate(days) if day in skipped]


def _read(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))
