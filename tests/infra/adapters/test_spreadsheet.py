import io
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import polars as pl
import pytest

from infra.adapters.file import FileAdapter
from infra.adapters.raw import RawRows
from infra.arrivals import Payload
from infra.errors import ContractError

AT_THREE = datetime.fromisoformat("2024-01-02T03:04")


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, name: str = "x.xlsx", **declared: Any) -> RawRows:
    adapter = FileAdapter(protocol="file", url=name, **declared)
    return adapter.read([Payload(name, content, datetime(2025, 1, 1, tzinfo=UTC))])


def test_cells_are_text_as_the_sheet_shows_them():
    content = workbook(
        Dati=[
            ["Elenco dei parcheggi"],
            [],
            [" codice ", "posti", "prezzo", "dal", "visto", "ora", "aperto", "vuoto"],
            [
                "00123",
                70,
                1.5,
                date(2024, 1, 2),
                datetime.fromisoformat("2024-01-02"),
                time(8, 30),
                True,
                None,
            ],
            [None] * 8,
            ["00124", 1234567890123, 0.1, date(2024, 1, 3), AT_THREE, None, "x"],
        ]
    )

    raw = read(content)

    assert raw.frame.drop("__payload").rows() == [
        ("00123", "70", "1.5", "2024-01-02", "2024-01-02 00:00:00", "08:30:00", "true", None, 4),
        ("00124", "1234567890123", "0.1", "2024-01-03", "2024-01-02 03:04:00", None, "x", None, 6),
    ]
    assert raw.frame.columns[0] == "codice"


@pytest.mark.parametrize("sheet", ["B", 1])
def test_the_declared_sheet_is_read(sheet):
    content = workbook(A=[["x"], [1]], B=[["y"], [2]])

    assert read(content, sheet=sheet).frame["y"].to_list() == ["2"]


def test_a_workbook_whose_name_does_not_say_so_is_recognised():
    assert read(workbook(A=[["x", "y"], [1, 2]]), "download").frame.columns[:2] == ["x", "y"]


@pytest.mark.parametrize(
    ("content", "declared", "message"),
    [
        (workbook(A=[["x"], [1]]), {"sheet": "Z"}, "none is the declared one"),
        (workbook(A=[["x"], [1]])[:200], {}, "damaged"),
        (b"a;b\n1;2\n", {}, "is not xlsx"),
        (workbook(A=[["x"], [1]]), {"format": "csv"}, "is xlsx, not csv"),
    ],
)
def test_a_sheet_that_is_not_there_is_refused(content, declared, message):
    with pytest.raises(ContractError, match=message):
        read(content, **declared)


def test_parquet_keeps_its_own_types():
    frame = pl.DataFrame({" n ": [1, None], "at": [AT_THREE, None]})
    out = io.BytesIO()
    frame.write_parquet(out)

    raw = read(out.getvalue(), "x.parquet")

    assert raw.frame.schema["n"] == pl.Int64
    assert raw.frame["at"].to_list() == [AT_THREE, None]
    assert raw.frame["__line"].to_list() == [1, 2]


def test_half_a_parquet_file_is_refused_without_a_value():
    out = io.BytesIO()
    pl.DataFrame({"segreto": ["x"]}).write_parquet(out)

    with pytest.raises(ContractError, match="damaged or was cut short") as refusal:
        read(out.getvalue()[:-9], "x.parquet")

    assert "segreto" not in str(refusal.value)
