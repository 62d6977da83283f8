import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from hypothesis import given
from hypothesis import strategies as st

from infra.lake import Lake, TableSpec
from infra.lake.files import WindowFiles, by_window
from infra.lake.history import Stamp
from infra.lake.places import Place
from infra.lake.shaping import opened_or_created
from infra.lake.statistics import statistics_of
from infra.lake.writing import replace_windows
from tests.infra.lake.tables import KEY, READINGS, day, days, lake_at, readings, rows, write

Attempt = Callable[[], int]


def attempt_at(lake: Lake, frame: pl.DataFrame, number: int, **marks: int) -> Attempt:
    """One attempt to replace a day of January 2025, which has opened the table already."""
    place = Place(str(Path(lake.uri(KEY)).parents[2]), {})
    files = WindowFiles(place, KEY, frame, READINGS)
    table = opened_or_created(place, KEY, READINGS, READINGS.with_own("window_on"))
    stamp = Stamp("windows", {}, marks, days(number, number))

    def attempt() -> int:
        return replace_windows(
            KEY, table, files, window=days(number, number), spec=READINGS, stamp=stamp
        )

    return attempt


def data_files(lake: Lake) -> set[str]:
    return {path.name for path in Path(lake.uri(KEY)).rglob("part-*")}


@pytest.mark.parametrize("before", [[], [("a", 1.0, day(1))]])
@pytest.mark.parametrize("marks", [{}, {"gemello:2025-01-01": 1}])
def test_of_two_commits_to_one_window_at_the_same_moment_the_second_must_look_again(
    tmp_path: Path, before: list[tuple[str, float, date]], marks: dict[str, int]
) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(*before), days(1, 1))
    first = attempt_at(lake, readings(("b", 2.0, day(1))), 1, **marks)
    second = attempt_at(lake, readings(("c", 3.0, day(1))), 1)

    first()

    with pytest.raises(CommitFailedError):
        second()
    assert rows(lake) == [("b", 2.0, day(1))]


def test_a_window_filled_while_another_writer_empties_it_is_not_emptied_unseen(
    tmp_path: Path,
) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(), days(1, 1))
    fill = attempt_at(lake, readings(("b", 2.0, day(1))), 1)
    empty = attempt_at(lake, readings(), 1)

    fill()

    with pytest.raises(CommitFailedError):
        empty()
    assert rows(lake) == [("b", 2.0, day(1))]


def test_a_commit_that_stands_although_its_answer_was_lost_is_not_made_twice(
    tmp_path: Path,
) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    attempt = attempt_at(lake, readings(("b", 2.0, day(1))), 1)

    first, again = attempt(), attempt()

    assert again == first == lake.version(KEY)
    assert rows(lake) == [("b", 2.0, day(1))]


def test_a_commit_that_is_tried_again_takes_the_files_it_has_written(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    place = Place(str(tmp_path), {})
    files = WindowFiles(place, KEY, readings(("b", 2.0, day(1))), READINGS)
    stale = DeltaTable(lake.uri(KEY))
    write(lake, readings(("c", 3.0, day(1))), days(1, 1))
    stamp = Stamp("windows", window=days(1, 1))
    with pytest.raises(CommitFailedError):
        replace_windows(KEY, stale, files, window=days(1, 1), spec=READINGS, stamp=stamp)
    written = data_files(lake)

    fresh = DeltaTable(lake.uri(KEY))
    replace_windows(KEY, fresh, files, window=days(1, 1), spec=READINGS, stamp=stamp)

    assert data_files(lake) == written
    assert len(written) == 3
    assert rows(lake) == [("b", 2.0, day(1))]


def test_a_write_without_marks_leaves_those_that_are_there(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1), mark=7)

    lake.replace_windows(KEY, readings(), window=days(1, 2), spec=READINGS, notes={}, marks={})

    assert lake.marks(KEY, [day(1), day(2)]) == {day(1): 7}
    assert rows(lake) == []


@given(st.lists(st.integers(1, 4), max_size=12))
def test_every_row_comes_into_the_file_of_its_window_in_its_order(numbers: list[int]) -> None:
    frame = readings(*[(str(at), 0.0, day(number)) for at, number in enumerate(numbers)])

    parts = list(by_window(frame))

    assert [start for start, _ in parts] == sorted({day(number) for number in numbers})
    for start, part in parts:
        expected = frame.filter(pl.col("window_on") == start).drop("window_on")
        assert part.equals(expected)


EVERY_TYPE = pl.DataFrame(
    {
        "text": ["a", None],
        "small": [1, None],
        "number": [1.5, None],
        "is_open": [True, None],
        "on": [date(2025, 1, 1), None],
        "at": [datetime(2025, 1, 1, 12, 0, 0, 1, tzinfo=UTC), None],
        "local": [datetime(2025, 1, 1, 12, 0, 0, 1), None],  # noqa: DTZ001 # a type of its own
        "eur": [Decimal("1.5000"), None],
        "raw": [b"\x00\xff", None],
        "names": [["a", None], None],
        "place": [{"x": 1.0, "tags": ["t"]}, None],
    },
    schema_overrides={"small": pl.Int8, "eur": pl.Decimal(18, 4)},
)


def test_every_reader_gets_every_type_as_it_went(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    spec = TableSpec(EVERY_TYPE.schema, statistics=tuple(EVERY_TYPE.columns))
    frame = EVERY_TYPE.with_columns(window_on=day(1))
    lake.replace_windows(KEY, frame, window=days(1, 1), spec=spec, notes={}, marks={})
    table = DeltaTable(lake.uri(KEY))

    by_polars = lake.read(KEY).collect()
    by_arrow = table.to_pyarrow_table()
    paths = [str(path) for path in Path(lake.uri(KEY)).rglob("part-*")]
    by_duckdb = duckdb.sql("SELECT * FROM read_parquet($files)", params={"files": paths}).pl()

    assert by_polars.schema == frame.schema
    assert by_polars.equals(frame)
    assert by_arrow.schema.types == [pa.field(f).type for f in pa.schema(table.schema())]
    assert pl.DataFrame(by_arrow).equals(frame)
    assert by_duckdb.select(EVERY_TYPE.columns).rows() == EVERY_TYPE.rows()


@pytest.mark.parametrize(
    ("values", "least", "greatest"),
    [
        (pl.Series([2, None, 1]), 1, 2),
        (pl.Series([0.5, 2.0]), 0.5, 2.0),
        (pl.Series([1.0, float("nan")]), None, None),
        (pl.Series([1.0, float("inf")]), None, None),
        (pl.Series([None], dtype=pl.Int64), None, None),
        (pl.Series(["b", "a"]), "a", "b"),
        (pl.Series(["a", "b" * 32]), "a", "b" * 32),
        (pl.Series(["a", "b" * 33]), None, None),
        (pl.Series([True, False]), None, None),
        (pl.Series([Decimal("1.5")]), None, None),
        (pl.Series([b"a"]), None, None),
        (pl.Series([date(2025, 1, 2)]), "2025-01-02", "2025-01-02"),
        (
            pl.Series([datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)]),
            "2025-01-02T03:04:05.678901Z",
            "2025-01-02T03:04:05.678901Z",
        ),
        (
            pl.Series([datetime(2025, 1, 2, 3, 4, 5)]),  # noqa: DTZ001 # a type of its own
            "2025-01-02T03:04:05.000000",
            "2025-01-02T03:04:05.000000",
        ),
    ],
)
def test_a_log_says_the_least_and_the_greatest_value_only_where_it_can_say_it_exactly(
    values: pl.Series, least: object, greatest: object
) -> None:
    said = json.loads(json.dumps(statistics_of(values.to_frame("x"), ["x"]), allow_nan=False))

    assert said["numRecords"] == len(values)
    assert said["nullCount"] == {"x": values.null_count()}
    assert (said["minValues"].get("x"), said["maxValues"].get("x")) == (least, greatest)


def test_of_a_column_that_may_have_none_no_statistic_is_made() -> None:
    frame = readings(("canary", 1.0, day(1)))

    assert statistics_of(frame, ()) == {"numRecords": 1}
    assert "meter_pid" not in json.dumps(statistics_of(frame, ("energy_kwh",)))


def test_a_window_whose_rows_cannot_match_is_not_opened(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path))
    write(lake, readings(("a", 1.0, day(1)), ("b", 20.0, day(2))), days(1, 2))
    unmatched = next(Path(lake.uri(KEY)).glob("window_on=2025-01-01/part-*"))
    unmatched.unlink()

    matching = (
        DeltaTable(lake.uri(KEY))
        .to_pyarrow_dataset()
        .to_table(filter=pa.compute.field("energy_kwh") > 5)
    )

    assert matching["meter_pid"].to_pylist() == ["b"]
