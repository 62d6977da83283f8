"""ARPA Lombardia's greatest rain of each year: a wide sheet, a column for each duration."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Workbook
from infra.simulator.places import WEATHER_STATIONS
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled

KEY: Final = "arpa_lombardia/rain_maxima"
PLACE: Final = "arpa_files"
FORM: Final = Workbook(
    "Massimi annui",
    above=("Altezze di pioggia massime annue (mm)", "Stazione di Brescia ITAS Pastori", ""),
)
DURATIONS_H: Final = (1, 3, 6, 12, 24)
# Depth grows with the duration to this power: h(D) = h(24) · (D / 24) ** n.
_EXPONENT: Final = 0.32
_BROKEN_YEAR: Final = 5  # the sixth of the series
_FIXED_TO_MOVING: Final = 1.13  # a day cut at midnight holds less than the wettest 24 hours


def publish(city: City, publication: Publication) -> None:
    """Deliver one sheet."""
    put(publication, FORM, batches(city))


def batches(city: City) -> Iterator[Batch]:
    """The whole years before the start."""
    wettest = (
        city.climate.filter(pl.col("on").dt.year() < city.start.year)
        .group_by(year=pl.col("on").dt.year())
        .agg(pl.col("rain_mm").max())
        .sort("year")
    )
    chance, count = city.chance(KEY), wettest.height
    day = wettest["rain_mm"].to_numpy() * _FIXED_TO_MOVING
    power = _EXPONENT + chance.normal(0, 0.03, count)
    columns = {
        f"{hours} {'ora' if hours == 1 else 'ore'}": (day * (hours / 24) ** power).round(1)
        for hours in DURATIONS_H
    }
    years = wettest["year"].to_list()
    rows = pl.DataFrame(
        {"Codice": [WEATHER_STATIONS[0].code] * count, "Anno": [str(year) for year in years]}
        | columns
    )
    yield Batch(
        name="meteo/massimi_annui_pioggia.xlsx",
        at=midnight(city.start) - timedelta(days=20),
        day=city.start,
        rows=rows,
        spoiled=[Spoiled("unparsable number", _BROKEN_YEAR, {"3 ore": "guasto"})],
        melted=len(DURATIONS_H),
    )
