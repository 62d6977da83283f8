from datetime import UTC, datetime

import polars as pl

from assets.indicators.parking_pressure import parking_pressure

INSTANT = pl.Datetime("us", "UTC")
PARKS = pl.DataFrame({"car_park_id": ["P"], "capacity_count": [2]})


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 3, 24, hour, minute, tzinfo=UTC)


def sessions(*rows: tuple[str, datetime | None, datetime | None]) -> pl.DataFrame:
    schema = {"car_park_id": pl.String, "entered_at": INSTANT, "exited_at": INSTANT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_hour(result: pl.DataFrame, column: str) -> dict[int, float]:
    return {row["hour_at"].hour: row[column] for row in result.iter_rows(named=True)}


def test_a_car_park_with_a_car_in_every_place_is_full():
    result = parking_pressure(sessions(("P", at(9), at(11)), ("P", at(9), at(10))), PARKS)

    assert by_hour(result, "occupied_ratio")[9] == 1.0
    assert by_hour(result, "occupied_ratio")[10] == 0.5
    assert by_hour(result, "entries_count")[9] == 2


def test_every_hour_of_a_day_with_cars_is_there_with_zero_when_nobody_came():
    result = parking_pressure(sessions(("P", at(9), at(9, 30))), PARKS)

    assert result.height == 24
    assert by_hour(result, "entries_count")[3] == 0
    assert by_hour(result, "occupied_ratio")[9] == 0.25


def test_a_session_without_an_end_counts_as_an_entry_only():
    result = parking_pressure(sessions(("P", at(9), None)), PARKS)

    assert by_hour(result, "entries_count")[9] == 1
    assert sum(by_hour(result, "occupied_ratio").values()) == 0.0


def test_nobody_at_all_gives_an_empty_table():
    assert parking_pressure(sessions(), PARKS).is_empty()
