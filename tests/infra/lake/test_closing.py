from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from infra.errors import TwinError
from infra.lake import Lake, Rewritten, TableSpec
from infra.windows import Window
from tests.infra.lake.tables import lake_at

DAY = date(2025, 3, 1)
KEY = "bronze/town/cars"
SPEC = TableSpec(
    schema=pl.Schema({"car_pid": pl.String(), "speed_kmh": pl.Int64()}),
    statistics=("speed_kmh",),
    cipher=("parking", 7),
)


@pytest.fixture
def lake(location: str) -> Lake:
    """Two days of one car each."""
    lake = lake_at(location)
    for day in (DAY, DAY.replace(day=2)):
        write(lake, day, "a")
    return lake


def write(lake: Lake, day: date, *cars: str, spec: TableSpec = SPEC) -> int:
    frame = pl.DataFrame(
        {"car_pid": cars, "speed_kmh": [30] * len(cars), "window_on": [day] * len(cars)},
        schema={**SPEC.schema, "window_on": pl.Date},
    )
    window = Window.of(day, "daily")
    return lake.replace_windows(KEY, frame, window=window, spec=spec, notes={}, marks={day: 1})


def louder(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("car_pid").str.to_uppercase())


def files_of(lake: Lake) -> list[str]:
    """Every data file below the table, whether a version names it or not."""
    if lake._place.is_remote:
        found = lake._place.files.find(lake.uri(KEY).removeprefix("s3://"))
    else:
        found = [str(path) for path in Path(lake.uri(KEY)).rglob("*")]
    return [name for name in found if name.endswith(".parquet") and "_delta_log" not in name]


def rewritten(
    lake: Lake, change: Callable[[pl.DataFrame], pl.DataFrame] = louder, mark: int = 8
) -> Rewritten:
    return lake.upkeep.rekey(KEY, change, domain="parking", mark=mark, notes={})


def opened(lake: Lake) -> DeltaTable:
    options = lake._place.storage_options
    return DeltaTable(lake.uri(KEY), storage_options=options)


def cars(lake: Lake) -> list[str]:
    return lake.read(KEY).sort("window_on").collect()["car_pid"].to_list()


def test_a_rewritten_table_has_all_its_rows_marks_and_statistics(lake: Lake) -> None:
    done = rewritten(lake)

    stats = pl.DataFrame(opened(lake).get_add_actions(flatten=True))
    assert cars(lake) == ["A", "A"]
    assert (done.rows_before_count, done.rows_count) == (2, 2)
    assert lake.marks(KEY, [DAY]) == {DAY: 1}
    assert stats["min.speed_kmh"].to_list() == [30, 30]
    assert "min.car_pid" not in stats.columns


def test_a_table_that_has_the_mark_is_not_rewritten_again(lake: Lake) -> None:
    rewritten(lake)

    assert rewritten(lake, lambda rows: rows.with_columns(car_pid=pl.lit("x"))) == Rewritten()
    assert cars(lake) == ["A", "A"]


def test_a_day_that_lands_while_a_table_is_rewritten_is_rewritten_too(lake: Lake) -> None:
    third = DAY.replace(day=3)

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        if len(cars(lake)) == 2:
            write(lake, third, "b")
        return louder(rows)

    rewritten(lake, change)

    assert cars(lake) == ["A", "A", "B"]


def test_a_writer_between_its_look_and_its_commit_is_stopped_by_the_closing(
    lake: Lake, location: str
) -> None:
    other = lake_at(location)
    looked = opened(lake)
    lake.upkeep.close(KEY, "the reason")
    rewritten(lake)
    lake.upkeep.remove_files(KEY)
    lake.upkeep.reopen(KEY)

    with pytest.raises(Exception, match="Metadata changed"):
        looked.create_write_transaction([], "append", looked.schema())
    with pytest.raises(TwinError, match="encrypted with another key of the domain parking"):
        write(other, DAY, "a")
    assert cars(lake) == ["A", "A"]


def test_nobody_reads_or_writes_a_closed_table_and_it_says_why(lake: Lake) -> None:
    lake.upkeep.close(KEY, "the reason")
    lake.upkeep.close(KEY, "the reason")

    for use in (cars, lambda lake: write(lake, DAY, "a")):
        with pytest.raises(TwinError, match=f"{KEY} is closed: the reason"):
            use(lake)
    with pytest.raises(TwinError, match="closed already: the reason"):
        lake.upkeep.close(KEY, "another")
    lake.upkeep.reopen(KEY)
    assert write(lake, DAY, "a", "b") == lake.version(KEY)


def test_a_purged_table_has_one_file_a_window_and_says_which_versions_are_gone(
    lake: Lake,
) -> None:
    write(lake, DAY, "a", "c")
    lake.upkeep.close(KEY, "the reason")
    rewritten(lake)
    lake.upkeep.remove_files(KEY)
    lake.upkeep.reopen(KEY)

    assert len(files_of(lake)) == 2
    oldest = int(opened(lake).metadata().configuration["gemello.oldest"])
    assert lake.read(KEY, version=oldest).collect().height == 3
    with pytest.raises(TwinError, match=f"versions before {oldest} were removed"):
        lake.read(KEY, version=1)


def test_a_change_that_loses_a_row_is_refused_and_changes_nothing(lake: Lake) -> None:
    version = lake.version(KEY)

    with pytest.raises(TwinError, match="changed the number of rows"):
        rewritten(lake, lambda rows: rows.head(0))

    assert lake.version(KEY) == version


def test_a_table_from_before_its_column_of_pseudonyms_gets_the_mark_with_the_first(
    location: str,
) -> None:
    lake = lake_at(location)
    plain = TableSpec(schema=SPEC.schema)
    write(lake, DAY, spec=plain)

    write(lake, DAY, "a")

    assert lake.cipher_mark(KEY, "parking") == 7
    assert lake.marks(KEY, [DAY]) == {DAY: 1}
