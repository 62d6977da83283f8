from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pytest

from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.indicators.reach_of_services import reach_of_services
from tests.assets.indicators.small_town import small_town
from tests.transit.depot import TABLES, Depot

FEED: Final = Path(__file__).parents[3] / "shared" / "data" / "gtfs" / "trento_urbano_2018.zip"
DECLARED: Final = find_declarations()
SILVER: Final = {
    "stops": "silver/mobility/transit_stops",
    "departures": "silver/mobility/transit_departures",
    "trips": "silver/mobility/transit_trips_by_day",
}
SIDE: Final = 50

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not FEED.is_file(), reason="the recorded real files are not beside the repository"
    ),
]


def computed(home: Path) -> dict[str, pl.DataFrame]:
    depot = Depot(home)
    for table in TABLES:
        depot.land(table, FEED.read_bytes())
    for table in SILVER.values():
        derive(DECLARED[table], DECLARED, twin=depot.twin, requested=None, notes={})
    return {name: depot.twin.lake.read(table).collect() for name, table in SILVER.items()}


def centre_of(timetable: dict[str, pl.DataFrame]) -> tuple[float, float]:
    """Where most vehicles stop."""
    calls = timetable["departures"].group_by("stop_id").len().sort("len", "stop_id")
    return (
        timetable["stops"].filter(stop_id=calls["stop_id"][-1]).select("lat_deg", "lng_deg").row(0)
    )


def streets_around(lat_deg: float, lng_deg: float) -> dict[str, pl.DataFrame]:
    """Six kilometres square of level streets, one each 125 metres or so: the feed brings none."""
    metre = 1 / 111_195
    reach = np.linspace(-3_000, 3_000, SIDE) * metre
    lat, lng = lat_deg + reach, lng_deg + reach / np.cos(np.radians(lat_deg))
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    start = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    end = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    rows, columns = np.divmod(number.ravel(), SIDE)
    nodes = pl.DataFrame(
        {
            "node_id": number.ravel().astype(str),
            "lat_deg": lat[rows],
            "lng_deg": lng[columns],
        }
    )
    place = nodes.select("lat_deg", "lng_deg").to_numpy()
    metres = np.abs(place[start] - place[end]) * [111_195, 111_195 * np.cos(np.radians(lat_deg))]
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


def test_the_buses_of_a_real_town_bring_its_hospital_nearer_and_take_nobody_further_off(
    tmp_path: Path,
):
    timetable = computed(tmp_path)
    lat_deg, lng_deg = centre_of(timetable)
    town = small_town() | timetable | streets_around(lat_deg, lng_deg)
    homes = town["nodes"].gather_every(7).select("lat_deg", "lng_deg")
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

    found = reach_of_services(**town)

    assert found.height == homes.height * 3 * 2
    day = found.filter(category_code="ospedale", band_code="weekday_11_13")
    assert set(day["quality_code"]) == {"unverified"}
    assert {one.weekday() for one in found["timetable_on"].unique()} == {1, 6}
    both = day.drop_nulls(["median_min", "walk_median_min"])
    assert (both["median_min"] <= both["walk_median_min"]).all()
    assert (both["median_min"] < both["walk_median_min"] - 5).sum() > homes.height / 10
    assert day["median_min"].null_count() <= day["walk_median_min"].null_count()
    at_night = found.filter(category_code="farmacia", band_code="weekday_21_23")
    assert at_night["median_min"].null_count() == homes.height
