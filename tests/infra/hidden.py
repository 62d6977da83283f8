"""Values of people who do not exist, and containers in which they are hidden for a scan to find."""

import io
import sqlite3
import zipfile

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from infra.scan import Hit

PERSON = "Zzcanàry D'Zzprova"
PLATE = "ZZ999ZZ"
PHONE = "+39 347 0000999"
CANARIES = ["nowhere@example.org", PERSON, PLATE, PHONE]
WORDS = b"Via Garibaldi, acqua e luce; " * 40


def forms_found(hits: list[Hit], canary: str) -> set[str]:
    return {hit.form for hit in hits if hit.canary == CANARIES.index(canary)}


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
