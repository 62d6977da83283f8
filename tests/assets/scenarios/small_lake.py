"""A lake of a few small tables: ground, streets and people, with two indicators made of them."""

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import shapely

from assets.cells import cells_of
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.scenarios.plan import Scenario, read_scenario
from assets.twin import DEFINITIONS, Twin
from infra.lake import TableSpec
from infra.settings import Settings
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.test_modelled_traffic_by_segment import town
from tests.assets.indicators.test_pluvial_vulnerability_by_cell import (
    CURVE_NUMBERS,
    NOISE,
    PLANE,
    WEIGHTS,
    land,
    maxima,
)

RAIN: Final = "gold/risk/pluvial_vulnerability_by_cell"
TRAFFIC: Final = "gold/mobility/modelled_traffic_by_segment"
LIMITS: Final = pl.read_csv(DEFINITIONS / "disclosure_limits.csv", try_parse_dates=True)
DECLARATIONS: Final = {key: find_declarations()[key] for key in (RAIN, TRAFFIC)}
_HEAD: Final = (
    "title: Una prova\npurpose: Provare\ndecided_by: Giunta comunale\n"
    "decided_on: 2026-11-02\ncost_eur: 1000\n"
)


def people() -> pl.DataFrame:
    """Two sections in two quarters where the ground is, one of nine people."""
    west, east = (
        shapely.box(10.222, 45.534, 10.225, 45.538),
        shapely.box(10.225, 45.534, 10.228, 45.538),
    )
    counts = {
        "age_0_14_count": [100, 0], "age_15_24_count": [100, 0], "age_25_44_count": [300, 9],
        "age_45_64_count": [200, 0], "age_65_79_count": [150, 0], "age_80_count": [50, 0],
    }  # fmt: skip
    return pl.DataFrame(
        {
            "section_id": ["1", "2"],
            "quarter_id": ["Q01", "Q02"],
            "residents_count": [900, 9],
            **counts,
            "border_geom": [shapely.to_wkb(one) for one in (west, east)],
            "lat_deg": [45.536, 45.536],
            "lng_deg": [10.2235, 10.2265],
        }
    )


def drawn(segments: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Stretches of street with the line from crossing to crossing, as the city's have it."""
    where = {node: (lng, lat) for node, lat, lng in nodes["node_id", "lat_deg", "lng_deg"].rows()}
    ends = segments["from_node_id", "to_node_id"].rows()
    lines = [shapely.LineString([where[one], where[other]]) for one, other in ends]
    return segments.with_columns(line_geom=pl.Series([shapely.to_wkb(one) for one in lines]))


def small_lake(folder: Path) -> Twin:
    """The twin of a new installation that holds these tables, and the indicators made of them."""
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(folder)}, folder=folder))
    streets = town()
    tables = {
        "bronze/regione_lombardia/terrain": land(PLANE + NOISE, np.where(PLANE > 140, 0.9, 0.3)),
        "bronze/definitions/curve_numbers": CURVE_NUMBERS,
        "bronze/definitions/risk_weights": WEIGHTS,
        "bronze/definitions/completeness_rules": COMPLETENESS,
        "bronze/definitions/disclosure_limits": LIMITS,
        "bronze/arpa_lombardia/rain_maxima": maxima(),
        "bronze/istat/census_sections": people(),
        "silver/services/population_by_section": pl.concat(
            [people(), streets["sections"]], how="diagonal_relaxed"
        ),
        "silver/mobility/road_segment": drawn(streets["segments"], streets["nodes"]),
        "silver/mobility/road_node": streets["nodes"],
        "bronze/comune_brescia/buildings": streets["buildings"],
        "silver/services/point_of_interest": streets["services"],
        "gold/mobility/hourly_traffic_state": streets["state"],
        "bronze/definitions/traffic_model": streets["rules"],
        "bronze/definitions/trip_attractions": streets["pulls"],
    }
    for key, frame in tables.items():
        twin.lake.replace_all(key, frame, spec=TableSpec(frame.schema), notes={}, mark=1)
    for declaration in DECLARATIONS.values():
        derive(declaration, find_declarations(), twin=twin, requested=None, notes={"run": "r"})
    return twin


def cells() -> list[str]:
    """The cells of the ground, by name."""
    ground = land(PLANE)
    return cells_of(ground["lat_deg"], ground["lng_deg"]).unique().sort().to_list()


def scenario(folder: Path, name: str, *edits: str) -> Scenario:
    """The scenario of these edits, each a line of YAML."""
    path = folder / f"{name}.yaml"
    listed = "".join(f"  - {{{edit}}}\n" for edit in edits)
    path.write_text(_HEAD + ("edits:\n" + listed if edits else "edits: []\n"), "utf-8")
    return read_scenario(path)
