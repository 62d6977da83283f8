import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.adapters.file import FileAdapter
from infra.adapters.raw import RawRows
from infra.arrivals import Payload
from infra.errors import ContractError


def read(content: str | bytes, name: str, **declared: Any) -> RawRows:
    content = content.encode() if isinstance(content, str) else content
    adapter = FileAdapter(protocol="file", url=name, **declared)
    return adapter.read([Payload(name, content, datetime(2025, 1, 1, tzinfo=UTC))])


def test_numbers_keep_their_digits_and_zeros():
    raw = read('[{"lat": 45.5160000, "n": 12345678901234567890, "id": "00123"}]', "x.json")

    assert raw.frame.row(0, named=True) == {
        "lat": "45.5160000",
        "n": "12345678901234567890",
        "id": "00123",
        "__payload": 0,
        "__line": 1,
    }


def test_nested_objects_are_flattened_and_lists_kept_as_text():
    text = '{"data": {"rows": [{"a": {"b": true, "c": null}, "p": [46.10, "è", {"x": 1}]}]}}'

    raw = read(text, "x.json", records="data.rows")

    row = raw.frame.row(0, named=True)
    assert row["a.b"] == "true"
    assert row["a.c"] is None
    assert row["p"] == '[46.10,"è",{"x":1}]'


def test_a_value_that_only_some_records_have_is_null_in_the_others():
    raw = read('[{"a": 1}, {"b": ""}, {"a": 2, "b": 3}]', "x.json")

    assert raw.frame.select("a", "b").rows() == [("1", None), (None, None), ("2", "3")]


def test_a_bad_json_line_costs_only_itself():
    content = b'{"a":1}\n{"a":\n\n[1]\n{"a":"\xff"}\r\n{"a":"\xc3\xa8"}\n{"a":"\xc3\xb2"}\n'

    raw = read(content, "x.jsonl", encoding="utf-8")

    assert raw.frame.select("a", "__line").rows() == [("1", 1), ("è", 6), ("ò", 7)]
    assert raw.refused.select("__line", "reason").rows() == [
        (2, "the line is not valid JSON"),
        (4, "the record is not an object with named values"),
        (5, "the line holds bytes that are not utf-8"),
    ]


def test_a_feature_is_a_row_with_its_geometry_as_text():
    point = '{"type": "Point", "coordinates": [10.2200, 45.5]}'
    features = (
        f'[{{"id": 17, "geometry": {point}, "properties": {{"nome": "x"}}}},'
        '{"id": 18, "geometry": null, "properties": {"id": "own"}}]'
    )

    raw = read(f'{{"type": "FeatureCollection", "features": {features}}}', "x.geojson")

    assert raw.frame.select("id", "nome", "geometry").rows() == [
        ("17", "x", '{"type":"Point","coordinates":[10.2200,45.5]}'),
        ("own", None, None),
    ]


@pytest.mark.parametrize(
    ("content", "name", "declared", "message"),
    [
        ('[{"a": 1}, {"a":', "x.json", {}, "not valid JSON from line 1"),
        ('{"a": [1]}', "x.json", {}, "source.records the path"),
        ('{"a": [1]}', "x.json", {"records": "b"}, "no such path"),
        ("[" * 100_000, "x.json", {}, "nested too deeply"),
        ("[]", "x.geojson", {}, "no list of features"),
        ("<html><p>no", "x.json", {}, "a web page came in place of json"),
    ],
)
def test_what_holds_no_records_is_refused_as_a_whole(content, name, declared, message):
    with pytest.raises(ContractError, match=message):
        read(content, name, **declared)


@pytest.mark.parametrize(
    ("content", "width"),
    [
        ('[{"a":1}]', 1),
        ('{"a":1}\n{"a":2}\n', 1),
        ('{"type":"FeatureCollection","features":[]}', 0),
    ],
)
def test_the_format_is_recognised_where_the_name_does_not_say_it(content, width):
    assert read(content, "export").frame.width == width + 2


NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(st.none(), st.booleans(), st.text(max_size=5), st.integers(), st.floats(0, 9))


@given(st.lists(st.dictionaries(NAMES, VALUES), min_size=1, max_size=6))
def test_every_value_of_every_record_arrives(records):
    raw = read("\n".join(map(json.dumps, records)), "x.jsonl")

    for record, row in zip(records, raw.frame.to_dicts(), strict=True):
        for name, value in record.items():
            text = value if isinstance(value, str | None) else json.dumps(value)
            assert row[name] == (text or None)
