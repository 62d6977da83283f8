import json
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.adapters.encoding import as_utf8
from infra.adapters.json_lines import read_jsonl
from infra.adapters.json_rows import objects_of, table_of
from infra.adapters.json_shapes import Shape
from infra.adapters.raw import Table

KEYS = ["a", "b", " a", "a.b", "lat", "è", "", "__line", "c d\t", 'k"q', "geo"]
# Values as a publisher may write them; some are no JSON.
SCALARS = [
    "null", "true", "false", '""', '"null"', '"testo"', '" "', '"a\tb"', '"a\\nb"', '"\\u00e8"',
    '"\\""', '"\\"a\\\\"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\ud7ff\\uE000\\u0000"', '"\\x"',
    "0", "-0", "1.50", "1E5", "12345678901234567890", "0.1000000000000000055", "01",
    "+1", "1.", "NaN", "-Infinity", "'x'",
]  # fmt: skip
NESTED = [
    "{}", "[]", "[1,2.50]", "[1, 2]", '["a",null]', '["a\tb"]', "[[45.10,10.2]]", '[{"x":1}]',
    '{"lat":45.10,"lon":null}', '{"lat":"45"}', '{"a":{"b":1,"c":{}}}', '{"lat":1,"lat":2}',
    '{"b":1}',
]  # fmt: skip
ODD = ["", "  ", "[1]", '{"a":1', '{"a":1},{"a":2}', "2]}", '{"a":[1', "x", "1", '{"a":1}\v', "{}"]

values = st.one_of(st.sampled_from(SCALARS), st.text(max_size=4).map(json.dumps))


@st.composite
def files(draw: Callable) -> bytes:
    """Lines of some shapes, and lines of none, in any order."""
    shape = st.tuples(
        st.lists(st.sampled_from(KEYS), min_size=1, max_size=20),
        st.sampled_from([",", ", ", " ,\t"]),
        st.sampled_from([":", ": "]),
        st.sampled_from(["", " ", "\r"]),
    )
    shapes = draw(st.lists(shape, min_size=1, max_size=3))
    nests = draw(st.sampled_from([NESTED[:1], NESTED]))
    lines = []
    for kind in draw(st.lists(st.integers(0, len(shapes)), min_size=1, max_size=50)):
        if kind == len(shapes):
            lines.append(draw(st.sampled_from(ODD)))
            continue
        keys, comma, colon, end = shapes[kind]
        cells = [draw(st.one_of(values, st.sampled_from(nests))) for _ in keys]
        pairs = [f"{json.dumps(k)}{colon}{cell}" for k, cell in zip(keys, cells, strict=True)]
        lines.append("{" + comma.join(pairs) + "}" + end)
    times = draw(st.sampled_from([1, 7, 30]))
    text = "\n".join(lines * times)
    return text.encode("utf-8", "replace") + draw(st.sampled_from([b"", b"\n", b"\n{'\xe8': 1}\n"]))


def one_by_one(content: bytes) -> Table:
    text, refused = as_utf8(content, "utf-8"), []
    lines = enumerate(text.content.split(b"\n"), 1)
    return table_of(objects_of(lines, text, refused), refused)


@given(files())
@example(b'{"a":1,"b":2}\n' * 20 + b'{"b":1,"a":2,"c":null}\n' * 20)
@example(b'{"a":1},{"a":2}\n{"a":[1\n2]}\n' * 20)
@example(b'{"a":1,"a":2}\n' * 40)
@example(b'{"a":{"b":1},"a.b":2}\n' * 40)
@example(b'{"b":1}\n' + b'{"a":{"b":{}}, "b": [1,2]}\r\n' * 40)
def test_lines_read_together_are_what_they_are_one_by_one(content):
    together = read_jsonl(as_utf8(content, "utf-8"))

    singly = one_by_one(content)

    assert together.frame.columns == singly.frame.columns
    assert together.frame.equals(singly.frame)
    assert together.refused.equals(singly.refused)


@pytest.mark.parametrize("value", [*SCALARS, *NESTED])
@pytest.mark.parametrize("usual", ["1", '["x"]'])
def test_a_value_among_usual_ones_is_what_it_is_alone(usual, value):
    line, odd = f'{{"a":{usual},"b":"y"}}\n', f'{{"a":{value},"b":"y"}}\n'
    content = (line * 20 + odd + line * 20).encode()

    together = read_jsonl(as_utf8(content, None))

    singly = one_by_one(content)
    assert together.frame.equals(singly.frame)
    assert together.refused.equals(singly.refused)


@given(files())
def test_a_line_that_fits_a_shape_is_read_as_it_would_be_with_care(content):
    lines = as_utf8(content, "utf-8").content.split(b"\n")
    different = [line for line in dict.fromkeys(lines) if line]
    shapes = [shape for line in different[:5] if (shape := Shape.of(line.decode()))]

    for shape in shapes:
        for line in different:
            cells = shape.cells(pl.Series([line.decode()]))
            if cells.height:
                careful = one_by_one(line).frame
                assert careful.height == 1
                assert cells.row(0)[:-1] == careful.row(0)[:-1]


def test_a_bad_line_in_the_middle_of_good_ones_costs_itself():
    good = b'{"id": 1, "euro": 1.50, "dove": {"lat": 45.5160, "lon": null}}\n'

    table = read_jsonl(as_utf8(good * 40 + b'{"id": 2, "euro": \n' + good * 40, None))

    assert table.frame.columns == ["id", "euro", "dove.lat", "dove.lon", "__line"]
    assert table.frame["__line"].to_list() == [*range(1, 41), *range(42, 82)]
    assert table.frame.row(79) == ("1", "1.50", "45.5160", None, 81)
    assert table.refused.rows() == [(41, "the line is not valid JSON")]


def test_half_a_character_costs_its_line_alone():
    good, bad = b'{"a": "\\ud83d\\ude00"}\n', b'{"a": "\\ud83d"}\n'

    table = read_jsonl(as_utf8(good * 20 + bad + good, None))

    assert set(table.frame["a"]) == {"\N{GRINNING FACE}"}
    assert table.refused.rows() == [(21, "the record holds half of a character")]


def test_a_line_that_is_too_long_is_refused_although_it_is_laid_out_like_the_others():
    long = b'{"a": "' + b"x" * 1024**2 + b'"}\n'

    table = read_jsonl(as_utf8(b'{"a": "x"}\n' * 30 + long, None))

    assert table.frame.height == 30
    assert table.refused["__line"].to_list() == [31]


def test_a_large_file_is_read_in_pieces_and_its_lines_and_columns_are_counted_on():
    some, others = b'{"id": 7, "nota": "%s"}\n' % (b"x" * 80), b'{"altro": 1, "id": 8}\n'
    count = 17 * 1024**2 // len(some)

    frame = read_jsonl(as_utf8(some * count + others * 100, None)).frame

    assert frame.columns == ["id", "nota", "altro", "__line"]
    assert frame["__line"].to_list() == list(range(1, count + 101))
    assert frame["nota"].null_count() == 100
    assert frame["altro"].drop_nulls().to_list() == ["1"] * 100
    assert frame["id"].value_counts().sort("id").rows() == [("7", count), ("8", 100)]


@pytest.mark.parametrize("columns", [1, 14, 15, 28, 60])
def test_records_of_any_width_are_read_by_their_shape(columns):
    line = json.dumps({f"colonna {place}": place / 4 for place in range(columns)})

    shape = Shape.of(line)

    assert shape is not None
    assert shape.cells(pl.Series([line])).row(0)[:-1] == tuple(
        str(place / 4) for place in range(columns)
    )
