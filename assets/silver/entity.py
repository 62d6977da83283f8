"""Everything the twin knows of in the city, in one list: what it is, where, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import VALIDITY, one_at_a_time, since_ever, united

_RESOLUTION: Final = 9


@dataclass(frozen=True)
class _Told:
    """A table of entities: its columns of id, name and place (a geometry, or two coordinates)."""

    table: str
    name: str = ""
    place: tuple[str, ...] = ()
    id: str = "entity_id"
    keeps_history: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, without those of time."""
        return (self.id, *([self.name] if self.name else []), *self.place)


_POINT: Final = ("lat_deg", "lng_deg")
# One more table of entities is one more line here.
_TABLES: Final[Mapping[str, _Told]] = {
    "air_stations": _Told("silver/air/air_quality_station", "station_name", _POINT),
    "bike_stations": _Told(
        "silver/mobility/bike_hire_docking_station", "station_name", _POINT, keeps_history=False
    ),
    "bins": _Told("silver/waste/waste_container", place=("place_geom",), keeps_history=False),
    "buildings": _Told("silver/territory/building", place=("shape_geom",)),
    "car_parks": _Told("silver/mobility/off_street_parking", "car_park_name", _POINT),
    "chargers": _Told(
        "silver/mobility/ev_charging_station",
        "street_name",
        ("place_geom",),
        keeps_history=False,
    ),
    "events": _Told("silver/tourism/event", "event_name", keeps_history=False),
    "gardens": _Told("silver/green/garden", place=("border_geom",)),
    # Gauges have no table of their own: each of their levels says where they stand.
    "gauges": _Told("silver/water/river_level_observed", "river_name", _POINT, keeps_history=False),
    "nodes": _Told("silver/mobility/road_node", place=_POINT),
    "probes": _Told("silver/soil/soil_probe", place=_POINT),
    "quarters": _Told("silver/territory/quarters", "quarter_name", ("border_geom",)),
    "routes": _Told("silver/mobility/transit_routes", "route_name"),
    "sections": _Told("silver/services/population_by_section", place=("border_geom",)),
    "segments": _Told("silver/mobility/road_segment", "street_name", ("line_geom",)),
    "services": _Told("silver/services/point_of_interest", place=_POINT),
    "soil_stations": _Told(
        "silver/soil/soil_probe", "station_name", _POINT, id="station_entity_id"
    ),
    "stops": _Told("silver/mobility/transit_stops", "stop_name", _POINT),
    "trees": _Told("silver/green/tree", "common_name", _POINT),
}


def entity(observed: pl.DataFrame, **told: pl.DataFrame) -> pl.DataFrame:
    """Give each entity of the city with its type, name and place, now and before each change.

    The type and the source are those of its NGSI-LD id, `urn:ngsi-ld:<Type>:brescia:<source>:…`.
    The cell is that of the middle of its place (H3, resolution 9). Of an entity one row holds at a
    time: where a table says otherwise the row that began last is believed. Changes of what is not
    told here make no new row. Entities of tables that keep no history hold since 1970. What is
    known by its observations alone has neither name nor place, and holds since the first day (of
    solar time) that has one.
    """
    rows = pl.concat([_rows(told[name], its) for name, its in _TABLES.items()])
    known = pl.concat([rows, _observers(observed, rows)], how="diagonal")
    held = one_at_a_time(united(known), "entity_id")
    parts = pl.col("entity_id").str.split(":")
    return held.select(
        "entity_id",
        type_code=parts.list.get(2, null_on_oob=True),
        entity_name="entity_name",
        place_geom="place_geom",
        cell_id=_cells(held["place_geom"]),
        source_name=parts.list.get(4, null_on_oob=True),
        **{name: pl.col(name) for name in VALIDITY},
    ).sort("entity_id", "valid_from")


def _rows(frame: pl.DataFrame, its: _Told) -> pl.DataFrame:
    from assets.maps import point_shapes

    held = frame if its.keeps_history else since_ever(frame.select(its.columns).unique())
    match its.place:
        case (geometry,):
            place = held[geometry]
        case (lat, lng):
            place = point_shapes(held[lat], held[lng])
        case _:
            place = pl.Series([None] * held.height, dtype=pl.Binary)
    return held.select(
        entity_id=its.id,
        entity_name=pl.col(its.name) if its.name else pl.lit(None, pl.String),
        place_geom=place,
        **{name: pl.col(name) for name in VALIDITY},
    )


def _observers(observed: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """What observes and is in no table of entities."""
    others = observed.join(rows.select("entity_id").unique(), on="entity_id", how="anti")
    # A day of solar time begins an hour before that of UTC.
    first = pl.col("day_on").min().cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return others.group_by("entity_id").agg(valid_from=first.dt.offset_by("-1h"))


def _cells(places: pl.Series) -> pl.Series:
    """The H3 cell of the middle of each place (WKB, WGS 84)."""
    import shapely
    from h3.api.basic_str import latlng_to_cell

    middles = shapely.centroid(shapely.from_wkb(places.to_numpy(writable=True)))
    # GEOS does not say where an empty point is.
    middles[shapely.is_empty(middles)] = None
    lat, lng = shapely.get_y(middles).tolist(), shapely.get_x(middles).tolist()
    found = [
        None if isnan(y) else latlng_to_cell(y, x, _RESOLUTION)
        for y, x in zip(lat, lng, strict=True)
    ]
    return pl.Series(found, dtype=pl.String)


def _of(*columns: str) -> tuple[str, ...]:
    """These columns of each table that has them: `id`, `name`, `place`, or an instant."""
    found = []
    for name, its in _TABLES.items():
        its_columns = {"id": (its.id,), "name": (its.name,), "place": its.place}
        for column in columns:
            if column in its_columns:
                found += [f"{name}.{one}" for one in its_columns[column] if one]
            elif its.keeps_history:
                found.append(f"{name}.{column}")
    return tuple(found)


declaration = Declaration(
    function=entity,
    key="silver/state/entity",
    reads={
        "observed": "silver/state/last_observation_by_day",
        **{name: its.table for name, its in _TABLES.items()},
    },
    gives={
        "entity_id": given("Its NGSI-LD id.", "observed.entity_id", *_of("id")),
        "type_code": given(
            "Its type, one of Smart Data Models where they have one.",
            "observed.entity_id",
            *_of("id"),
        ),
        "entity_name": given("What people call it.", *_of("name")),
        "place_geom": given("Where it is: a point, line or area, WGS84.", *_of("place")),
        "cell_id": given("H3 cell of resolution 9 of its middle.", *_of("place")),
        "source_name": given("Who told of it.", "observed.entity_id", *_of("id")),
        "valid_from": given(
            "Since when it is so, UTC.",
            "observed.day_on",
            *_of("valid_from", "valid_to", "name", "place"),
        ),
        "valid_to": given(
            "Until when it was so, UTC; empty while it is.",
            *_of("valid_from", "valid_to", "name", "place"),
        ),
    },
    key_columns=("entity_id", "valid_from"),
    window_by=None,
    with_history=tuple(name for name, its in _TABLES.items() if its.keeps_history),
    title="Entities of the city",
    method_version="1",
    literature="ETSI GS CIM 009 (NGSI-LD), entities; types: Smart Data Models.",
)
