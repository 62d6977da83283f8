"""ARPA Lombardia's hourly air quality, as the regional portal sends it: all texts, solar time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import EPISODE_DAY, STUCK_DAYS, City
from infra.simulator.days import is_free_day, midnight
from infra.simulator.forms import JsonList
from infra.simulator.places import AIR_STATIONS, Station
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, clean_rows

KEY: Final = "arpa_lombardia/air_quality"
PLACE: Final = "arpa_files"
FORM: Final = JsonList()
POLLUTANTS: Final = ("PM10", "PM2.5", "NO2", "O3", "SO2")
_SOLAR: Final = timedelta(hours=1)
_MISSING: Final = "-9999"
_EPISODE_STATION: Final = "669"
_STUCK_STATION: Final = "652"
_STUCK_UGM3: Final = 23.4
_BAD_STATION: Final = "1800"
# In the episode PM10 lies at 150 and PM2.5 at 70 µg/m³: the middle of "Poor", level 4 of 6 of the
# European index (PM10 120-195, PM2.5 50-90), whichever mean of hours is taken.
_EPISODE_UGM3: Final = {"PM10": 150.0, "PM2.5": 70.0}
# So that no hour of another day or station gets beyond "Moderate", level 3, by itself.
_MOST_DUST_UGM3: Final = 70.0

Record = dict[str, str]


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and plant an episode and a stuck sensor."""
    kept = []
    for batch in batches(city):
        put(publication, FORM, [batch])
        kept.append(clean_rows(batch.rows, batch.spoiled))
    publication.tell("air_by_hour", _as_table(pl.concat(kept)))
    _tell_planted(city, publication)


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds."""
    dust = _dust(city)
    for day in city.dates:
        rows = pl.DataFrame(
            [
                record
                for station in AIR_STATIONS
                for pollutant in POLLUTANTS
                for record in _sensor_day(city, day, station, pollutant, dust)
            ]
        )
        yield Batch(
            name=f"aria/aria_{day:%Y-%m-%d}.json",
            at=midnight(day) + timedelta(hours=25, minutes=15),
            day=day,
            rows=rows,
            spoiled=_spoiled(city, day, rows),
            odd={"missing value written as -9999": int((rows["valore"] == _MISSING).sum())},
        )


def _dust(city: City) -> Series:
    """PM10 of the city by hour from the sky's first hour on, in µg/m³.

    A box of air: traffic and heating fill it, wind empties it, rain washes it out.
    """
    sky = city.sky
    rain, wind = sky.hourly_sum(sky.rain_mm), sky.hourly_mean(sky.wind_ms)
    cold = np.clip(15 - sky.hourly_mean(sky.temp_c), 0, None)
    level, levels = 30.0, []
    for hour in range(len(rain)):
        busy = _busy(sky.first_at + timedelta(hours=hour))
        source = 1.3 + 1.2 * busy + 0.12 * cold[hour]
        level += source - level * min(0.6, 0.03 + 0.018 * wind[hour] + 0.06 * rain[hour])
        levels.append(min(level, _MOST_DUST_UGM3))
    return np.array(levels)


def _busy(at: datetime) -> float:
    """How much traffic there is at this instant, 0 to 1."""
    hour = (at.hour + 1) % 24
    peaks = np.exp(-((hour - 8) ** 2) / 4) + np.exp(-((hour - 18) ** 2) / 6)
    return float((0.1 + 0.9 * peaks) * (0.5 if is_free_day(at.date()) else 1.0))


def _sensor_day(
    city: City, day: date, station: Station, pollutant: str, dust: Series
) -> list[Record]:
    chance = city.chance(KEY, station.code, pollutant, day)
    values = _levels(city, day, station, pollutant, dust)
    values = np.clip(values * (1 + chance.normal(0, 0.03, 24)), 0.2, None).round(1)
    texts = [f"{value:.1f}" for value in _planted(city, day, station, pollutant, values)]
    is_quiet = _is_planted(city, day, station, pollutant)
    gaps = () if is_quiet else np.flatnonzero(chance.random(24) < 0.012)
    for gap in gaps:
        texts[gap] = _MISSING
    sensor = f"9{station.code}{POLLUTANTS.index(pollutant) + 1}"
    return [
        {
            "idsensore": sensor,
            "data": f"{midnight(day) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}.000",
            "valore": text,
            "stato": "NA" if text == _MISSING else "VA",
            "idoperatore": "1",
            "nometiposensore": pollutant,
            "unitamisura": "µg/m³",
            "idstazione": station.code,
            "nomestazione": station.name,
            "lat": f"{station.lat}",
            "lng": f"{station.lng}",
        }
        for hour, text in enumerate(texts)
    ]


def _levels(city: City, day: date, station: Station, pollutant: str, dust: Series) -> Series:
    """What the air holds at this station in the 24 hours of a solar day."""
    sky, start = city.sky, midnight(day) - _SOLAR
    hours = [start + timedelta(hours=hour) for hour in range(24)]
    first = int((start - sky.first_at) / timedelta(hours=1))
    now = slice(first, first + 24)
    busy = np.array([_busy(at) for at in hours]) * station.traffic_share
    sun, wind = sky.hourly_mean(sky.rad_wm2)[now], sky.hourly_mean(sky.wind_ms)[now]
    match pollutant:
        case "PM10":
            return dust[now] * (0.8 + 0.2 * station.traffic_share)
        case "PM2.5":
            return dust[now] * 0.62
        case "NO2":
            return np.clip((14 + 42 * busy) / (0.7 + 0.25 * wind), 4, 52)
        case "O3":
            return np.clip(28 + 0.085 * sun - 14 * busy, 5, 95)
        case _:
            return 2.5 + 1.5 * busy


def _is_planted(city: City, day: date, station: Station, pollutant: str) -> bool:
    is_stuck = station.code == _STUCK_STATION and pollutant == "NO2"
    return is_stuck or (station.code == _EPISODE_STATION and pollutant in _EPISODE_UGM3)


def _planted(city: City, day: date, station: Station, pollutant: str, values: Series) -> Series:
    if station.code == _STUCK_STATION and pollutant == "NO2":
        stuck = any(day == city.start + timedelta(days=offset) for offset in STUCK_DAYS)
        return np.full(24, _STUCK_UGM3) if stuck else values
    if station.code != _EPISODE_STATION or pollutant not in _EPISODE_UGM3:
        return values
    # Three hours more at either side, so that the day is whole in UTC and in local time too.
    offset = (day - city.start).days - EPISODE_DAY
    hours = {-1: slice(21, 24), 0: slice(0, 24), 1: slice(0, 3)}.get(offset, slice(0, 0))
    values[hours] = np.round(_EPISODE_UGM3[pollutant] + values[hours] % 5, 1)
    return values


def _spoiled(city: City, day: date, rows: pl.DataFrame) -> list[Spoiled]:
    is_there = (rows["idstazione"] == _BAD_STATION) & (rows["valore"] != _MISSING)
    places = np.flatnonzero(is_there.to_numpy())
    a, b, c, d, e, f = (int(p) for p in city.chance(KEY, "bad", day).choice(places, 6, False))
    return [
        Spoiled("unparsable number", a, {"valore": "n.c."}),
        Spoiled("impossible date", b, {"data": f"{day.year}-02-30T00:00:00.000"}),
        Spoiled("value out of range", c, {"valore": "9999.0"}),
        Spoiled("negative value", d, {"valore": "-12.5"}),
        Spoiled("value outside the list", e, {"nometiposensore": "PM1O"}),
        Spoiled("duplicate key", f, is_extra=True),
    ]


def _as_table(texts: pl.DataFrame) -> pl.DataFrame:
    at = pl.col("data").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3f").dt.replace_time_zone("UTC")
    return texts.select(
        sensor_id="idsensore",
        station_id="idstazione",
        pollutant_code="nometiposensore",
        measured_at=at - _SOLAR,
        value_ugm3=pl.when(pl.col("valore") != _MISSING).then("valore").cast(pl.Float64),
    )


def _tell_planted(city: City, publication: Publication) -> None:
    if (day := city.planted_day(EPISODE_DAY)) is not None:
        publication.planted(
            "dust episode", day=f"{day}", station_id=_EPISODE_STATION, pollutant_code="PM10",
            european_aqi_level=4, european_aqi_name="Poor",
        )  # fmt: skip
    for day in filter(None, map(city.planted_day, STUCK_DAYS)):
        publication.planted(
            "stuck sensor", day=f"{day}", station_id=_STUCK_STATION, pollutant_code="NO2",
            value_ugm3=_STUCK_UGM3,
        )  # fmt: skip
