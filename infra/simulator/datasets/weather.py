"""ARPA Lombardia's ten-minute weather, one wide row a station and instant, in solar time."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import EPISODE_DAY, STORM_DAY, City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.places import WEATHER_STATIONS
from infra.simulator.publication import Publication
from infra.simulator.sky import STEP, STEPS_A_DAY
from infra.simulator.spoil import Sheet, Spoiled, clean_rows

KEY: Final = "arpa_lombardia/weather"
PLACE: Final = "arpa_files"
FORM: Final = Csv(Sheet(separator=",", decimals=1))
_MISSING: Final = -999.0
# The agency's clock keeps solar time: an hour ahead of UTC the year round.
_SOLAR: Final = timedelta(hours=1)


def publish(city: City, publication: Publication) -> None:
    """Deliver one file a day, and tell how much it rained."""
    rain = []
    for batch in batches(city):
        put(publication, FORM, [batch])
        rain.append(_rain(batch.day, clean_rows(batch.rows, batch.spoiled)))
    daily = pl.concat(rain)
    publication.tell("rain_by_station", daily)
    if (storm := city.planted_day(STORM_DAY)) is not None:
        for station, amount in daily.filter(on=storm).select("station_id", "rain_mm").rows():
            publication.planted("storm", day=f"{storm}", station_id=station, rain_mm=amount)


def batches(city: City) -> Iterator[Batch]:
    """What each day's file holds; on one day the agency adds a column that nobody asked for."""
    for day in city.dates:
        rows = _one_day(city, day)
        has_more = day == city.planted_day(EPISODE_DAY)
        if has_more:
            rows = rows.with_columns(batteria_v=pl.lit(12.6))
        spoiled = _spoiled(city, day, rows)
        missing = clean_rows(rows, spoiled)["umidita_pct"] == _MISSING
        yield Batch(
            name=f"meteo/meteo_{day:%Y%m%d}.csv",
            at=midnight(day) + timedelta(hours=25, minutes=15),
            day=day,
            rows=rows,
            spoiled=spoiled,
            odd={
                "undeclared column": rows.height * has_more,
                "missing value written as -999": int(missing.sum()),
            },
        )


def _one_day(city: City, day: date) -> pl.DataFrame:
    start = midnight(day) - _SOLAR
    now = city.sky.steps(start, STEPS_A_DAY)
    clock = [f"{midnight(day) + STEP * step:%Y-%m-%d %H:%M:%S}" for step in range(STEPS_A_DAY)]
    sky, frames = city.sky, []
    for station in WEATHER_STATIONS:
        chance = city.chance(KEY, station.code, day)

        def near(
            values: np.ndarray, spread: float, rng: np.random.Generator = chance
        ) -> np.ndarray:
            return values[now] + rng.normal(0, spread, STEPS_A_DAY)

        humidity = np.clip(near(sky.rh_pct, 1.0), 15, 100).round(1)
        humidity[chance.choice(STEPS_A_DAY, 3, replace=False)] = _MISSING
        frames.append(
            pl.DataFrame(
                {
                    "idstazione": [station.code] * STEPS_A_DAY,
                    "data_ora": clock,
                    "pioggia_mm": sky.rain_mm[now],
                    "vento_ms": np.clip(near(sky.wind_ms, 0.1), 0, None),
                    "raffica_ms": np.clip(near(sky.gust_ms, 0.1), 0, None),
                    "direzione_gradi": near(sky.dir_deg, 3.0).round(0) % 360,
                    "temperatura_c": near(sky.temp_c, 0.15),
                    "umidita_pct": humidity,
                    "pressione_hpa": near(sky.press_hpa, 0.1),
                    "radiazione_wm2": sky.rad_wm2[now].round(0),
                }
            )
        )
    return pl.concat(frames)


def _spoiled(city: City, day: date, frame: pl.DataFrame) -> list[Spoiled]:
    # In the first hours after midnight: the planted storm falls in the afternoon.
    rows = city.chance(KEY, "bad", day).choice(40, 6, replace=False)
    a, b, c, d, e, f = (int(row) for row in rows)
    return [
        Spoiled("unparsable number", a, {"temperatura_c": "1O.4"}),
        Spoiled("impossible date", b, {"data_ora": f"{day.year}-02-30 10:00:00"}),
        Spoiled("value out of range", c, {"temperatura_c": "85.0"}),
        Spoiled("missing value", d, {"data_ora": ""}),
        Spoiled("ragged row", e, cut=2),
        Spoiled("duplicate key", f, is_extra=True),
    ]


def _rain(day: date, kept: pl.DataFrame) -> pl.DataFrame:
    total = pl.col("pioggia_mm").sum().round(1)
    return kept.group_by(station_id="idstazione", on=pl.lit(day), maintain_order=True).agg(
        rain_mm=total, readings_count=pl.len()
    )
