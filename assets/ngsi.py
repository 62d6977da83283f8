"""Entities with their newest observations as NGSI-LD, the form that brokers of context data take.

Frames are `silver/state/entity` and `silver/state/latest_observation`.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

# JSON, as whoever sends it writes it down.
Json = dict[str, Any]
# An attribute: its name, its bare value, and what NGSI-LD says beside it.
_Attribute = tuple[str, object, Json]

# UCUM to the codes of UN/ECE Recommendation 20. GQ stands in the examples of Smart Data Models; the
# others are from memory and were not read again at the source.
_UNIT_CODES: Final = {
    "ug/m3": "GQ", "Cel": "CEL", "m/s": "MTS", "hPa": "A97", "mm": "MMT", "deg": "DD",
    "W/m2": "D54", "1": "C62", "m": "MTR",
}  # fmt: skip
_TURN_DEG: Final = 360


def normalised(
    entities: pl.DataFrame, latest: pl.DataFrame, *, context: Sequence[str] = ()
) -> list[Json]:
    """Each current entity with its properties, their units and instants, and how good they are.

    `context` are the addresses of the JSON-LD contexts in which types and properties are defined. A
    unit without a code of UN/ECE stays a UCUM code.
    """
    return [
        head | {name: {"value": value, **beside} for name, value, beside in attributes}
        for head, attributes in _entities(entities, latest, context)
    ]


def key_values(
    entities: pl.DataFrame, latest: pl.DataFrame, *, context: Sequence[str] = ()
) -> list[Json]:
    """Each current entity with the bare values of its properties.

    There is no room to say that a value is suspect: such values are left out.
    """
    believed = latest.filter(pl.col("quality_code").ne_missing("suspect"))
    return [
        head | {name: value for name, value, _ in attributes}
        for head, attributes in _entities(entities, believed, context)
    ]


def _entities(
    entities: pl.DataFrame, latest: pl.DataFrame, context: Sequence[str]
) -> Iterator[tuple[Json, list[_Attribute]]]:
    """The id and type of each entity that is there now, and its attributes."""
    observed: dict[str, list[Json]] = {}
    for one in latest.sort("entity_id", "property_code").iter_rows(named=True):
        observed.setdefault(one["entity_id"], []).append(one)
    current = entities.filter(pl.col("valid_to").is_null()).sort("entity_id")
    for row in current.iter_rows(named=True):
        head: Json = {"@context": list(context)} if context else {}
        head |= {"id": row["entity_id"], "type": row["type_code"]}
        yield head, list(_attributes(row, observed.get(row["entity_id"], [])))


def _attributes(row: Json, observed: list[Json]) -> Iterator[_Attribute]:
    import shapely

    if row["entity_name"] is not None:
        yield "name", row["entity_name"], {"type": "Property"}
    if row["place_geom"] is not None:
        place = shapely.to_geojson(shapely.from_wkb(row["place_geom"]))
        yield "location", json.loads(place), {"type": "GeoProperty"}
    if observed:
        last = _instant(max(one["observed_at"] for one in observed))
        dated = {"@type": "DateTime", "@value": last}
        yield "dateObserved", last, {"type": "Property", "value": dated}
    for one in observed:
        unit, quality = one["unit_code"], one["quality_code"]
        beside: Json = {
            "type": "Property",
            "unitCode": _UNIT_CODES.get(unit, unit),
            "observedAt": _instant(one["observed_at"]),
        }
        if quality is not None:
            beside["quality"] = {"type": "Property", "value": quality}
        value = one["value"]
        # Smart Data Models count directions from -180 to 180 degrees.
        is_west = unit == "deg" and value > _TURN_DEG / 2
        yield one["property_code"], value - _TURN_DEG if is_west else value, beside


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
