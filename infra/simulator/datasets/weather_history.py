"""ARPA Lombardia's forty years of daily weather: a packed CSV, closed the day before the start."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.climate import heat_wave_days, historic_storm
from infra.simulator.days import midnight
from infra.simulator.forms import Csv, Zipped
from infra.simulator.places import WEATHER_STATIONS
from infra.simulator.publication import Publication
from infra.simulator.spoil import Sheet, Spoiled, strewn

KEY: Final = "arpa_lombardia/weather_history"
PLACE: Final = "arpa_files"
FORM: Final = Zipped(Csv(Sheet(separator=",", decimals=2)), "meteo_giornaliero.csv")


def publish(city: City, publication: Publication) -> None:
    """Deliver the series, and tell its heat waves and its greatest rain."""
    put(publication, FORM, batches(city))
    for day in heat_wave_days(city.start):
        publication.planted("heat wave", day=f"{day}")
    storm = historic_storm(city.start)
    rain = float(city.climate.filter(on=storm)["rain_mm"].item())
    publication.planted("historic storm", day=f"{storm}", rain_mm=rain)


def batches(city: City) -> Iterator[Batch]:
    """All days before the start, at one station; the full city has six."""
    days = city.climate.filter(pl.col("on") < city.start)
    frames = []
    for place in range(city.sized(1, 6)):
        near = WEATHER_STATIONS[place].code if place < len(WEATHER_STATIONS) else f"{700 + place}"
        shift = 0.0 if place == 0 else float(city.chance(KEY, near).normal(0, 0.4))
        frames.append(
            days.select(
                pl.lit(near).alias("idstazione"),
                pl.col("on").dt.strftime("%Y-%m-%d").alias("data"),
                (pl.col("tmin_c") + shift).alias("tmin"),
                (pl.col("tmax_c") + shift).alias("tmax"),
                (pl.col("tmean_c") + shift).alias("tmedia"),
                pl.col("rhmin_pct").alias("urmin"),
                pl.col("rhmax_pct").alias("urmax"),
                pl.col("wind_ms").alias("vento"),
                pl.col("rad_mj").alias("radiazione_mj"),
                pl.col("rain_mm").alias("pioggia"),
            )
        )
    rows = pl.concat(frames)
    bad = [
        Spoiled("unparsable number", cells={"tmax": "3O.1"}),
        Spoiled("impossible date", cells={"data": "1999-02-29"}),
        Spoiled("value out of range", cells={"tmin": "-99.00"}),
        Spoiled("value out of range", cells={"pioggia": "1420.00"}),
        Spoiled("missing value", cells={"data": ""}),
        Spoiled("ragged row", cut=4),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="meteo/storico_giornaliero.zip",
        at=midnight(city.start) - timedelta(hours=10),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )
