import bz2
import gzip
import json
import lzma
import pickle
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from infra.scan import scan
from tests.infra.hidden import (
    CANARIES,
    PERSON,
    PLATE,
    WORDS,
    forms_found,
    frame,
    lz4,
    parquet,
    sqlite_bytes,
    text_parquet,
    zipped,
    zstd,
)


@pytest.mark.parametrize(
    "wrap",
    [
        gzip.compress,
        lambda c: gzip.compress(b"first member") + gzip.compress(c),
        zlib.compress,
        bz2.compress,
        lzma.compress,
        zstd,
        lambda c: zstd(b"first frame") + zstd(c),
        lz4,
        zipped,
        text_parquet,
        sqlite_bytes,
        lambda c: gzip.compress(zipped(c)),
        lambda c: zipped(text_parquet(c)),
        lambda c: zstd(sqlite_bytes(c)),
        lambda c: zipped(zipped(gzip.compress(c))),
    ],
)
def test_a_value_is_found_inside_each_container(
    tmp_path: Path, wrap: Callable[[bytes], bytes]
) -> None:
    planted, clean = tmp_path / "planted", tmp_path / "clean"
    planted.mkdir()
    clean.mkdir()
    (planted / "file").write_bytes(wrap((WORDS + PERSON.encode()) * 3))
    (clean / "file").write_bytes(wrap(WORDS * 3))

    assert "plain" in forms_found(scan(planted, CANARIES), PERSON)
    assert scan(clean, CANARIES) == []


@pytest.mark.parametrize(
    ("column", "form"),
    [
        (pa.array([None, "x", PERSON]), "plain"),
        (pa.array([b"x", PERSON.upper().encode()], pa.large_binary()), "upper"),
        (pa.array([PLATE.encode(), b"ab12345"], pa.binary(7)), "plain"),
        (pa.array(["x", PERSON] * 5).dictionary_encode(), "plain"),
        (pa.array([[], ["x", PERSON]]), "plain"),
        (pa.array([{"a": {"b": [PERSON]}}, None]), "plain"),
        (pa.array([[("k", PERSON)]], pa.map_(pa.string(), pa.string())), "plain"),
        (pa.array([[(PERSON, "v")]], pa.map_(pa.string(), pa.string())), "plain"),
        (pa.array([1, 393470000999, None]), "number"),
        (pa.array([1.0, None, 393470000999.0]), "number"),
        (pa.array([b"x" * 200, zlib.compress(WORDS + PERSON.encode())]), "plain"),
    ],
)
@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_a_value_is_found_in_every_kind_of_parquet_column(
    tmp_path: Path, column: pa.Array, form: str, compression: str
) -> None:
    content = parquet(pa.table({"a": column}), write_statistics=False, compression=compression)
    (tmp_path / "part.parquet").write_bytes(content)

    hits = scan(tmp_path, CANARIES)

    assert form in {hit.form for hit in hits if "row group 0, column 0" in hit.place}


def test_the_place_of_a_find_in_parquet_is_its_row_and_column(tmp_path: Path) -> None:
    frame().write_parquet(tmp_path / "a.parquet", row_group_size=1000, statistics=False)

    (hit,) = [hit for hit in scan(tmp_path, CANARIES) if "column" in hit.place]

    assert hit.place == "parquet > row group 2, column 1, row 999"
    assert (hit.form, hit.canary, hit.count) == ("plain", 1, 1)


def test_two_cells_side_by_side_are_not_read_as_one_value(tmp_path: Path) -> None:
    pl.DataFrame({"a": ["ZZ99", "9ZZ"]}).write_parquet(tmp_path / "a.parquet")
    connection = sqlite3.connect(tmp_path / "b.db")
    connection.execute("CREATE TABLE t (a TEXT, b TEXT)")
    connection.execute("INSERT INTO t VALUES ('ZZ999', 'ZZ')")
    connection.commit()
    connection.close()

    places = [hit.place for hit in scan(tmp_path, CANARIES)]

    assert not any("column" in place for place in places)


def test_notes_of_a_parquet_file_and_its_columns_are_read(tmp_path: Path) -> None:
    field = pa.field("a", pa.int64(), metadata={"comment": PERSON})
    table = pa.Table.from_arrays([pa.array([1])], schema=pa.schema([field]))
    (tmp_path / "a.parquet").write_bytes(parquet(table))

    hits = scan(tmp_path, CANARIES)

    assert "parquet > names and notes of the columns" in {hit.place for hit in hits}


def test_an_arrow_file_as_engines_spill_it_is_read(tmp_path: Path) -> None:
    frame().write_ipc(tmp_path / "spill.ipc", compression="zstd")

    assert "plain" in forms_found(scan(tmp_path, CANARIES), PERSON)


def test_a_delta_table_shows_a_value_in_rows_log_and_checkpoint(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", frame(f"{PERSON} Zzz").to_arrow())
    DeltaTable(tmp_path / "t").create_checkpoint()

    hits = scan(tmp_path, CANARIES)

    ends = {Path(hit.path).name.split("-")[0] for hit in hits if hit.canary == 1}
    assert {"part", "00000000000000000000.json"} <= ends
    assert any(h.path.endswith("checkpoint.parquet") and "row group" in h.place for h in hits)


def test_a_delta_table_without_the_value_is_clean(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "t", frame("nobody").to_arrow())
    DeltaTable(tmp_path / "t").create_checkpoint()

    assert scan(tmp_path, CANARIES) == []


def test_json_within_json_is_read_as_its_reader_sees_it(tmp_path: Path) -> None:
    inner = json.dumps({"minValues": {"a": "".join(f"\\u{ord(c):04x}" for c in PLATE)}})
    text = json.dumps({"add": {"stats": inner.replace("\\\\", "\\")}})
    (tmp_path / "0.json").write_text(json.dumps({"x": 1}) + "\n" + text + "\n")

    assert {hit.place for hit in scan(tmp_path, CANARIES)} == {"json line 2"}


def test_a_database_on_disk_is_read_with_its_write_ahead_log(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "runs.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE events (body TEXT, packed BLOB)")
    connection.execute("INSERT INTO events VALUES (?, ?)", ("x" * 3000 + PERSON, b""))
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(
        "INSERT INTO events VALUES ('', ?)", (zlib.compress(WORDS + PERSON.encode()),)
    )
    connection.execute("INSERT INTO events VALUES (?, NULL)", (PLATE,))
    connection.commit()

    hits = scan(tmp_path, CANARIES)

    connection.close()
    assert ("runs.db", "sqlite > table 1, row 0, column 0") in {(h.path, h.place) for h in hits}
    assert ("runs.db-wal", 2) in {(hit.path, hit.canary) for hit in hits}


def test_the_scan_leaves_no_trace_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(sqlite_bytes(b"x"))

    scan(tmp_path, CANARIES)

    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_a_pickle_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pickle.dumps(frame()))

    assert forms_found(scan(tmp_path, CANARIES), PERSON)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gz", gzip.compress(WORDS * 9)[:-20]),
        ("a.zip", zipped(WORDS)[:-30]),
        ("a.parquet", text_parquet(b"x")[:-9]),
        ("a.db", sqlite_bytes(b"x" * 9000)[:5000]),
        ("a.zst", zstd(WORDS * 9)[:-20]),
    ],
)
def test_what_cannot_be_opened_is_not_called_clean(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    hits = scan(tmp_path, CANARIES)

    assert [(hit.form, hit.canary) for hit in hits] == [("unreadable", -1)]


def test_what_a_truncated_file_still_holds_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(PERSON.encode() + WORDS * 999)[:-20])

    assert forms_found(scan(tmp_path, CANARIES), PERSON) == {"plain"}
