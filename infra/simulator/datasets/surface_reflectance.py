"""A satellite's monthly picture of the ground in red and near infrared, as Parquet."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.datasets.trees import trees
from infra.simulator.days import midnight
from infra.simulator.forms import Parquet
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.terrain import HALF_SIDE_M, degrees, metres
from infra.simulator.vegetation import (
    WITHERED_RADIUS_M,
    WITHERED_X_M,
    WITHERED_Y_M,
    Light,
    reflectance,
)

KEY: Final = "regione_lombardia/surface_reflectance"
PLACE: Final = "regione_files"
FORM: Final = Parquet()
_NOISE: Final = 0.004
_NO_DATA: Final = -9999.0
# A cloud that no picture of the month was without.
_CLOUD_M: Final = 900.0


def publish(city: City, publication: Publication) -> None:
    """Deliver one picture for each month that the simulation touches."""
    put(publication, FORM, batches(city))
    lat, lng = degrees(np.array([WITHERED_X_M]), np.array([WITHERED_Y_M]))
    publication.planted(
        "withered green", lat_deg=float(lat[0]), lng_deg=float(lng[0]), radius_m=WITHERED_RADIUS_M
    )
    for month in months(city):
        x, y = _cloud(city, month)
        lat, lng = degrees(np.array([x]), np.array([y]))
        publication.planted(
            "cloud", month=f"{month}", lat_deg=float(lat[0]), lng_deg=float(lng[0]),
            radius_m=_CLOUD_M,
        )  # fmt: skip


def batches(city: City) -> Iterator[Batch]:
    """A picture a month: 100 m for the small city, 10 m for the full one."""
    for month in months(city):
        rows = picture(city, month)
        bad = [
            Spoiled("value out of range", cells={"rosso": f"{_NO_DATA}"}),
            Spoiled("value out of range", cells={"infrarosso": "4120.0"}),  # not yet scaled
            Spoiled("value outside the list", cells={"maschera": "9"}),
            Spoiled("duplicate key", is_extra=True),
        ]
        yield Batch(
            name=f"satellite/riflettanza_{month:%Y%m}.parquet",
            at=midnight(month) + timedelta(hours=6),
            day=month,
            rows=rows,
            spoiled=strewn(city.chance(KEY, "bad", month), rows.height, bad),
        )


def months(city: City) -> list[date]:
    """The first days of the months that the simulation touches."""
    return sorted({day.replace(day=1) for day in city.dates})


def picture(city: City, month: date) -> pl.DataFrame:
    """The pixels from the north-west on; those under the cloud show nothing of the ground."""
    row, column, x, y = _pixels(city)
    light = true_light(city, month)
    chance = city.chance(KEY, month)
    seen = [
        np.clip(one + chance.normal(0, _NOISE, len(x)), 0.001, 1)
        for one in (light.red, light.infrared)
    ]
    away = np.hypot(
        *(axis - middle for axis, middle in zip((x, y), _cloud(city, month), strict=True))
    )
    is_cloud = away <= _CLOUD_M
    red, infrared = (np.where(is_cloud, 0.42, one).round(4) for one in seen)
    lat, lng = degrees(x, y)
    return pl.DataFrame(
        {
            "mese": [month] * len(row),
            "riga": row.astype(np.int32),
            "colonna": column.astype(np.int32),
            "lat": lat.round(6),
            "lng": lng.round(6),
            "rosso": red,
            "infrarosso": infrared,
            "maschera": np.where(is_cloud, "nube", "sereno"),
        }
    )


def true_light(city: City, month: date) -> Light:
    """What each pixel sends back, clouds and noise apart: the mean of its four quarters."""
    _, _, x, y = _pixels(city)
    quarter = HALF_SIDE_M / _side(city) / 2
    parts = [
        reflectance(x + east * quarter, y + north * quarter, _crowns(city), month)
        for east in (-1, 1)
        for north in (-1, 1)
    ]
    means = (np.mean([getattr(one, name) for one in parts], axis=0) for name in ("red", "infrared"))
    return Light(*means)


def _side(city: City) -> int:
    return city.sized(95, 950)


def _pixels(city: City) -> tuple[Series, Series, Series, Series]:
    """Row, column, and metres east and north of the middle of each pixel."""
    side = _side(city)
    size = 2 * HALF_SIDE_M / side
    row, column = (axis.ravel() for axis in np.mgrid[0:side, 0:side])
    return row, column, (column + 0.5) * size - HALF_SIDE_M, HALF_SIDE_M - (row + 0.5) * size


def _crowns(city: City) -> Series:
    """Which share of each pixel lies under crowns of the Comune's trees."""
    known, side = trees(city), _side(city)
    size = 2 * HALF_SIDE_M / side
    x, y = metres(known["Latitudine"].to_numpy(), known["Longitudine"].to_numpy())
    row = np.clip((HALF_SIDE_M - y) // size, 0, side - 1).astype(int)
    column = np.clip((x + HALF_SIDE_M) // size, 0, side - 1).astype(int)
    crowns = np.bincount(
        row * side + column, weights=known["Chioma (m²)"].to_numpy(), minlength=side * side
    )
    return np.clip(crowns / size**2, 0, 1)


def _cloud(city: City, month: date) -> tuple[float, float]:
    """Metres east and north of its middle, away from the withered green."""
    x, y = city.chance(KEY, "cloud", month).uniform(-2_500, 2_500, 2)
    return float(abs(x)), float(y)
