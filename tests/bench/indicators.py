"""How long the heavy indicators take, each beside a reference of the same run; see __main__.

reach     1,089 homes × 120 departures × 539 stops by connection scan; beside it the same scan by
          plain Python, a few journeys of it, taken for all
terrain   90 km² at 10 m through pluvial vulnerability; beside it the least one could do with the
          same points: their cell each, and the mean height of each cell
feed      a real GTFS feed from the zip to the table of reach; beside it the rows of its files,
          read by the standard library
"""

import csv
import io
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from assets.cells import cells_of
from assets.indicators.pluvial_vulnerability_by_cell import pluvial_vulnerability_by_cell
from assets.indicators.reach_of_services import reach_of_services
from assets.journeys import Journeys, Setting, setting
from assets.methods.connection_scan import NEVER
from assets.twin import DEFINITIONS
from infra.simulator.city import City
from infra.simulator.datasets import census_sections, rain_maxima
from infra.simulator.datasets.gtfs import feeds
from infra.simulator.streets import STREET_NAMES
from infra.simulator.terrain import (
    COVERS,
    HALF_SIDE_M,
    cover_of,
    degrees,
    elevation_m,
    sealed_ratio,
)
from infra.simulator.transit import network
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.risk_frames import as_bronze
from tests.assets.indicators.simulated_journeys import places_of, stops_of, timetable_of
from tests.transit import real_town

RUNS: Final = 3
_HOMES_A_SIDE: Final = 33
# 522 stops, and 17 of the metro.
_BUS_LINES: Final = 18
_PLAIN_JOURNEYS: Final = 20
_TERRAIN_SIDE: Final = 950
Act = Callable[[], object]
# What is measured, its reference, and how many times the reference's work it does.
Case = tuple[str, Act, Act, float]


def city_with_buses() -> Setting:
    """The full simulated network on a working day, on streets of 2,500 crossings."""
    full, small = (City(profile, 1, 1, date(2025, 3, 24)) for profile in ("full", "small"))
    lines = network(full.chance("network"), bus_lines=_BUS_LINES, street_names=STREET_NAMES)
    vars(full)["network"] = lines  # one line more than the city has, for as many stops as Brescia's
    axis = np.linspace(-0.9, 0.9, _HOMES_A_SIDE) * HALF_SIDE_M
    x, y = (one.ravel() for one in np.meshgrid(axis, axis))
    lat, lng = degrees(x, y)
    homes = pl.DataFrame({"lat_deg": lat, "lng_deg": lng}).with_columns(
        section_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(4), residents_count=pl.lit(10)
    )
    town = places_of(small) | timetable_of(next(feeds(full)), full.start)
    town["population"] = homes
    town["stops"] = stops_of(full)
    town["services"] = town["services"].with_columns(
        opens_s=pl.lit(0), closes_s=pl.lit(86_400), weekdays_code=pl.lit("1111111")
    )
    band = {"band_code": "morning", "day_code": "weekday", "starts_h": 7.0, "ends_h": 9.0}
    town["bands"] = pl.DataFrame(band).with_columns(valid_from_on=date(2025, 1, 1))
    town["speeds"] = town["speeds"].with_columns(every_s=pl.lit(60.0))
    found = setting(**town)
    if found is None:
        raise SystemExit("the simulated city has no journeys: see city_with_buses")
    return found


def reach_case() -> Case:
    """All journeys of two hours, and some of them by the same loop uncompiled."""
    from assets.methods.connection_scan_compiled import scan

    city = city_with_buses()
    (day,) = city.days
    leaves = day.leaves_s["morning"]
    kinds = city.services["category_code"]
    journeys = Journeys.of(city, day, leaves, category=kinds, categories=sorted(set(kinds)))
    size = (city.homes.height, len(leaves), city.streets.between_stops.shape[0])
    if size != (1089, 120, 539):
        raise SystemExit(f"the city to measure has grown: {size}")
    by = journeys.timetable
    stop, seconds = journeys.access.to, journeys.access.seconds

    def plain() -> None:
        for number in range(_PLAIN_JOURNEYS):
            home, now = number * city.homes.height // _PLAIN_JOURNEYS, int(leaves[number])
            walked, ridden, vehicle = (np.full(by.stops_count, NEVER) for _ in range(3))
            near = slice(journeys.access.start[home], journeys.access.start[home + 1])
            walked[stop[near]] = now + seconds[near]
            scan.py_func(
                by.from_stop, by.to_stop, by.departs_s, by.arrives_s, by.trip, by.walks.start,
                by.walks.to, by.walks.seconds, walked, ridden, vehicle,
                np.full(by.trips_count, -1), 0, now, 60, now + 3600,
            )  # fmt: skip

    share = size[0] * size[1] / _PLAIN_JOURNEYS
    return "reach: 1,089 × 120 × 539", journeys.quickest, plain, share


def terrain_case() -> Case:
    """A square of 9.5 km at 10 m, with the storms and sections of the full city."""
    city = City("full", 1, 1, date(2025, 3, 24))
    cell = 2 * HALF_SIDE_M / _TERRAIN_SIDE
    row, column = (axis.ravel() for axis in np.mgrid[0:_TERRAIN_SIDE, 0:_TERRAIN_SIDE])
    x, y = (column + 0.5) * cell - HALF_SIDE_M, HALF_SIDE_M - (row + 0.5) * cell
    z, sealed = elevation_m(x, y), sealed_ratio(x, y)
    lat, lng = degrees(x, y)
    noise = np.random.default_rng(1).normal(0, 0.05, len(z))
    points = pl.DataFrame(
        {
            "grid_row_index": row, "grid_column_index": column, "lat_deg": lat, "lng_deg": lng,
            "elevation_m": z + noise, "sealed_ratio": sealed,
            "cover_code": pl.Series(COVERS).gather(cover_of(sealed, z)), "soil_group_code": "C",
        }
    )  # fmt: skip
    (storms,) = rain_maxima.batches(city)
    wide = storms.rows.unpivot(
        index=["Codice", "Anno"], variable_name="durata", value_name="altezza"
    )
    (people,) = census_sections.batches(city)
    others = {
        "maxima": as_bronze("arpa_lombardia/rain_maxima", wide),
        "sections": as_bronze("istat/census_sections", people.rows),
        "curve_numbers": pl.read_csv(DEFINITIONS / "curve_numbers.csv", try_parse_dates=True),
        "weights": pl.read_csv(DEFINITIONS / "risk_weights.csv", try_parse_dates=True),
        "completeness": COMPLETENESS,
    }

    def plain() -> object:
        cells = cells_of(points["lat_deg"], points["lng_deg"])
        return points.group_by(cells).agg(pl.col("elevation_m").mean())

    return (
        "terrain: 90 km² at 10 m",
        lambda: pluvial_vulnerability_by_cell(terrain=points, **others),
        plain,
        1.0,
    )


def feed_case() -> Case:
    """Each time in a new installation: keys, contracts and tables included."""

    def whole() -> None:
        with tempfile.TemporaryDirectory(prefix="gemello-bench-") as home:
            reach_of_services(**real_town.town_of(real_town.timetable_of(Path(home)), home_each=2))

    def plain() -> None:
        with zipfile.ZipFile(real_town.FEED) as archive:
            for name in archive.namelist():
                # Some of its lines are malformed, at which polars stops.
                list(csv.reader(io.StringIO(archive.read(name).decode(errors="replace"))))

    return "feed: Trento's, to reach", whole, plain, 1.0


def measured(case: Case, runs: int) -> dict[str, Any]:  # figures of two types
    """Median seconds of both, taking turns; the first turn of each pays for imports and loops."""
    name, ours, reference, share = case
    wall: dict[str, list[float]] = {"ours": [], "reference": []}
    cpu: dict[str, list[float]] = {"ours": [], "reference": []}
    for _ in range(runs + 1):
        for way, act in (("reference", reference), ("ours", ours)):
            begun, used = time.perf_counter(), time.process_time()
            act()
            wall[way].append(time.perf_counter() - begun)
            cpu[way].append(time.process_time() - used)
    seconds = statistics.median(wall["ours"][1:])
    beside = statistics.median(wall["reference"][1:]) * share
    return {
        "case": name,
        "seconds": seconds,
        "all_seconds": wall["ours"][1:],
        "cpu_seconds": statistics.median(cpu["ours"][1:]),
        "reference_cpu_seconds": statistics.median(cpu["reference"][1:]) * share,
        "first_seconds": wall["ours"][0],
        "reference_seconds": beside,
        "ratio": seconds / beside,
        "load": os.getloadavg()[0],
    }


def run(*, runs: int = RUNS) -> list[dict[str, Any]]:  # as above
    """Measure, print a table, write JSON."""
    warnings.simplefilter("ignore")
    line = "{:<26} {:>8} {:>8} {:>8} {:>12} {:>10} {:>6}\n"
    sys.stdout.write(
        line.format("indicator", "wall s", "cpu s", "first s", "reference s", "ratio", "load")
    )
    cases = [reach_case, terrain_case]
    if real_town.FEED.is_file():
        cases.append(feed_case)
    else:
        sys.stdout.write("feed: left out, for the recorded files are not beside the repository\n")
    results = []
    for case in cases:
        one = measured(case(), runs)
        results.append(one)
        sys.stdout.write(
            line.format(
                one["case"],
                f"{one['seconds']:.2f}",
                f"{one['cpu_seconds']:.2f}",
                f"{one['first_seconds']:.1f}",
                f"{one['reference_seconds']:.2f}",
                f"{one['ratio']:.5f}",
                f"{one['load']:.1f}",
            )
        )
        sys.stdout.flush()
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    (folder / "indicators.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    return results
