import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from infra.lake import Lake, TableSpec
from tests.infra.lake.tables import KEY, READINGS, day, days, lake_at, readings, write

PSEUDONYM = "k1zzcanary"
SECTIONS = "bronze/istat/residents"
SHOWN = "zzshown"
SPEC = TableSpec(
    pl.Schema({"person_pid": pl.String, "zone_code": pl.String}), statistics=("zone_code",)
)


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    """A table of each kind, with enough commits for a checkpoint."""
    lake: Lake = lake_at(str(tmp_path))
    frame = readings((PSEUDONYM, 7.25, day(1)), (PSEUDONYM + "2", 8.5, day(1)))
    for _ in range(12):
        write(lake, frame, days(1, 1))
    people = pl.DataFrame({"person_pid": [PSEUDONYM, "a"], "zone_code": [SHOWN, SHOWN]})
    for number in range(12):
        lake.merge_history(
            SECTIONS,
            people.head(1 + number % 2),
            primary_key=["person_pid"],
            at=datetime(2025, 1, 1 + number, tzinfo=UTC),
            spec=SPEC,
            notes={},
            mark=number,
        )
    stricter = TableSpec(READINGS.schema, labels=READINGS.labels)
    for _ in range(12):
        lake.replace_windows(KEY, frame, window=days(1, 1), spec=stricter, notes={}, marks={})
    paths = [Path(lake.uri(KEY)), Path(lake.uri(SECTIONS))]
    for path in paths:
        DeltaTable(path).create_checkpoint()
    return paths


def log_text(table: Path) -> str:
    """Everything in a Delta log: the bytes of all files, and checkpoints decoded."""
    texts = [path.read_bytes().decode("utf-8", "replace") for path in table.glob("_delta_log/*")]
    texts += [
        json.dumps(pq.read_table(path).to_pylist(), default=str)
        for path in table.glob("_delta_log/*.checkpoint.parquet")
    ]
    return "\n".join(texts)


def footer(path: Path) -> bytes:
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    return content[-8 - length :]


def test_a_pseudonym_stands_in_rows_only_never_in_logs_or_footers(tables: list[Path]) -> None:
    written = [path for table in tables for path in table.rglob("part-*.parquet")]

    assert len(list(tables[0].glob("_delta_log/*.checkpoint.parquet"))) >= 1
    assert all(PSEUDONYM not in log_text(table) for table in tables)
    assert all(PSEUDONYM.encode() not in footer(path) for path in written)
    # The scan is not blind: a column that may have statistics is found in all three places.
    assert SHOWN in log_text(tables[1])
    assert any(SHOWN.encode() in footer(path) for path in written)
    assert PSEUDONYM in pl.read_parquet(written[0]).write_csv()


def test_only_listed_columns_have_statistics_in_parquet(tables: list[Path]) -> None:
    for path in tables[1].rglob("part-*.parquet"):
        group = pq.ParquetFile(path).metadata.row_group(0)
        columns = {
            group.column(at).path_in_schema: group.column(at) for at in range(group.num_columns)
        }

        assert columns["person_pid"].statistics is None
        assert columns["zone_code"].statistics.max == SHOWN


def test_a_stricter_contract_stops_the_statistics_of_what_is_written_from_then_on(
    tables: list[Path],
) -> None:
    actions = [
        json.loads(line)
        for path in sorted(tables[0].glob("_delta_log/*.json"))
        for line in path.read_text().splitlines()
    ]
    statistics = [json.loads(each["add"]["stats"]) for each in actions if "add" in each]

    assert "energy_kwh" in statistics[0]["maxValues"]
    assert not statistics[-1].get("maxValues")
    assert statistics[-1]["numRecords"] == 2


def test_the_log_is_kept_for_years_so_that_numbers_stay_explainable(tables: list[Path]) -> None:
    for table in tables:
        properties = DeltaTable(table).metadata().configuration

        assert properties["delta.logRetentionDuration"] == "interval 3650 days"
        assert "delta.enableChangeDataFeed" not in properties
