"""A2A's district heating by the hour: JSON Lines, in UTC and in megawatt hours."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import ROME, hours_of_local_day, is_free_day, midnight
from infra.simulator.forms import JsonLines
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "a2a/heat_readings"
PLACE: Final = "a2a_files"
FORM: Final = JsonLines()
PERSONAL: Final = ("sottocentrale",)
USES: Final = ("residenziale", "terziario", "pubblico")
# Planted: on this day one substation sends kilowatt hours where it says megawatt hours.
UNIT_SLIP_DAY: Final = 2
_RETROFIT: Final = "AZ-06"


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell the energy signature of every substation."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    publication.tell("heat_signatures", substations(city))
    action = city.actions[_RETROFIT]
    publication.planted(
        "retrofit",
        action_id=action.action_id,
        finished_on=f"{action.finished_on}",
        effect_ratio=action.effect_ratio or 1.0,
    )


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    meters = substations(city)
    for day in city.dates:
        rows = _one_day(city, day, meters)
        yield Batch(
            name=f"calore/calore_{day:%Y-%m-%d}.jsonl",
            at=midnight(day) + timedelta(hours=27, minutes=40),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, meters.height, rows.height),
        )


def substations(city: City) -> pl.DataFrame:
    """Each substation with its true signature: E = base + slope · max(0, balance - T), in kWh.

    `retrofit_ratio` is what the retrofit of its houses made of slope, 1 where there was none.
    """
    chance, count = city.chance(KEY, "substations"), city.sized(200, 20_000)
    home = chance.integers(city.sections.height, size=count)
    x, y = city.section_metres
    is_better = city.actions[_RETROFIT].covers(x[home], y[home])
    numbers = chance.choice(900_000, count, replace=False) + 100_000
    return pl.DataFrame(
        {
            "meter": [f"TLR-{number:07}" for number in numbers],
            "section_id": city.sections["section_id"][home],
            "use": [USES[use] for use in chance.choice(3, count, p=(0.7, 0.22, 0.08))],
            "base_kwh": chance.uniform(5.5, 12, count).round(3),
            "slope_kwh_a_degree": chance.lognormal(1.6, 0.4, count).round(3),
            "balance_c": chance.normal(16, 0.8, count).round(1),
            "retrofit_ratio": np.where(is_better, city.actions[_RETROFIT].effect_ratio or 1.0, 1.0),
        }
    )


def _one_day(city: City, day: date, meters: pl.DataFrame) -> pl.DataFrame:
    hours = hours_of_local_day(day)
    temp = city.sky.at(city.sky.temp_c, hours)
    local = np.array([at.astimezone(ROME).hour for at in hours])
    is_free = is_free_day(day) or day.weekday() == 5
    homes = 0.75 + 0.5 * np.exp(-((local - 7) ** 2) / 6) + 0.4 * np.exp(-((local - 19) ** 2) / 9)
    offices = np.where((local >= 6) & (local < 18) & (not is_free), 1.5, 0.55)
    is_home = (meters["use"] == "residenziale").to_numpy()
    profile = np.where(is_home, homes[:, None], offices[:, None])
    base, slope, balance, ratio = (
        meters[name].to_numpy()
        for name in ("base_kwh", "slope_kwh_a_degree", "balance_c", "retrofit_ratio")
    )
    # Each house needs less from the day on which its retrofit is finished.
    ratio = np.where(day >= city.actions[_RETROFIT].finished_on, ratio, 1.0)
    need = slope * ratio * np.clip(balance - temp[:, None], 0, None)
    noise = city.chance(KEY, day).normal(1, 0.05, (len(hours), meters.height))
    heat = np.maximum((base + need * profile) * noise, 4.0)
    count = meters.height
    supply = 92 - 0.9 * temp[:, None] + city.chance(KEY, "supply", day).normal(0, 0.6, heat.shape)
    return pl.DataFrame(
        {
            "sottocentrale": meters["meter"][np.tile(np.arange(count), len(hours))],
            "sezione": meters["section_id"][np.tile(np.arange(count), len(hours))],
            "uso": meters["use"][np.tile(np.arange(count), len(hours))],
            "ts": np.repeat([f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in hours], count),
            "energia_mwh": (heat / 1000).round(6).ravel(),
            "mandata_c": supply.round(1).ravel(),
        }
    )


def _spoiled(city: City, day: date, meters: int, count: int) -> list[Spoiled]:
    chance = city.chance(KEY, "bad", day)
    found = strewn(
        chance,
        count,
        [
            Spoiled("unparsable number", cells={"energia_mwh": "n.d."}),
            Spoiled("impossible date", cells={"ts": f"{day.year}-02-30T11:00:00Z"}),
            Spoiled("negative value", cells={"energia_mwh": "-0.004"}),
            Spoiled("missing value", cells={"sottocentrale": ""}),
            Spoiled("value outside the list", cells={"uso": "industria?"}),
            Spoiled("ragged row", cut=3),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
    if day == city.planted_day(UNIT_SLIP_DAY):
        taken = {bad.at for bad in found}
        found += [
            Spoiled("unit slip", at, {"energia_mwh": f"{chance.uniform(8, 90):.3f}"})
            for at in range(0, count, meters)  # the first substation, hour by hour
            if at not in taken
        ]
    return found
