"""What scenarios cost as their edits grow, and as the city does; see __main__.

ground     desealing of one cell of cities of more and more ground, and of more and more cells of
           one, and new housing in one section, through pluvial vulnerability
services   one new service in cities of more and more ground, homes, streets, buses and services,
           and more of them in one, through reach of services
limits     a zone 30 of a street in the same cities, through danger to cyclists

A larger city is the same square of 9.5 km several times, each beside the others. The reference is
the indicator computed anew by its function, from tables in memory, in the same run: what a scenario
costs that saves nothing. CPU seconds that stay as the city grows say that a scenario costs what it
edits.
"""

import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from assets.cells import cells_of
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.scenarios.crashes import FACTORS
from assets.scenarios.plan import Scenario, read_scenario
from assets.scenarios.planned import current_rows
from assets.scenarios.running import outcome_of
from assets.twin import DEFINITIONS, Twin
from infra.lake import TableSpec
from infra.settings import Settings
from infra.simulator.city import City
from infra.simulator.datasets import census_sections, rain_maxima
from infra.simulator.datasets.gtfs import feeds
from infra.simulator.terrain import (
    COVERS,
    HALF_SIDE_M,
    M_A_DEGREE_LAT,
    M_A_DEGREE_LNG,
    cover_of,
    degrees,
    elevation_m,
    sealed_ratio,
)
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.health_frames import HEALTHY
from tests.assets.indicators.risk_frames import as_bronze
from tests.assets.indicators.simulated_journeys import places_of, timetable_of
from tests.assets.indicators.test_cycle_danger_by_segment import TABLE, bikes
from tests.bench.indicators import Case, measured

Tables = dict[str, pl.DataFrame]
RAIN: Final = "gold/risk/pluvial_vulnerability_by_cell"
REACH: Final = "gold/services/reach_of_services_by_section"
_HEAD: Final = "title: Una misura\npurpose: Misurare\ndecided_by: null\ndecided_on: null\n"
_DAY: Final = date(2025, 3, 24)
DANGER: Final = "gold/mobility/cycle_danger_by_segment"
# Points and homes a side of one square of the city, and squares a side of cities.
_POINTS: Final = 200
_HOMES: Final = 22
_SQUARES: Final = (1, 2, 4)
_TOWNS: Final = (1, 2)
_CELLS: Final = (1, 10, 100)
_SERVICES: Final = (1, 5, 20)
_SIDE_M: Final = 2 * HALF_SIDE_M
# Columns by which rows of one square are told from those of another.
_IDS: Final = (
    "entity_id", "section_id", "service_id", "node_id", "edge_id", "from_node_id", "to_node_id",
    "station_id", "stop_id", "trip_id", "counter_id", "street_name",
)  # fmt: skip


def lake_of(folder: Path, key: str, tables: Tables) -> Twin:
    """An installation that holds what an indicator reads, and the indicator."""
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(folder)}, folder=folder))
    declaration = find_declarations()[key]
    for name, table in declaration.reads.items():
        frame = tables[name]
        twin.lake.replace_all(table, frame, spec=TableSpec(frame.schema), notes={}, mark=1)
    derive(declaration, find_declarations(), twin=twin, requested=None, notes={"run": "r"})
    return twin


def squares(tables: Tables, side: int) -> Tables:
    """The same city so many times a side, each to the south and east of others; no street crosses.

    Tables without a place or an id of a place are of all of them.
    """
    places = [(row, column) for row in range(side) for column in range(side)]
    return {
        name: pl.concat(_moved(rows, *place) for place in places) if _is_of_places(rows) else rows
        for name, rows in tables.items()
    }


def _is_of_places(rows: pl.DataFrame) -> bool:
    return not {"border_geom", "lat_deg", *_IDS}.isdisjoint(rows.columns)


def _moved(rows: pl.DataFrame, row: int, column: int) -> pl.DataFrame:
    """The rows of a city one square, so many squares to the south and east."""
    import shapely

    south_deg, east_deg = row * _SIDE_M / M_A_DEGREE_LAT, column * _SIDE_M / M_A_DEGREE_LNG
    points = round(rows.height**0.5)
    moved = {
        "lat_deg": pl.col("lat_deg") - south_deg,
        "lng_deg": pl.col("lng_deg") + east_deg,
        "grid_row_index": pl.col("grid_row_index") + row * points,
        "grid_column_index": pl.col("grid_column_index") + column * points,
    } | {name: pl.col(name) + f"-{row}-{column}" for name in _IDS}
    found = rows.with_columns(moved[name].alias(name) for name in rows.columns if name in moved)
    if "border_geom" not in rows.columns:
        return found
    borders = shapely.transform(
        shapely.from_wkb(rows["border_geom"].to_numpy()),
        lambda xy: xy + np.array([east_deg, -south_deg]),
    )
    return found.with_columns(border_geom=pl.Series(shapely.to_wkb(borders)))


def terrain_of(side: int) -> Tables:
    """The simulated ground at so many points a side, with storms and sections."""
    city = City("full", 1, 1, _DAY)
    cell = 2 * HALF_SIDE_M / side
    row, column = (axis.ravel() for axis in np.mgrid[0:side, 0:side])
    x, y = (column + 0.5) * cell - HALF_SIDE_M, HALF_SIDE_M - (row + 0.5) * cell
    z, sealed = elevation_m(x, y), sealed_ratio(x, y)
    lat, lng = degrees(x, y)
    (storms,) = rain_maxima.batches(city)
    wide = storms.rows.unpivot(
        index=["Codice", "Anno"], variable_name="durata", value_name="altezza"
    )
    (people,) = census_sections.batches(city)
    return {
        "terrain": pl.DataFrame(
            {
                "grid_row_index": row, "grid_column_index": column, "lat_deg": lat,
                "lng_deg": lng, "sealed_ratio": sealed,
                "elevation_m": z + np.random.default_rng(1).normal(0, 0.05, len(z)),
                "cover_code": pl.Series(COVERS).gather(cover_of(sealed, z)),
                "soil_group_code": "C",
            }
        ),
        "maxima": as_bronze("arpa_lombardia/rain_maxima", wide),
        "sections": as_bronze("istat/census_sections", people.rows),
        "curve_numbers": pl.read_csv(DEFINITIONS / "curve_numbers.csv", try_parse_dates=True),
        "weights": pl.read_csv(DEFINITIONS / "risk_weights.csv", try_parse_dates=True),
        "completeness": COMPLETENESS,
    }  # fmt: skip


def homes_of(side: int) -> Tables:
    """The small simulated city with a square of so many homes a side."""
    city = City("small", 1, 1, _DAY)
    axis = np.linspace(-0.9, 0.9, side) * HALF_SIDE_M
    lat, lng = degrees(*(one.ravel() for one in np.meshgrid(axis, axis)))
    town = places_of(city) | timetable_of(next(feeds(city)), city.start)
    town["population"] = pl.DataFrame({"lat_deg": lat, "lng_deg": lng}).with_columns(
        section_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(4), residents_count=pl.lit(10)
    )
    return town


def streets_of(tables: Tables) -> Tables:
    """The streets of a city with an accident on every tenth, and no bicycle counted."""
    edges = tables["segments"]["edge_id"].gather_every(10).to_list()
    return {
        "segments": tables["segments"],
        "accidents": pl.DataFrame(
            {"occurred_on": _DAY, "edge_id": edges, "mode_code": "bicicletta"}
        ),
        "bikes": bikes().clear(),
        "stress": TABLE,
        "health": HEALTHY,
        "completeness": COMPLETENESS,
        "limits": DISCLOSURE,
    }


def deseal(cells: Sequence[str]) -> str:
    """A tenth of what is sealed taken from these cells."""
    return f"  - {{kind: deseal, removed_ratio: 0.1, cells: [{', '.join(cells)}]}}\n"


def pharmacies(count: int, tables: Tables) -> str:
    """So many new pharmacies, each where somebody lives."""
    homes = tables["population"].sample(count, seed=1).select("lat_deg", "lng_deg").rows()
    return "".join(
        f"  - {{kind: new_service, id: nuova_{n}, category: farmacia, lat_deg: {lat}, "
        f'lng_deg: {lng}, capacity: 40, opens: "08:00", closes: "19:00"}}\n'
        for n, (lat, lng) in enumerate(homes)
    )


def housing(section: str) -> str:
    """Two hundred people who come to live in a section."""
    return f'  - {{kind: new_housing, section: "{section}", residents: 200}}\n'


def zona30(edges: Sequence[str]) -> str:
    """A limit of 30 km/h on these stretches."""
    return f"  - {{kind: zona30, segments: [{', '.join(edges)}]}}\n"


def plan_of(folder: Path, edits: str) -> Scenario:
    """The scenario of these edits."""
    path = folder / "misura.yaml"
    path.write_text(f"{_HEAD}cost_eur: null\nedits:\n{edits}", "utf-8")
    return read_scenario(path)


def case(name: str, key: str, twin: Twin, plan: Scenario) -> Case:
    """The scenario, beside its indicator computed anew."""
    declaration = find_declarations()[key]
    frames = {name: current_rows(table, twin) for name, table in declaration.reads.items()}

    def ours() -> object:
        found = outcome_of(plan, {key: declaration}, twin)
        if set(found.indicators) != {key}:
            raise SystemExit(f"{name}: the edit changes nothing: see tests/bench/scenarios.py")
        return found

    return name, ours, lambda: declaration.function(**frames), 1.0


def run(*, runs: int = 3) -> list[dict[str, Any]]:  # figures of several types
    """Measure, print a table, write JSON."""
    warnings.simplefilter("ignore")
    line = "{:<34} {:>8} {:>8} {:>16} {:>6}\n"
    sys.stdout.write(line.format("scenario", "wall s", "cpu s", "reference cpu s", "load"))
    results = []
    with tempfile.TemporaryDirectory(prefix="gemello-bench-") as name:
        for one in _cases(Path(name)):
            found = measured(one, runs)
            results.append(found)
            sys.stdout.write(
                line.format(
                    found["case"],
                    f"{found['seconds']:.2f}",
                    f"{found['cpu_seconds']:.2f}",
                    f"{found['reference_cpu_seconds']:.2f}",
                    f"{found['load']:.1f}",
                )
            )
            sys.stdout.flush()
    folder = Path("bench-results")
    folder.mkdir(exist_ok=True)
    said = {"scenarios": results, "load": os.getloadavg()[0]}
    (folder / "scenarios.json").write_text(json.dumps(said, indent=2), encoding="utf-8")
    return results


def _cases(folder: Path) -> Iterator[Case]:
    yield from _grounds(folder)
    town = homes_of(_HOMES)
    for side in _TOWNS:
        tables = squares(town, side)
        home = folder / f"homes{side}"
        twin = lake_of(home, REACH, tables)
        for count in _SERVICES if side == 1 else _SERVICES[:1]:
            plan = plan_of(home, pharmacies(count, town))
            yield case(f"services: {count}, homes: {_HOMES**2 * side**2:,}", REACH, twin, plan)
    for side in _SQUARES:
        tables = streets_of(squares(town, side))
        home = folder / f"streets{side}"
        twin = lake_of(home, DANGER, tables)
        factors = pl.read_csv(DEFINITIONS / "crash_factors.csv", try_parse_dates=True)
        spec = TableSpec(factors.schema)
        twin.lake.replace_all(FACTORS, factors, spec=spec, notes={}, mark=1)
        slow = tables["segments"].filter(pl.col("limit_kmh") > 30)["edge_id"].to_list()
        plan = plan_of(home, zona30(slow[:1]))
        yield case(f"limits: 1, streets: {tables['segments'].height:,}", DANGER, twin, plan)


def _grounds(folder: Path) -> Iterator[Case]:
    ground = terrain_of(_POINTS)
    sealed = ground["terrain"].filter(pl.col("sealed_ratio") > 0.1)
    cells = cells_of(sealed["lat_deg"], sealed["lng_deg"]).unique().sort().to_list()
    for side in _SQUARES:
        tables = squares(ground, side)
        home = folder / f"terrain{side}"
        twin = lake_of(home, RAIN, tables)
        for count in _CELLS if side == 1 else _CELLS[:1]:
            plan = plan_of(home, deseal(cells[:: len(cells) // count][:count]))
            points = tables["terrain"].height
            yield case(f"cells: {count}, points: {points:,}", RAIN, twin, plan)
        plan = plan_of(home, housing(tables["sections"]["section_id"][0]))
        yield case(f"sections: 1, points: {points:,}", RAIN, twin, plan)
