"""A real feed with streets around its busiest stop, as the tables that travel times are made of."""

from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from assets.derive import derive
from assets.derived_assets import find_declarations
from tests.assets.indicators.small_town import small_town
from tests.transit.depot import TABLES, Depot

FEED: Final = Path(__file__).parents[3] / "shared" / "data" / "gtfs" / "trento_urbano_2018.zip"
SILVER: Final = {
    "stops": "silver/mobility/transit_stops",
    "departures": "silver/mobility/transit_departures",
    "trips": "silver/mobility/transit_trips_by_day",
}
_SIDE: Final = 50
_M_A_DEGREE: Final = 111_195


def timetable_of(home: Path) -> dict[str, pl.DataFrame]:
    """The feed, landed table by table in a folder, and the silver tables made of it."""
    depot = Depot(home)
    for table in TABLES:
        depot.land(table, FEED.read_bytes())
    declared = find_declarations()
    for table in SILVER.values():
        derive(declared[table], declared, twin=depot.twin, requested=None, notes={})
    return {name: depot.twin.lake.read(table).collect() for name, table in SILVER.items()}


def town_of(timetable: dict[str, pl.DataFrame], *, home_each: int) -> dict[str, pl.DataFrame]:
    """All that the table of reach reads: homes at some crossings, a pharmacy and a hospital."""
    lat_deg, lng_deg = _centre_of(timetable)
    town = small_town() | timetable | _streets_around(lat_deg, lng_deg)
    homes = town["nodes"].gather_every(home_each).select("lat_deg", "lng_deg")
    town["population"] = homes.with_columns(
        section_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(4),
        residents_count=pl.lit(10),
        income_level=pl.lit(5),
    )
    town["services"] = town["services"].with_columns(
        lat_deg=pl.lit(lat_deg), lng_deg=pl.lit(lng_deg)
    )
    town["speeds"] = town["speeds"].with_columns(valid_from_on=date(2018, 1, 1))
    town["bands"] = town["bands"].with_columns(valid_from_on=date(2018, 1, 1))
    return town


def _centre_of(timetable: dict[str, pl.DataFrame]) -> tuple[float, float]:
    """Where most vehicles stop."""
    calls = timetable["departures"].group_by("stop_id").len().sort("len", "stop_id")
    lat_deg, lng_deg = (
        timetable["stops"].filter(stop_id=calls["stop_id"][-1]).select("lat_deg", "lng_deg").row(0)
    )
    return float(lat_deg), float(lng_deg)


def _streets_around(lat_deg: float, lng_deg: float) -> dict[str, pl.DataFrame]:
    """Six kilometres square of level streets, one each 125 metres or so: the feed brings none."""
    metre = 1 / _M_A_DEGREE
    reach = np.linspace(-3_000, 3_000, _SIDE) * metre
    squeeze = np.cos(np.radians(lat_deg))
    lat, lng = lat_deg + reach, lng_deg + reach / squeeze
    number = np.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE)
    start = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    end = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    rows, columns = np.divmod(number.ravel(), _SIDE)
    nodes = pl.DataFrame(
        {
            "node_id": number.ravel().astype(str),
            "lat_deg": lat[rows],
            "lng_deg": lng[columns],
        }
    )
    place = nodes.select("lat_deg", "lng_deg").to_numpy()
    metres = np.abs(place[start] - place[end]) * [_M_A_DEGREE, _M_A_DEGREE * squeeze]
    segments = pl.DataFrame(
        {
            "edge_id": np.arange(len(start)).astype(str),
            "from_node_id": start.astype(str),
            "to_node_id": end.astype(str),
            "length_m": metres.sum(axis=1),
            "slope_ratio": 0.0,
        }
    )
    return {"nodes": nodes, "segments": segments}
