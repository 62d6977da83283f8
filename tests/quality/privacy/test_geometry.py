import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.privacy.geometry import to_wkb

POINT = struct.pack("<BIdd", 1, 1, 10.5, 45.5)
LINE = struct.pack("<BII4d", 1, 2, 2, 1, 2, 3, 4)
SQUARE = struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 1, 0, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "wkb"),
    [
        ("POINT (10.5 45.5)", POINT),
        ("SRID=4326;Point Z(1.05e1 45.5 120)", POINT),
        ('{"type": "Point", "coordinates": [10.5, 45.5, 120]}', POINT),
        ('{"type":"Feature","geometry":{"type":"Point","coordinates":[10.5,45.5]}}', POINT),
        ("LINESTRING(1 2, 3 4)", LINE),
        ('{"type":"LineString","coordinates":[[1,2],[3,4]]}', LINE),
        ("POLYGON((0 0, 1 0, 1 1, 0 0))", SQUARE),
        ("MULTIPOINT((10.5 45.5))", struct.pack("<BII", 1, 4, 1) + POINT),
        ("MULTIPOINT(10.5 45.5)", struct.pack("<BII", 1, 4, 1) + POINT),
        ("MULTILINESTRING((1 2,3 4))", struct.pack("<BII", 1, 5, 1) + LINE),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", struct.pack("<BII", 1, 6, 1) + SQUARE),
        (
            "GEOMETRYCOLLECTION(POINT(10.5 45.5),LINESTRING(1 2,3 4))",
            struct.pack("<BII", 1, 7, 2) + POINT + LINE,
        ),
    ],
)
def test_geojson_and_wkt_become_the_same_bytes(text: str, wkb: bytes) -> None:
    assert to_wkb(text) == wkb


@pytest.mark.parametrize(
    "text",
    [
        "POINT EMPTY",
        "POINT (10.5)",
        "POINT (1e999 2)",
        "POLYGON((0 0, 1 0, 1 1, 0 1))",
        "LINESTRING(1 2)",
        '{"type":"Point","coordinates":["10.5",45.5]}',
        '{"type":"Point","coordinates":[NaN,45.5]}',
        '{"type":"Point"}',
        '{"type":"Circle","coordinates":[1,2]}',
        "{" * 10_000,
        "GEOMETRYCOLLECTION(" * 50,
        "Piazza Loggia",
    ],
)
def test_what_is_no_geometry_is_none(text: str) -> None:
    assert to_wkb(text) is None


@given(st.text(max_size=40) | st.text(alphabet='POINTLESRGY(), 0123456789.-{}[]":', max_size=60))
def test_no_text_breaks_the_encoder(text: str) -> None:
    assert isinstance(to_wkb(text), bytes | None)


def test_a_row_whose_geometry_cannot_be_read_is_refused(protect: Any) -> None:
    columns = {"place_geom": {"from": "g", "type": "geometry"}}

    protected = protect({"g": ["POINT(10.5 45.5)", None, "boh"]}, columns)

    assert protected.frame["place_geom"].to_list() == [POINT, None]
    assert protected.refused["rule"].to_list() == ["not_a_geometry"]
