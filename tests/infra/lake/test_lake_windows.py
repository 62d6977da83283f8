from dataclasses import replace

import polars as pl
import pytest

from infra.errors import TwinError
from infra.lake import Lake, TableSpec
from infra.windows import Window
from tests.infra.lake.tables import KEY, READINGS, day, days, readings, rows, write


def test_a_window_is_replaced_whole_and_its_neighbours_stay(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2)), ("c", 3.0, day(3))), days(1, 3))

    write(lake, readings(("d", 4.0, day(2)), ("e", 5.0, day(2))), days(2, 2))

    assert rows(lake) == [
        ("a", 1.0, day(1)),
        ("c", 3.0, day(3)),
        ("d", 4.0, day(2)),
        ("e", 5.0, day(2)),
    ]


def test_a_range_of_windows_is_one_commit(lake: Lake) -> None:
    first = write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2))), days(1, 2))

    second = write(lake, readings(("c", 3.0, day(1)), ("d", 4.0, day(9))), days(1, 9))

    assert second == first + 1
    assert lake.read(KEY, version=first).collect().height == 2


def test_a_window_without_rows_in_the_delivery_is_emptied(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2))), days(1, 2))

    write(lake, readings(), days(2, 2))

    assert rows(lake) == [("a", 1.0, day(1))]


def test_an_empty_delivery_makes_a_table_that_has_its_columns(lake: Lake) -> None:
    write(lake, readings(), days(1, 1))

    assert lake.read(KEY).collect_schema() == READINGS.with_own("window_on")
    assert rows(lake) == []


def test_the_same_delivery_twice_gives_the_same_rows(lake: Lake) -> None:
    delivery = readings(("a", 1.0, day(1)), ("a", 1.0, day(1)), (None, None, day(1)))
    write(lake, delivery, days(1, 1))
    before = rows(lake)

    write(lake, delivery, days(1, 1))

    assert rows(lake) == before
    assert len(before) == 3


def test_a_month_is_a_window_too(lake: Lake) -> None:
    month = Window.of(day(17), "monthly")

    write(lake, readings(("a", 1.0, day(1))), month)

    assert lake.changed_windows(KEY, after_version=0) == [day(1)]
    assert lake.read(KEY, window=month).collect().height == 1


def test_marks_are_kept_per_window(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 2), mark=2**62)
    write(lake, readings(), days(2, 2), mark=7)

    assert lake.marks(KEY, [day(1), day(2), day(3)]) == {day(1): 2**62, day(2): 7}
    assert lake.marks("bronze/a2a/nothing", [day(1)]) == {}


@pytest.mark.parametrize("commits_count", [1, 30, 70])
def test_the_marks_of_a_month_are_those_of_its_days(lake: Lake, commits_count: int) -> None:
    write(lake, readings(), days(1, 28), mark=5)
    for number in range(commits_count):
        some = days(1 + number % 25, 2 + number % 25)
        if number % 7:
            write(lake, readings(), some, mark=number)
        else:
            lake.replace_windows(KEY, readings(), window=some, spec=READINGS, notes={}, marks={})

    at_once = lake.marks(KEY, days(1, 31).starts())

    assert at_once
    assert at_once == {d: m for d in days(1, 31).starts() for m in lake.marks(KEY, [d]).values()}


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (readings().drop("energy_kwh"), "lack energy_kwh"),
        (readings().drop("window_on"), "lack window_on"),
        (readings().with_columns(pl.lit("x").alias("canary")), "1 columns"),
        (readings().cast({"energy_kwh": pl.Int64}), "energy_kwh is Int64"),
        (readings(("canary", 1.0, day(3))), "1 of 1 rows"),
        (readings().clear(1), "1 of 1 rows"),
    ],
)
def test_rows_of_another_shape_or_window_are_refused_without_showing_them(
    lake: Lake, frame: pl.DataFrame, complaint: str
) -> None:
    with pytest.raises(TwinError, match=complaint) as refusal:
        write(lake, frame, days(1, 2))

    assert "canary" not in str(refusal.value)
    assert not lake.exists(KEY)


def test_a_column_added_to_the_contract_is_empty_in_older_rows(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1)), ("b", 2.0, day(2))), days(1, 2))
    grown = TableSpec(
        pl.Schema([*READINGS.schema.items(), ("zone_code", pl.String())]),
        labels={**READINGS.labels, "zone_code": "keep"},
        descriptions={"zone_code": "Zona"},
        statistics=("energy_kwh", "zone_code"),
    )
    frame = readings(("c", 3.0, day(2))).with_columns(zone_code=pl.lit("Z"))

    version = lake.replace_windows(KEY, frame, window=days(2, 2), spec=grown, notes={}, marks={})

    table = lake.read(KEY).sort("meter_pid").collect()
    assert table["zone_code"].to_list() == [None, "Z"]
    assert lake.labels(KEY)["zone_code"] == "keep"
    assert "zone_code" not in lake.read(KEY, version=version - 2).collect_schema()


def test_a_column_gone_from_the_contract_stays_readable_and_is_empty_from_then_on(
    lake: Lake,
) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    shrunk = TableSpec(pl.Schema({"meter_pid": pl.String}), labels={"meter_pid": "pseudonymise"})
    frame = readings(("b", 2.0, day(2))).drop("energy_kwh")

    lake.replace_windows(KEY, frame, window=days(2, 2), spec=shrunk, notes={}, marks={})

    assert rows(lake) == [("a", 1.0, day(1)), ("b", None, day(2))]


def test_a_column_that_changes_its_type_is_refused_with_what_to_do(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    changed = replace(READINGS, schema=pl.Schema({"meter_pid": pl.String, "energy_kwh": pl.String}))
    frame = readings(("a", 1.0, day(1))).cast({"energy_kwh": pl.String})

    with pytest.raises(TwinError, match="declare it under a new name"):
        lake.replace_windows(KEY, frame, window=days(1, 1), spec=changed, notes={}, marks={})

    assert rows(lake) == [("a", 1.0, day(1))]


def test_a_write_keeps_the_recorded_label_and_only_set_labels_changes_it(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    stricter = replace(READINGS, labels={"meter_pid": "pseudonymise", "energy_kwh": "round_to 1"})

    version = lake.replace_windows(
        KEY, readings(), window=days(2, 2), spec=stricter, notes={}, marks={}
    )
    before = lake.labels(KEY)
    after = lake.set_labels(KEY, {"energy_kwh": "round_to 1"})

    assert before["energy_kwh"] == "keep"
    assert lake.labels(KEY) == {"meter_pid": "pseudonymise", "energy_kwh": "round_to 1"}
    assert after == version + 1
    assert rows(lake) == [("a", 1.0, day(1))]


def test_a_table_with_windows_cannot_be_replaced_as_one_without(lake: Lake) -> None:
    write(lake, readings(("a", 1.0, day(1))), days(1, 1))
    frame = readings(("a", 1.0, day(1))).drop("window_on")

    with pytest.raises(TwinError, match="made with windows, not as one whole"):
        lake.replace_all(KEY, frame, spec=READINGS, notes={}, mark=1)
    with pytest.raises(TwinError, match="has no windows"):
        write(lake, readings(), Window.always())


@pytest.mark.parametrize(
    "dtype", [pl.UInt32(), pl.Datetime("ms", "UTC"), pl.Categorical(), pl.Time(), pl.List(pl.UInt8)]
)
def test_a_type_that_delta_would_change_in_silence_is_refused(dtype: pl.DataType) -> None:
    with pytest.raises(TwinError, match="cannot hold"):
        TableSpec(pl.Schema({"x": dtype}))


@pytest.mark.parametrize(
    "dtype",
    [
        pl.String(),
        pl.Int64(),
        pl.Int32(),
        pl.Float64(),
        pl.Boolean(),
        pl.Date(),
        pl.Datetime("us", "UTC"),
        pl.Decimal(18, 4),
        pl.Binary(),
        pl.List(pl.String()),
        pl.Struct({"a": pl.Float64()}),
    ],
)
def test_every_type_of_a_contract_comes_back_as_it_went(lake: Lake, dtype: pl.DataType) -> None:
    frame = pl.DataFrame({"x": [None]}, schema={"x": dtype})
    spec = TableSpec(frame.schema, statistics=("x",))

    lake.replace_all("silver/a/b", frame, spec=spec, notes={}, mark=1)

    assert lake.read("silver/a/b").collect().equals(frame)
    assert lake.read("silver/a/b").collect_schema() == frame.schema


def test_a_pseudonym_may_not_have_statistics() -> None:
    with pytest.raises(TwinError, match="pseudonym"):
        replace(READINGS, statistics=("meter_pid",))
