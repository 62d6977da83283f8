import gzip
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from infra.errors import DeliveryRefused
from infra.keys import Keyring
from infra.lake import Lake
from infra.seal import Archive
from infra.settings import Settings
from infra.windows import Window
from quality.contract.model import Contract
from quality.landing import Workplace, land
from quality.tables import bronze_key, quarantine_key

NOW = datetime(2025, 3, 1, tzinfo=UTC)
COLUMNS = {
    "loop_id": {"from": "N. spira", "type": "string"},
    "place_name": {"from": "località", "type": "string"},
    "vehicles_count": {"from": "veicoli", "type": "integer"},
    "speed_kmh": {"from": "velocità", "type": "float"},
}
LANDED = [
    ("007", "Forlì", 12, 50.5),
    ("008", "Però; vecchia", None, 1234.25),
    ("009", None, 0, None),
]
COMMA = (
    "N. spira;località;veicoli;velocità\n"
    '007;Forlì;12;50,5\n008;"Però; vecchia";;1.234,25\n009;;0;\n'
)
DOT = "N. spira,località,veicoli,velocità\n007,Forlì,12,50.5\n008,Però; vecchia,,1234.25\n009,,0,\n"
RECORDS = [
    {"N. spira": "007", "località": "Forlì", "veicoli": 12, "velocità": 50.5},
    {"N. spira": "008", "località": "Però; vecchia", "veicoli": None, "velocità": 1234.25},
    {"N. spira": "009", "località": "", "veicoli": 0},
]

Landed = tuple[pl.DataFrame, pl.DataFrame]
LandFiles = Callable[..., Landed]


@pytest.fixture
def land_files(tmp_path: Path) -> LandFiles:
    def landed(
        files: Mapping[str, bytes],
        url: str,
        *,
        columns: Mapping[str, Any] = COLUMNS,  # keys as in YAML
        source: Mapping[str, Any] | None = None,
        **terms: Any,
    ) -> Landed:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        contract = Contract.model_validate(
            {
                "publisher": "city",
                "dataset": "loops",
                "title": "Spire",
                "owner": "team:city",
                "purpose": "Contare.",
                "legal_basis": "not_personal",
                "cadence": "static",
                "max_quarantined_ratio": 1,
                "source": {"protocol": "file", "url": str(tmp_path / url), **(source or {})},
                "columns": dict(columns),
                **terms,
            }
        )
        settings = Settings.load({}, tmp_path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a root key was made
            keyring = Keyring.open(settings)
        at = Workplace(Lake.open(settings), Archive(settings.archive, keyring), keyring)
        window = Window.always()
        if contract.since is not None:
            window = Window.between(contract.since, NOW.date(), contract.cadence)
        land(contract, window, at=at, adapter=contract.source, notes={}, now=NOW)
        tables = (bronze_key(contract), quarantine_key(contract))
        bronze, quarantine = (at.lake.read(table).collect() for table in tables)
        return bronze, quarantine

    return landed


def zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Spire del Comune"],
        [],
        ["N. spira ", "località", "veicoli", "velocità"],
        ["007", "Forlì", 12, 50.5],
        ["008", "Però; vecchia", None, 1234.25],
        ["009", None, 0, None],
    ):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("utf8.csv", COMMA.encode(), {}),
        ("bom.csv", COMMA.encode("utf-8-sig"), {}),
        ("two_boms.csv", b"\xef\xbb\xbf" + COMMA.encode("utf-8-sig"), {}),
        ("windows.csv", COMMA.encode("windows-1252"), {}),
        ("dos.csv", COMMA.replace("\n", "\r\n").encode("cp850"), {}),
        ("mac.csv", COMMA.replace("\n", "\r").encode("mac-roman"), {"encoding": "mac-roman"}),
        ("excel.csv", COMMA.encode("utf-16"), {}),
        ("no_mark.csv", COMMA.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("dot.csv", DOT.encode(), {}),
        ("tabs.csv", DOT.replace(",", "\t").encode(), {}),
        ("pipes.csv", DOT.replace(",", "|").encode(), {}),
        (
            "blanks.csv",
            COMMA.replace("007;", " 007 ; ").replace("veicoli", " veicoli ").encode(),
            {},
        ),
        ("hard.csv", COMMA.replace("N. spira", "N.\u00a0\u00a0spira").encode(), {}),
        ("broken.csv", COMMA.replace("N. spira", '"N.\nspira"').encode(), {}),
        ("marks.csv", COMMA.replace("à", "a\u0300").encode(), {}),
        ("titles.csv", ("Spire del Comune\nAnno 2025\n\n" + COMMA).encode(), {}),
        ("trailing.csv", COMMA.replace("\n", ";\n").encode(), {}),
        ("packed.csv.gz", gzip.compress(COMMA.encode()), {}),
        ("packed.zip", zipped({"dati/spire.csv": COMMA, "leggimi.txt": "Buona lettura"}), {}),
        ("book.xlsx", workbook(), {}),
        ("list.json", json.dumps(RECORDS).encode(), {}),
        ("deep.json", json.dumps({"data": {"spire": RECORDS}}).encode(), {"records": "data.spire"}),
        ("lines.jsonl", "\n".join(map(json.dumps, RECORDS)).encode(), {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "as",
)
def test_the_same_loops_land_however_they_are_written(
    land_files: LandFiles, name: str, content: bytes, source: dict[str, Any]
) -> None:
    bronze, quarantine = land_files({name: content}, name, source=source)

    assert bronze.select(*COLUMNS).rows() == LANDED
    assert quarantine.is_empty()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("010;Cesena;12", "the line has 3 fields, the table has 4"),
        ("010;Cesena;12;50;1", "the line has 5 fields, the table has 4"),
        ("010;Cesena;1,5;50", "vehicles_count: not a whole number"),
        ("010;Cesena;1;4.558.995.084.452.920", "speed_kmh: not a number"),
        ("010;Cesena;due;tre", "vehicles_count: not a whole number; speed_kmh: not a number"),
        ('010;"Cesena;12;50', "a quotation mark on this line is opened but not closed"),
    ],
)
def test_one_bad_line_costs_itself_only(land_files: LandFiles, line: str, reason: str) -> None:
    bronze, quarantine = land_files({"a.csv": f"{COMMA}{line}\n".encode()}, "a.csv")

    assert bronze.select(*COLUMNS).rows() == LANDED
    assert quarantine.select("reason", "row_index").rows() == [(reason, 5)]


def test_a_column_that_one_file_of_many_renames_stops_the_delivery(land_files: LandFiles) -> None:
    files = {
        "loops_2025-01-01.csv": COMMA.encode(),
        "loops_2025-01-02.csv": COMMA.replace("veicoli", "n_veicoli").encode(),
    }

    with pytest.raises(DeliveryRefused, match="1 of 2 files lacks a declared column: 'veicoli'"):
        land_files(files, "loops_{window:%Y-%m-%d}.csv", cadence="daily", since=date(2025, 1, 1))


def test_a_file_without_rows_lacks_nothing(land_files: LandFiles) -> None:
    files = {"a_2025-01-01.json": json.dumps(RECORDS).encode(), "a_2025-01-02.json": b"[]"}

    bronze, _ = land_files(
        files, "a_{window:%Y-%m-%d}.json", cadence="daily", since=date(2025, 1, 1)
    )

    assert bronze["window_on"].to_list() == [date(2025, 1, 1)] * 3


def test_a_key_that_comes_back_in_the_next_file_is_no_duplicate(land_files: LandFiles) -> None:
    files = {
        "loops_2024.csv": COMMA.encode(),
        "loops_2025.csv": (COMMA + "007;Forlì;13;50,5\n").encode(),
    }

    bronze, quarantine = land_files(
        files,
        "loops_{window:%Y}.csv",
        cadence="yearly",
        since=date(2024, 1, 1),
        primary_key=["loop_id"],
    )

    assert sorted(bronze["loop_id"]) == ["007", "007", "008", "008", "009", "009"]
    assert quarantine.select("rule", "window_on").rows() == [("duplicate_key", date(2025, 1, 1))]


def test_half_hours_in_columns_become_rows_and_a_row_without_a_day_is_set_aside(
    land_files: LandFiles,
) -> None:
    text = "data;Codice; 0.00 - 0.30 ;23.30 - 24.00;tot\n05/01/2025;A;;3;3\n;;;;0\n"

    bronze, quarantine = land_files(
        {"a.csv": text.encode()},
        "a.csv",
        columns={
            "loop_code": {"from": "Codice", "type": "string"},
            "started_at": {
                "from": ["data", "fascia"],
                "type": "timestamp",
                "sent_as": {"format": "%d/%m/%Y %H.%M"},
            },
            "vehicles_count": {"from": "veicoli", "type": "integer"},
        },
        source={"melt": {"columns": r"^\d+\.\d\d - ", "name": "fascia", "value": "veicoli"}},
        cadence="daily",
        since=date(2025, 1, 1),
        event_time="started_at",
        dropped={"tot": "È la somma."},
    )

    assert sorted(bronze.select("started_at", "vehicles_count").rows()) == [
        (datetime(2025, 1, 4, 23, tzinfo=UTC), None),
        (datetime(2025, 1, 5, 22, 30, tzinfo=UTC), 3),
    ]
    assert (
        quarantine["reason"].to_list()
        == ["started_at: not an instant, for one of the columns it is made of is empty"] * 2
    )
