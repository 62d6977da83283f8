from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

WHEN = datetime(2025, 1, 5, 9, 0, tzinfo=UTC)


def read(protect: Any, cells: list[Any], **column: Any) -> list[Any]:  # a fixture's callable
    """The stored value of each cell, `refused` where its row was refused."""
    reading = {key: column.pop(key) for key in ("decimal", "thousands") if key in column}
    name = column.pop(
        "name", "value" if column["type"] not in ("integer", "float", "decimal") else "v_count"
    )
    protected = protect({"x": cells}, {name: {"from": "x", **column}}, **reading)
    lines = dict(protected.frame.select("__line", name).iter_rows())
    assert protected.frame.height + protected.refused.height == len(cells)
    return [lines.get(line, "refused") for line in range(2, len(cells) + 2)]


@pytest.mark.parametrize(
    ("type_", "cells", "values"),
    [
        ("float", ["1.5", " 2 ", "1e3", "-.5", "", None], [1.5, 2.0, 1000.0, -0.5, None, None]),
        ("float", ["12,5", "1.234,5", "1.234", "7"], [12.5, 1234.5, 1234.0, 7.0]),
        ("float", ["12.5", "0.25", "12,5"], [12.5, 0.25, "refused"]),
        ("float", ["12,5", "0,25", "12.5"], [12.5, 0.25, "refused"]),
        ("float", ["0.5", "4.558.995.084.452.920"], [0.5, "refused"]),
        ("float", ["NaN", "inf", "-Infinity", "1e999", "1"], ["refused"] * 4 + [1.0]),
        ("float", ["12 m", "١٢", "0x10", "1_000", "--1"], ["refused"] * 5),
        (
            "integer",
            ["7", "007", "123.00", "-5", "1.5", "1e3"],
            [7, 7, 123, -5, "refused", "refused"],
        ),
        ("integer", ["9223372036854775807", "9223372036854775808"], [2**63 - 1, "refused"]),
        ("integer", ["12,00", "3,00", "3,50"], [12, 3, "refused"]),
        ("decimal", ["1.10", "0,1"], [Decimal("1.1"), "refused"]),
        ("decimal", ["1.234,10", "0,1"], [Decimal("1234.1"), Decimal("0.1")]),
        ("boolean", ["true", "FALSO", "Sì", "0", "boh"], [True, False, True, False, "refused"]),
        ("string", [" 0042 ", "", None, "a b"], ["0042", None, None, "a b"]),
    ],
)
def test_numbers_yes_and_no_and_texts_are_read_as_publishers_write_them(
    protect: Any, type_: str, cells: list[Any], values: list[Any]
) -> None:
    assert read(protect, cells, type=type_) == values


def test_among_many_plain_numbers_the_few_others_are_read_or_refused(protect: Any) -> None:
    cells: list[Any] = ["0.5"] * 300
    cells[7], cells[90], cells[150], cells[299] = " 2 ", "ERR", " ", None

    values = read(protect, cells, type="float", decimal=".")

    assert [values[at] for at in (0, 7, 90, 150, 299)] == [0.5, 2.0, "refused", None, None]
    assert values.count(0.5) == 296


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells", "values"),
    [
        (",", None, ["1.234", "1,5", "1.5"], [1234.0, 1.5, "refused"]),
        (",", ".", ["1.234.567,8"], [1234567.8]),
        (".", ",", ["1,234.5", "1,23.5"], [1234.5, "refused"]),
        (".", None, ["1.234", "1,5"], [1.234, "refused"]),
        (None, ".", ["1.234", "12.34"], [1234.0, "refused"]),
        (None, " ", ["1 234,5", "1\u00a0234,5", "12 34"], [1234.5, 1234.5, "refused"]),
        (None, "'", ["1'234.5", "2.5"], [1234.5, 2.5]),
    ],
)
def test_a_declared_decimal_or_thousands_sign_wins(
    protect: Any, decimal: str, thousands: str, cells: list[str], values: list[Any]
) -> None:
    assert read(protect, cells, type="float", decimal=decimal, thousands=thousands) == values


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["2025-01-05T10:00:00", "2025-01-05 10:00", "2025-01-05T09:00:00Z"], [WHEN] * 3),
        (["2025-01-05T10:00:00.000", "2025-01-05T10:30:00+01:30", "05/01/2025 10:00"], [WHEN] * 3),
        (["5/1/2025 10.00.00", "05/01/2025, 10:00", "20250105 10:00"], [WHEN] * 3),
        (["2025-01-05"], [datetime(2025, 1, 4, 23, tzinfo=UTC)]),
        (["2025-01-04 24:00"], [datetime(2025, 1, 4, 23, tzinfo=UTC)]),
        (["2025-10-26 02:30"], [datetime(2025, 10, 26, 0, 30, tzinfo=UTC)]),
        (["2025-03-30 02:30", "2025-02-30", "2025-01-05 25:00", "ieri"], ["refused"] * 4),
        (["01/25/2025", "01/02/2025"], ["refused", "refused"]),
        (["5 gennaio 2025 10:00", "dom 5 Gen. 2025 10.00", "05-JAN-2025 10:00"], [WHEN] * 3),
        (["2025/01/05 10:00"], [WHEN]),
        (["2025-01", "gennaio 2025", "5 brumaio 2025", "2025-1-5T1:02:03Z"], ["refused"] * 4),
    ],
)
def test_instants_are_read_as_iso_or_italian_in_the_time_of_rome(
    protect: Any, cells: list[str], values: list[Any]
) -> None:
    assert read(protect, cells, type="timestamp") == values


def test_solar_time_is_an_hour_ahead_of_utc_all_year(protect: Any) -> None:
    july = datetime(2025, 7, 1, 11, tzinfo=UTC)

    assert read(
        protect, ["2025-07-01T12:00:00.000"], type="timestamp", sent_as={"timezone": "solar"}
    ) == [july]


@pytest.mark.parametrize(
    ("cells", "format_", "values"),
    [
        (["20250105-1000"], "%Y%m%d-%H%M", [WHEN]),
        (["1736067600"], "%s", [WHEN]),
        (["2025-01-05T10:00:00+0100", "x"], "%Y-%m-%dT%H:%M:%S%z", [WHEN, "refused"]),
        (["01/05/2025 10:00 AM"], "%m/%d/%Y %I:%M %p", [WHEN]),
        (["05/01/2025 10", "2025-01-05 10"], "%d/%m/%Y %H", [WHEN, "refused"]),
        (["2025010510"], "%Y%m%d%H", [WHEN]),
        (["05-GEN-25 10.00", "5 gennaio 2025"], "%d-%b-%y %H.%M", [WHEN, "refused"]),
        (["5 Gennaio 2025 10:00"], "%d %B %Y %H:%M", [WHEN]),
    ],
)
def test_a_declared_format_is_the_only_one(
    protect: Any, cells: list[str], format_: str, values: list[Any]
) -> None:
    assert read(protect, cells, type="timestamp", sent_as={"format": format_}) == values


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2025-01-05", date(2025, 1, 5)),
        ("05/01/2025 00:00:00", date(2025, 1, 5)),
        ("2025-01", date(2025, 1, 1)),
        ("01/2025", date(2025, 1, 1)),
        ("2025", date(2025, 1, 1)),
        ("5 gennaio 2025", date(2025, 1, 5)),
        ("domenica 1° giugno 2025", date(2025, 6, 1)),
        ("Gennaio 2025", date(2025, 1, 1)),
        ("ago-2025", date(2025, 8, 1)),
        ("gen-25", "refused"),
        ("2025-01-05T00:00:00.000", date(2025, 1, 5)),
        ("2025-01-05T23:30:00Z", date(2025, 1, 6)),
        ("2025-13-01", "refused"),
        ("42", "refused"),
    ],
)
def test_dates_are_read_as_days_months_or_years(protect: Any, cell: str, value: Any) -> None:
    assert read(protect, [cell], type="date") == [value]


def test_a_day_and_the_start_of_an_interval_make_an_instant(protect: Any) -> None:
    delivered = {"data": ["2025-01-05", "2025-01-05", None], "ora": ["10.00 - 10.30", None, None]}
    column = {"from": ["data", "ora"], "type": "timestamp", "sent_as": {"format": "%Y-%m-%d %H.%M"}}

    protected = protect(delivered, {"counted_at": column})

    assert protected.frame["counted_at"].to_list() == [WHEN, None]
    assert protected.refused["reason"].to_list() == [
        "counted_at: not an instant, for one of the columns it is made of is empty"
    ]


@pytest.mark.parametrize(
    ("name", "unit", "type_", "cell", "value"),
    [
        ("heat_kwh", "mwh", "float", "1,5", 1500.0),
        ("road_m", "km", "integer", "3", 3000),
        ("pressure_hpa", "pa", "float", "101325", 1013.25),
        ("wind_ms", "kmh", "float", "36", 10.0),
        ("co_ugm3", "mgm3", "float", "0.5", 500.0),
        ("waste_kg", "t", "decimal", "0.25", Decimal(250)),
        ("wait_min", "s", "float", "90", 1.5),
        ("water_m3", "l", "float", "250", 0.25),
        ("full_ratio", "pct", "float", "42", 0.42),
        ("road_m", "km", "integer", "9223372036854775807", "refused"),
    ],
)
def test_numbers_are_stored_in_the_unit_of_the_column(
    protect: Any, *, name: str, unit: str, type_: str, cell: str, value: Any
) -> None:
    assert read(protect, [cell], type=type_, name=name, sent_as={"unit": unit}) == [value]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"name": "road_m", "type": "float", "sent_as": {"unit": "kg"}}, "cannot be converted"),
        ({"name": "road_km", "type": "integer", "sent_as": {"unit": "m"}}, "type: float"),
        ({"type": "timestamp", "sent_as": {"format": "%H"}}, "strptime"),
        ({"type": "timestamp", "sent_as": {"format": "%d/%m %H:%M"}}, "year"),
    ],
)
def test_a_column_that_no_delivery_could_fill_is_refused_at_the_start(
    protect: Any, column: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        read(protect, ["1"], **column)


def test_what_a_publisher_writes_for_nothing_is_null_and_not_refused(protect: Any) -> None:
    nulls = {"nulls": [-9999, "n.r."]}

    assert read(protect, ["-9999", "-9999.0", "n.r.", "1"], type="float", sent_as=nulls) == [
        None,
        None,
        None,
        1.0,
    ]
    assert read(protect, ["-9999", "a"], type="string", sent_as=nulls) == [None, "a"]


@pytest.mark.parametrize(
    ("cells", "column", "values"),
    [
        (pl.Series([1.5, float("nan"), None]), {"type": "float"}, [1.5, None, None]),
        (pl.Series([1.0, 2.5, float("inf")]), {"type": "integer"}, [1, "refused", "refused"]),
        (pl.Series([17029.0, None]), {"type": "string"}, ["17029", None]),
        (pl.Series([True, None]), {"type": "boolean"}, [True, None]),
        (pl.Series([WHEN]), {"type": "timestamp"}, [WHEN]),
        (pl.Series([datetime(2025, 1, 5, 10)]), {"type": "timestamp"}, [WHEN]),  # noqa: DTZ001
        (pl.Series([date(2025, 1, 5)]), {"type": "date"}, [date(2025, 1, 5)]),
        (pl.Series([2025]), {"type": "date"}, [date(2025, 1, 1)]),
        (pl.Series([[1, 2], None]), {"type": "string"}, ["refused", None]),
        (pl.Series([b"\xff", None]), {"type": "string"}, ["refused", None]),
    ],
)
def test_typed_cells_of_parquet_are_taken_as_they_are(
    protect: Any, cells: pl.Series, column: dict[str, Any], values: list[Any]
) -> None:
    name = "v_count" if column["type"] in ("integer", "float") else "value"

    protected = protect({"x": cells}, {name: {"from": "x", **column}})

    lines = dict(protected.frame.select("__line", name).iter_rows())
    assert [lines.get(line, "refused") for line in range(2, len(values) + 2)] == values


def test_many_rows_of_few_and_of_many_values_are_read_alike(protect: Any) -> None:
    rows = 60_000
    many = [f"{n},5" for n in range(rows)]
    few = [f"{n % 7},5" for n in range(rows)]

    protected = protect(
        {"a": many, "b": few, "t": [f"2025-01-{n % 28 + 1:02d}T00:00:00Z" for n in range(rows)]},
        {
            "many_count": {"from": "a", "type": "float"},
            "few_count": {"from": "b", "type": "float"},
            "at": {"from": "t", "type": "timestamp"},
        },
    )

    assert protected.refused.is_empty()
    assert protected.frame["many_count"].sum() == sum(range(rows)) + rows / 2
    assert protected.frame["few_count"].to_list()[:8] == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 0.5]
