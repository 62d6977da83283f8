import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import pickle
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.errors import TwinError
from infra.scan import Hit, scan
from infra.scan.forms import Needle
from infra.scan.search import Matcher

PERSON = "Zzcanàry D'Zzprova"
PLATE = "ZZ999ZZ"
PHONE = "+39 347 0000999"
CANARIES = ["nowhere@example.org", PERSON, PLATE, PHONE]
WORDS = b"Via Garibaldi, acqua e luce; " * 40


def forms_found(hits: list[Hit], canary: str) -> set[str]:
    return {hit.form for hit in hits if hit.canary == CANARIES.index(canary)}


def digest(name: str, value: str) -> bytes:
    return hashlib.new(name, value.encode()).hexdigest().encode()


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("plain", PERSON.encode()),
        ("lower", PERSON.lower().encode()),
        ("upper", PERSON.upper().encode()),
        ("mixed case", "zZcanàRy D'Zzprova".encode()),
        ("windows-1252", PERSON.encode("cp1252")),
        ("url", quote(PERSON).encode()),
        ("url", quote_plus(PERSON).lower().encode()),
        ("html", b"Zzcan\xc3\xa0ry D&#x27;Zzprova"),
        ("json", json.dumps(PERSON).encode()),
        ("json", json.dumps(json.dumps({"stats": PERSON})).encode()),
        ("utf-16-le", PERSON.encode("utf-16-le")),
        ("utf-16-be", PERSON.upper().encode("utf-16-be")),
        ("hex", PERSON.encode().hex().encode()),
        ("hex", PERSON.upper().encode().hex().upper().encode()),
        ("md5", digest("md5", PERSON)),
        ("sha1", digest("sha1", PERSON.lower())),
        ("sha256", digest("sha256", PERSON.upper()).upper()),
        ("sha256 bytes", hashlib.sha256(PERSON.encode()).digest()),
        ("sha256 base64", base64.b64encode(hashlib.sha256(PERSON.encode()).digest())),
    ],
)
def test_a_value_is_found_in_each_form(tmp_path: Path, form: str, written: bytes) -> None:
    (tmp_path / "log.txt").write_bytes(WORDS + written + WORDS)

    hits = scan(tmp_path, CANARIES)

    assert form in {hit.form for hit in hits}
    assert {(hit.path, hit.canary) for hit in hits} == {("log.txt", 1)}


@given(before=st.binary(max_size=5), after=st.binary(max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_is_found_in_base64_wherever_it_stands(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        (tmp_path / "token").write_bytes(encode(before + PLATE.encode() + after))

        assert "base64" in forms_found(scan(tmp_path, CANARIES), PLATE)


def test_a_number_is_found_without_its_spaces_and_as_a_digest_of_that(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"tel:+393470000999")
    (tmp_path / "b").write_bytes(digest("sha256", "+393470000999"))

    hits = scan(tmp_path, CANARIES)

    assert [(hit.path, hit.form) for hit in hits] == [("a", "compact"), ("b", "sha256")]


def frame(text: str = PERSON) -> pl.DataFrame:
    rows = 3000
    texts = [None, *(f"cittadino {i}" for i in range(rows - 2)), text]
    return pl.DataFrame({"row_id": range(rows), "text": texts})


def zipped(content: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("empty", b"")
        archive.writestr("data.csv", content)
    return memory.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    memory = io.BytesIO()
    pq.write_table(table, memory, **options)
    return memory.getvalue()


def text_parquet(content: bytes) -> bytes:
    column = pa.array(["x" * 50] * 500 + [content.decode()])
    return parquet(pa.table({"a": column}), write_statistics=False, compression="zstd")


def sqlite_bytes(content: bytes) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute('CREATE TABLE "odd "" name" (a INTEGER, b TEXT)')
    connection.execute('INSERT INTO "odd "" name" VALUES (1, ?)', (content.decode(),))
    connection.commit()
    stored = connection.serialize()
    connection.close()
    return stored


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)  # type: ignore[no-any-return] # untyped


def lz4(content: bytes) -> bytes:
    return pa.Codec("lz4").compress(content, asbytes=True)  # type: ignore[no-any-return] # untyped


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


def test_names_of_files_and_folders_are_read_and_not_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "lake" / f"plate={PLATE}"
    folder.mkdir(parents=True)
    (folder / f"{quote(PERSON)}.csv").write_bytes(PLATE.encode())
    (tmp_path / "link").symlink_to(f"/nowhere/{PLATE}")

    hits = scan(tmp_path, CANARIES)

    assert {(hit.path, hit.place) for hit in hits} == {
        ("lake/(name withheld)", "name"),
        ("lake/(name withheld)/(name withheld)", "name"),
        ("lake/(name withheld)/(name withheld)", "byte 0"),
        ("link", "target of the link"),
    }


def test_a_hit_never_shows_the_value(tmp_path: Path) -> None:
    (tmp_path / PLATE).write_bytes(zipped(PERSON.encode() * 5))
    frame().rename({"text": PLATE}).write_parquet(tmp_path / "a.parquet")

    shown = repr(scan(tmp_path, CANARIES))

    for value in (PLATE, "Zzcan", "Zzprova"):
        assert value not in shown


def test_finds_of_one_kind_in_one_file_are_told_once_with_first_and_last_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(
        PLATE.encode() + bytes(93) + PLATE.encode() + bytes(93) + b"ZZ999ZZ"
    )

    (hit,) = scan(tmp_path, CANARIES)

    assert (hit.place, hit.last_place, hit.count) == ("byte 0", "byte 200", 3)


@pytest.mark.parametrize("start", [4 * 2**20 - 7, 4 * 2**20 - 3, 4 * 2**20, 2**18 - 2, 2**18 - 9])
def test_a_value_across_the_border_of_two_blocks_is_found_once(tmp_path: Path, start: int) -> None:
    (tmp_path / "big").write_bytes(bytes(start) + PLATE.encode() + bytes(5 * 2**20))

    (hit,) = scan(tmp_path, CANARIES)

    assert (hit.place, hit.count) == (f"byte {start}", 1)


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


def test_a_canary_too_short_to_mean_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="canary 2 is shorter"):
        scan(tmp_path, ["long enough", "abc"])


def test_nothing_to_look_for_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(WORDS)

    assert scan(tmp_path, []) == []


@given(
    data=st.binary(max_size=400),
    contents=st.lists(st.binary(min_size=4, max_size=20), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_many_needles_are_found_where_a_plain_search_finds_each(
    data: bytes, contents: list[bytes], cuts: list[int]
) -> None:
    for cut, content in zip(cuts, contents, strict=False):
        data = data[:cut] + content + data[cut:]
    needles = [Needle(c, "plain", i, is_exact=i % 2 == 0) for i, c in enumerate(contents)]

    found = sorted((start, needle.canary) for start, needle in Matcher(needles).find(data))

    expected = [
        (start, i)
        for i, content in enumerate(contents)
        for start in range(len(data))
        if data[start : start + len(content)] == content
        or (i % 2 and data[start : start + len(content)].lower() == content.lower())
    ]
    assert found == sorted(expected)
