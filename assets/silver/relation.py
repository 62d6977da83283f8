"""How the entities of the city hang together: what lies in what, stands at, begins at, serves."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import VALIDITY, one_at_a_time, united, validity, while_both

_NODE: Final = "urn:ngsi-ld:RoadNode:brescia:comune_brescia:"
_QUARTER: Final = "urn:ngsi-ld:AdministrativeArea:brescia:comune:"
_ROUTE: Final = "urn:ngsi-ld:GtfsRoute:brescia:brescia_mobilita:"
_STOP: Final = "urn:ngsi-ld:GtfsStop:brescia:brescia_mobilita:"
_COLUMNS: Final = ("subject_id", "predicate_code", "object_id", *VALIDITY)
_KEPT: Final = {name: pl.col(name) for name in VALIDITY}
# What lies in no section, but holds them.
_AREAS: Final = ("CensusSection", "AdministrativeArea")
# The closed list of what one entity can be to another.
PREDICATES: Final = {
    "in_section": "the middle of its place lies in the census section",
    "in_quarter": "the census section is a part of the quarter",
    "starts_at": "the stretch of street begins at the crossing",
    "ends_at": "the stretch of street ends at the crossing",
    "served_by": "vehicles of the line stop at the stop",
    "part_of": "the stop is a part of the station",
    "at_station": "the probe is a part of the station",
}


@dataclass(frozen=True)
class _Refers:
    """A column of a table by which its entities name others, and the first part of their id."""

    predicate: str
    table: str
    column: str
    urn: str = ""


# One more reference from table to table is one more line here.
_REFERENCES: Final = (
    _Refers("in_quarter", "sections", "quarter_id", _QUARTER),
    _Refers("starts_at", "segments", "from_node_id", _NODE),
    _Refers("ends_at", "segments", "to_node_id", _NODE),
    _Refers("part_of", "stops", "parent_stop_id", _STOP),
    _Refers("at_station", "probes", "station_entity_id"),
)


def relation(
    *,
    entities: pl.DataFrame,
    sections: pl.DataFrame,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    probes: pl.DataFrame,
    trips: pl.DataFrame,
    stop_times: pl.DataFrame,
) -> pl.DataFrame:
    """Give which entity is what to which other, now and before each change.

    A relation holds while the table that tells of it says so and both entities are known. What lies
    on the border of two sections is in the first of them by id; what lies in none has no row. All
    entities with a place but sections and quarters are in a section.
    """
    tables = {"sections": sections, "segments": segments, "stops": stops, "probes": probes}
    told = pl.concat(
        [
            _in_section(entities, sections),
            *(_referred(tables[one.table], one) for one in _REFERENCES),
            _served_by(trips, stop_times),
        ]
    )
    known = united(entities.select("entity_id", *VALIDITY))
    for end in ("subject_id", "object_id"):
        told = while_both(told, known.rename({"entity_id": end}), on=end)
    return united(told).select(_COLUMNS)


def _referred(table: pl.DataFrame, its: _Refers) -> pl.DataFrame:
    return table.filter(pl.col(its.column).is_not_null()).select(
        subject_id="entity_id",
        predicate_code=pl.lit(its.predicate),
        object_id=pl.lit(its.urn) + pl.col(its.column),
        **_KEPT,
    )


def _in_section(entities: pl.DataFrame, sections: pl.DataFrame) -> pl.DataFrame:
    """The section in which the middle of each place lies, by the borders of its time."""
    import shapely

    placed = entities.filter(
        pl.col("place_geom").is_not_null() & ~pl.col("type_code").is_in(_AREAS)
    )
    areas = sections.filter(pl.col("border_geom").is_not_null())
    middles = shapely.centroid(shapely.from_wkb(placed["place_geom"].to_numpy()))
    borders = shapely.make_valid(shapely.from_wkb(areas["border_geom"].to_numpy()))
    point, area = shapely.STRtree(borders).query(middles, predicate="intersects")
    pairs = while_both(
        placed[point].select(subject_id="entity_id", **_KEPT).with_row_index("pair"),
        areas[area].select(object_id="entity_id", **_KEPT).with_row_index("pair"),
        on="pair",
    )
    # Of two sections at the same time the last row is believed: the first of them by id.
    first = one_at_a_time(pairs.sort("object_id", descending=True), "subject_id")
    return first.select(
        "subject_id", "object_id", *VALIDITY, predicate_code=pl.lit("in_section")
    ).select(_COLUMNS)


def _served_by(trips: pl.DataFrame, stop_times: pl.DataFrame) -> pl.DataFrame:
    """The lines of the trips that stop at each stop, by the timetable of its time."""
    stopping = stop_times.select("trip_id", "stop_id", *VALIDITY).unique()
    of_line = trips.select("trip_id", "route_id", *VALIDITY)
    return united(
        while_both(stopping, of_line, on="trip_id").select(
            subject_id=pl.lit(_STOP) + pl.col("stop_id"),
            predicate_code=pl.lit("served_by"),
            object_id=pl.lit(_ROUTE) + pl.col("route_id"),
            **_KEPT,
        )
    )


_PLACES: Final = (
    "entities.place_geom", "entities.type_code", "sections.border_geom", "sections.entity_id",
)  # fmt: skip
_NAMED: Final = tuple(f"{one.table}.{one.column}" for one in _REFERENCES)
_NAMING: Final = tuple(dict.fromkeys(f"{one.table}.entity_id" for one in _REFERENCES))
_STOPPING: Final = ("stop_times.stop_id", "stop_times.trip_id", "trips.trip_id", "trips.route_id")
_ALL: Final = ("entities.entity_id", *_PLACES, *_NAMED, *_NAMING, *_STOPPING)

declaration = Declaration(
    function=relation,
    key="silver/state/relation",
    reads={
        "entities": "silver/state/entity",
        "sections": "silver/services/population_by_section",
        "segments": "silver/mobility/road_segment",
        "stops": "silver/mobility/transit_stops",
        "probes": "silver/soil/soil_probe",
        "trips": "bronze/brescia_mobilita/transit_trips",
        "stop_times": "bronze/brescia_mobilita/transit_stop_times",
    },
    gives={
        "subject_id": given("NGSI-LD id of the entity that is told of.", *_ALL),
        "predicate_code": given(
            "; ".join(f"{name}: {text}" for name, text in PREDICATES.items()) + ".", *_ALL
        ),
        "object_id": given("NGSI-LD id of the other entity.", *_ALL),
        **validity(
            "entities", "sections", "segments", "stops", "probes", "trips", "stop_times"
        ),
    },
    key_columns=("subject_id", "predicate_code", "object_id", "valid_from"),
    window_by=None,
    with_history=(
        "entities", "sections", "segments", "stops", "probes", "trips", "stop_times",
    ),
    title="Relations between entities",
    method_version="1",
    literature="ETSI GS CIM 009 (NGSI-LD), relationships.",
)  # fmt: skip
