"""Geometry: GeoJSON geometries or WKT → little-endian WKB in two dimensions.

A small encoder of our own: all it must do is check the shape and write bytes (OGC 06-103r4,
RFC 7946). Elevations and measures are left out: maps of the city are flat.
"""

import json
import math
import re
import struct
from typing import Final

_CODES: Final = {
    "POINT": 1,
    "LINESTRING": 2,
    "POLYGON": 3,
    "MULTIPOINT": 4,
    "MULTILINESTRING": 5,
    "MULTIPOLYGON": 6,
}
_COLLECTION: Final = "GEOMETRYCOLLECTION"
_DEEPEST: Final = 8
_NUMBER: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_POSITION: Final = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER}){{1,3}}")
_TAGGED: Final = re.compile(r"\s*([A-Z]+)\s*(?:(?:Z|M|ZM)\s*)?(\(.*\))\s*", re.DOTALL)


class _NotAGeometryError(ValueError):
    """A text that is no geometry; caught here and never shown."""


def to_wkb(text: str) -> bytes | None:
    """The WKB of a GeoJSON geometry or feature, or of a WKT or EWKT text; None if it is neither.

    An empty geometry is none.
    """
    try:
        if text.lstrip().startswith("{"):
            return _from_geojson(json.loads(text), 0)
        return _from_wkt(re.sub(r"^\s*SRID=[0-9]{1,6};", "", text.upper()), 0)
    except (ValueError, RecursionError, OverflowError):
        return None


def _from_geojson(value: object, depth: int) -> bytes:
    if not isinstance(value, dict) or depth > _DEEPEST:
        raise _NotAGeometryError
    kind = str(value.get("type")).upper()
    if kind == "FEATURE":
        return _from_geojson(value.get("geometry"), depth + 1)
    if kind == _COLLECTION:
        parts = _list(value.get("geometries"), at_least=1)
        return _many(7, [_from_geojson(part, depth + 1) for part in parts])
    if kind not in _CODES:
        raise _NotAGeometryError
    return _encode(_CODES[kind], value.get("coordinates"))


def _from_wkt(text: str, depth: int) -> bytes:
    tagged = _TAGGED.fullmatch(text)
    if tagged is None or depth > _DEEPEST:
        raise _NotAGeometryError
    kind, body = tagged[1], tagged[2]
    if kind == _COLLECTION:
        return _many(7, [_from_wkt(part, depth + 1) for part in _parts(body[1:-1])])
    if kind not in _CODES:
        raise _NotAGeometryError
    # What is left of WKT inside a tag differs from JSON in its brackets and commas only.
    listed = _POSITION.sub(_position_text, body).replace("(", "[").replace(")", "]")
    coordinates = _list(json.loads(listed), at_least=1)
    if kind == "POINT":
        return _encode(1, coordinates[0] if len(coordinates) == 1 else None)
    if kind == "MULTIPOINT":  # each point may or may not have brackets of its own
        coordinates = [_unwrapped(point) for point in coordinates]
    return _encode(_CODES[kind], coordinates)


def _position_text(match: re.Match[str]) -> str:
    return json.dumps([float(number) for number in match[0].split()])


def _unwrapped(point: object) -> object:
    return point[0] if isinstance(point, list) and len(point) == 1 else point


def _parts(text: str) -> list[str]:
    """What stands between the commas that are in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _encode(code: int, coordinates: object) -> bytes:
    match code:
        case 1:
            return _head(1) + _position(coordinates)
        case 2:
            return _head(2) + _line(coordinates, at_least=2)
        case 3:
            rings = [_ring(ring) for ring in _list(coordinates, at_least=1)]
            return _head(3) + struct.pack("<I", len(rings)) + b"".join(rings)
        case _:  # multipoint, multilinestring, multipolygon: several of the kind three before
            return _many(code, [_encode(code - 3, part) for part in _list(coordinates, at_least=1)])


def _many(code: int, parts: list[bytes]) -> bytes:
    return _head(code) + struct.pack("<I", len(parts)) + b"".join(parts)


def _head(code: int) -> bytes:
    return struct.pack("<BI", 1, code)


def _ring(coordinates: object) -> bytes:
    positions = _list(coordinates, at_least=4)
    if positions[0] != positions[-1]:
        raise _NotAGeometryError
    return _line(positions, at_least=4)


def _line(coordinates: object, *, at_least: int) -> bytes:
    positions = [_position(position) for position in _list(coordinates, at_least=at_least)]
    return struct.pack("<I", len(positions)) + b"".join(positions)


def _position(value: object) -> bytes:
    listed = _list(value, at_least=2)
    numbers = [float(n) for n in listed if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(numbers) != len(listed) or len(numbers) > 4 or not all(map(math.isfinite, numbers)):
        raise _NotAGeometryError
    return struct.pack("<dd", numbers[0], numbers[1])


def _list(value: object, *, at_least: int) -> list[object]:
    if not isinstance(value, list) or len(value) < at_least:
        raise _NotAGeometryError
    return value
