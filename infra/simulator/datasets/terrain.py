"""Regione Lombardia's ground: height, cover and soil of every cell of a grid, as Parquet."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Parquet
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.terrain import (
    COVERS,
    HALF_SIDE_M,
    cover_of,
    degrees,
    elevation_m,
    sealed_ratio,
    underpass_m,
)

KEY: Final = "regione_lombardia/terrain"
PLACE: Final = "regione_files"
FORM: Final = Parquet()
# Rows of the grid that are made and written at once.
_BAND: Final = 380
_NO_DATA: Final = -9999.0


def publish(city: City, publication: Publication) -> None:
    """Deliver the grid: 25 m for the small city, 5 m for the full one, in bands of rows."""
    put(publication, FORM, batches(city))
    publication.planted("cells", side=_side(city), cell_m=_cell_m(city))


def batches(city: City) -> Iterator[Batch]:
    """The grid, a file for each 380 rows from the north on."""
    side = _side(city)
    for first in range(0, side, _BAND):
        rows = _band(city, first, min(first + _BAND, side))
        bad = [
            Spoiled("value out of range", cells={"quota": f"{_NO_DATA}"}),
            Spoiled("value out of range", cells={"impermeabile": "87.0"}),  # per cent
            Spoiled("value outside the list", cells={"gruppo": "A/D"}),
        ]
        yield Batch(
            name=f"territorio/griglia_{first:04}.parquet",
            at=midnight(city.start),
            day=city.start,
            rows=rows,
            spoiled=strewn(city.chance(KEY, "bad", f"{first}"), rows.height, bad),
        )


def _side(city: City) -> int:
    return city.sized(380, 1_900)


def _cell_m(city: City) -> float:
    return 2 * HALF_SIDE_M / _side(city)


def _band(city: City, first: int, last: int) -> pl.DataFrame:
    """The cells of these rows; y falls from row to row, as in a picture."""
    side, cell = _side(city), _cell_m(city)
    row, column = (axis.ravel() for axis in np.mgrid[first:last, 0:side])
    x, y = (column + 0.5) * cell - HALF_SIDE_M, HALF_SIDE_M - (row + 0.5) * cell
    z, sealed = elevation_m(x, y), sealed_ratio(x, y)
    noise = city.chance(KEY, f"{first}").normal(0, 0.05, len(row))
    cover = cover_of(sealed, z)
    group = np.digitize(z + 3 * np.sin(x / 800), [118.0, 132.0, 190.0])
    lat, lng = degrees(x, y)
    return pl.DataFrame(
        {
            "riga": row.astype(np.int32),
            "colonna": column.astype(np.int32),
            "lat": lat.round(6),
            "lng": lng.round(6),
            "quota": (z - underpass_m(x, y) + noise).round(2),
            "impermeabile": sealed.round(3),
            "copertura": pl.Series(COVERS)[cover],
            "gruppo": pl.Series(("D", "C", "B", "A"))[group],
        }
    )
