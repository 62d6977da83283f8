from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.adapters import csv_rows, reading
from infra.adapters.file import FileAdapter
from infra.adapters.raw import RawRows
from infra.arrivals import Payload

# Lines as files have them: full, short, long, blank, a comment, not decodable, with an odd mark.
LINES = st.sampled_from(
    [b"a,1,x", b"b,2,", b"c,3", b"d,4,y,z", b"", b"# note", b"e,5,\xff\xfe", b'f,6,5" pipe', b"g,,"]
)


def payloads(*contents: bytes) -> list[Payload]:
    when = datetime(2025, 1, 1, tzinfo=UTC)
    return [Payload(f"{place}.csv", content, when) for place, content in enumerate(contents)]


def pieces_of(adapter: FileAdapter, *contents: bytes, piece_bytes: int) -> list[RawRows]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_PIECE_BYTES", piece_bytes)
        patch.setattr(csv_rows, "_COPIED_BYTES", piece_bytes)
        patch.setattr(reading, "_PIECE_BYTES", piece_bytes)
        return list(adapter.read_in_pieces(payloads(*contents)))


def at(**declared: Any) -> FileAdapter:
    return FileAdapter(protocol="file", url="x.csv", **declared)


def rows(raw: RawRows) -> list[dict[str, Any]]:
    return raw.frame.rows(named=True)


@given(
    st.lists(st.lists(LINES, min_size=1, max_size=30), min_size=1, max_size=3),
    st.integers(1, 100),
    st.sampled_from([None, "#"]),
)
@settings(max_examples=150)
def test_pieces_put_together_are_the_whole(files, piece_bytes, comment):
    contents = [b"\n".join([b"name,count,note", *lines]) + b"\n" for lines in files]
    adapter = at(separator=",", comment=comment, header=("name", "count", "note"), skip_rows=1)

    pieces = pieces_of(adapter, *contents, piece_bytes=piece_bytes)

    whole = adapter.read(payloads(*contents))
    assert [row for piece in pieces for row in rows(piece)] == rows(whole)
    refused = pl.concat(piece.refused for piece in pieces)
    assert refused.sort("__payload", "__line").equals(whole.refused.sort("__payload", "__line"))


def test_a_large_file_comes_in_pieces_that_know_their_lines():
    lines = [f"{number},kWh" for number in range(1000)]
    content = "\n".join(["reading,unit", *lines]).encode()

    pieces = pieces_of(at(), content, piece_bytes=1000)

    assert len(pieces) > 5
    assert pieces[-1].frame["__line"].to_list()[-1] == 1001
    assert {piece.names for piece in pieces} == {(frozenset({"reading", "unit"}),)}


def test_a_file_whose_records_may_span_lines_stays_whole():
    content = b"name,note\n" + b'a,"two\nlines"\n' * 200

    pieces = pieces_of(at(), content, piece_bytes=500)

    assert [piece.frame.height for piece in pieces] == [200]


def test_small_files_come_together():
    pieces = pieces_of(at(), *[b"x\n1\n"] * 5, piece_bytes=10**6)

    assert [piece.frame["__payload"].to_list() for piece in pieces] == [[0, 1, 2, 3, 4]]


def test_no_file_at_all_is_one_piece_without_rows():
    (piece,) = pieces_of(at(), piece_bytes=10)

    assert (piece.frame.height, piece.frame.columns) == (0, ["__payload", "__line"])
