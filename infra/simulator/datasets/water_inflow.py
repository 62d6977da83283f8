"""A2A Ciclo Idrico's district meters: what flows into each part of the network, hour by hour."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets import water_readings
from infra.simulator.days import ROME, hours_of_local_day, midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "a2a/water_inflow"
PLACE: Final = "a2a_files"
FORM: Final = Csv(Sheet(separator=";", line_end="\r\n", decimal_comma=True, decimals=4))
# The share of the inflow that the pipes lose, the same in each district.
LOSSES_RATIO: Final = 0.28


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell what the pipes of each district lose."""
    put(publication, FORM, batches(city))
    publication.tell("water_losses", _losses(city, water_readings.meters_of(city)))
    if (day := city.planted_day(water_readings.LEAK_DAY)) is not None:
        meters = water_readings.meters_of(city)
        publication.planted(
            "rise of the night flow",
            from_on=f"{day}",
            zone_name=_zones(city, meters)[water_readings.LEAK_METER],
            m3_an_hour=water_readings.LEAK_M3_A_DAY / 24,
        )


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    meters = water_readings.meters_of(city)
    losses, zones = _losses(city, meters), _zones(city, meters)
    for day in city.dates:
        rows = _one_day(city, day, meters, zones, losses)
        yield Batch(
            name=f"acqua/distretti_{day:%Y%m%d}.csv",
            at=midnight(day) + timedelta(hours=26),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows.height),
        )


def _zones(city: City, meters: pl.DataFrame) -> pl.Series:
    """The zone that each meter lies in: a district of the network each."""
    quarters, sections = city.quarters
    where = sections.select("section_id", "quarter_id").join(
        quarters.select("quarter_id", "zone"), on="quarter_id"
    )
    return meters.join(where, on="section_id", how="left", maintain_order="left")["zone"]


def _losses(city: City, meters: pl.DataFrame) -> pl.DataFrame:
    """Cubic metres that the pipes of each district lose in an hour."""
    ratio = LOSSES_RATIO / (1 - LOSSES_RATIO)
    by_zone = meters.with_columns(zone_name=_zones(city, meters)).group_by("zone_name")
    return by_zone.agg(losses_m3_an_hour=pl.col("mean_m3").sum() * ratio / 24).sort("zone_name")


def _one_day(
    city: City, day: date, meters: pl.DataFrame, zones: pl.Series, losses: pl.DataFrame
) -> pl.DataFrame:
    used = water_readings.used_m3(city, day, meters, city.chance(water_readings.KEY, day))
    of_zone = dict(
        pl.DataFrame({"zone": zones, "used": used})
        .group_by("zone")
        .agg(pl.col("used").sum())
        .rows()
    )
    leak = {zones[water_readings.LEAK_METER]: water_readings.leak_m3(city, day) / 24}
    hours = hours_of_local_day(day)
    local = np.array([at.astimezone(ROME).hour for at in hours])
    share = _profile(local)
    # Pipes lose more at night, when nobody draws and the pressure is high.
    pressure = 1 + 0.12 * np.cos(2 * np.pi * (local - 3) / 24)
    frames = []
    for zone, lost in losses.iter_rows():
        chance = city.chance(KEY, zone, day)
        flow = of_zone.get(zone, 0.0) * share / share.sum() + lost * pressure + leak.get(zone, 0.0)
        frames.append(
            pl.DataFrame(
                {
                    "DISTRETTO": [f"D-{zone.upper()}"] * len(hours),
                    "ZONA": [zone] * len(hours),
                    "ORA_UTC": [f"{at:%d/%m/%Y %H.%M}" for at in hours],
                    "VOLUME_MC": (flow * chance.normal(1, 0.01, len(hours))).round(4),
                }
            )
        )
    return pl.concat(frames)


def _profile(hours: np.ndarray) -> Series:
    """How people draw over a day: a little at night, most in the morning and the evening."""
    morning = np.exp(-((hours - 7.5) ** 2) / 5)
    evening = 0.8 * np.exp(-((hours - 19.5) ** 2) / 8)
    noon = 0.5 * np.exp(-((hours - 13) ** 2) / 8)
    return np.asarray(0.12 + morning + noon + evening)


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    return strewn(
        city.chance(KEY, "bad", day),
        count,
        [
            Spoiled("unparsable number", cells={"VOLUME_MC": "n.d."}),
            Spoiled("negative value", cells={"VOLUME_MC": "-1,0000"}),
            Spoiled("duplicate key", is_extra=True),
        ],
    )
