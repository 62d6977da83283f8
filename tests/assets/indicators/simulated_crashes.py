"""The simulated register of accidents and its streets, without a lake in between."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import h3
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.silver.road_segment import road_segment
from infra.simulator.city import City
from infra.simulator.datasets import crashes, street_edges
from infra.simulator.terrain import degrees
from tests.assets.indicators.simulated_journeys import delivered, standing

YEARS: Final = 3
_CELL: Final = 9


@dataclass(frozen=True)
class Accidents:
    """What happened in some years, where, and what was planted to happen."""

    accidents: pl.DataFrame
    segments: pl.DataFrame
    planted: pl.DataFrame
    """For each stretch its cell and the accidents planted in the last three years."""


def simulated_accidents(seed: int) -> Accidents:
    """The register of a small city up to its first day."""
    city = City(profile="small", seed=seed, start=date(2025, 3, 24), days=1)
    rows = crashes.register(city)
    lat, lng = degrees(*city.streets.middles)
    edges = city.streets.edges["edge_id"]
    cells = [h3.latlng_to_cell(*at, _CELL) for at in zip(lat, lng, strict=True)]
    planted = pl.DataFrame({"edge_id": edges, "cell_id": cells, "planted": _planted(city)})
    accidents = rows.select(
        occurred_on=pl.col("Data").str.to_date("%d/%m/%Y"), edge_id="Arco", mode_code="Mezzo B"
    ).join(planted.select("edge_id", "cell_id"), on="edge_id", maintain_order="left")
    segments = delivered(city, street_edges, "comune_brescia/street_edges")
    return Accidents(accidents, standing(road_segment, segments), planted)


def _planted(city: City) -> NDArray[np.float64]:
    """Accidents planted on each stretch: more in rain, fewer in the zone 30 once it is there."""
    last, zone = city.dates[-1], city.actions["AZ-01"]
    days = city.climate.filter(
        pl.col("on").is_between(last.replace(year=last.year - YEARS), last, closed="right")
    )
    by_day = np.where(days["rain_mm"] > 1, crashes.WET_RATIO, 1.0) / 365
    in_zone = by_day * np.where(days["on"] >= zone.finished_on, zone.effect_ratio or 1.0, 1.0)
    inside = zone.covers(*city.streets.middles)
    return crashes.expected_a_year(city) * np.where(inside, in_zone.sum(), by_day.sum())
