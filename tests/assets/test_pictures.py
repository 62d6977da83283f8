import dataclasses
from datetime import UTC, datetime

import polars as pl
import pytest
import shapely

from assets.indicators.parking_pressure import declaration as pressure
from assets.pictures import as_table, map_of, newest, worst
from infra.errors import TwinError

EIGHT, NINE = datetime(2025, 3, 24, 8, tzinfo=UTC), datetime(2025, 3, 24, 9, tzinfo=UTC)


def hours(*rows: tuple[str, datetime, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["car_park_id", "hour_at", "occupied_ratio"], orient="row"
    ).with_columns(
        entries_count=pl.lit(1), completeness_ratio=pl.lit(1.0), quality_code=pl.lit("ok")
    )


PLACES = pl.DataFrame(
    {"car_park_id": ["A", "B"], "lat_deg": [45.53, 45.54], "lng_deg": [10.2, 10.3]}
)


def test_the_worst_are_those_of_the_newest_hour_and_come_first():
    frame = hours(("A", EIGHT, 0.9), ("A", NINE, 0.2), ("B", NINE, 0.4), ("C", NINE, None))

    assert newest(frame, pressure.measured)["hour_at"].unique().to_list() == [NINE]
    assert worst(frame, pressure.measured)["car_park_id"].to_list() == ["B", "A"]


def test_ten_at_most_are_named_worst():
    frame = hours(*((f"P{n:02}", NINE, n / 100) for n in range(30)))

    assert worst(frame, pressure.measured)["car_park_id"].to_list()[0] == "P29"
    assert worst(frame, pressure.measured).height == 10


def test_of_several_rows_a_place_those_are_drawn_that_the_indicator_chose():
    by_hour = dataclasses.replace(
        pressure,
        measured=dataclasses.replace(
            pressure.measured, by=("band_code",), drawn={"band_code": "morning"}
        ),
    )
    frame = pl.concat(
        [
            hours(("A", NINE, 0.2)).with_columns(band_code=pl.lit("morning")),
            hours(("A", NINE, 0.9)).with_columns(band_code=pl.lit("night")),
        ]
    )

    assert worst(frame, by_hour.measured)["occupied_ratio"].to_list() == [0.2]
    assert f"{pressure.title}: morning" in map_of(by_hour, frame, PLACES)
    night = frame.filter(band_code="night")
    assert worst(night, by_hour.measured)["occupied_ratio"].to_list() == [0.9]
    assert "morning" not in map_of(by_hour, night, PLACES)


def test_a_map_needs_the_places_of_what_it_shows():
    frame = hours(("A", NINE, 0.2), ("B", NINE, 0.4))

    assert map_of(pressure, frame, None) is None
    assert "from 0.4" in map_of(pressure, frame, PLACES)


def test_a_place_that_is_no_more_is_not_where_it_was():
    moved = pl.DataFrame(
        {
            "car_park_id": ["A", "A"],
            "place_geom": [
                shapely.to_wkb(shapely.Point(1, 1)),
                shapely.to_wkb(shapely.Point(2, 2)),
            ],
            "valid_to": [NINE, None],
        }
    )

    only_a = map_of(pressure, hours(("A", NINE, 0.2)), moved)

    assert only_a is not None
    assert only_a.count("<path fill='none' stroke='#555'") == 1


def test_a_table_of_places_without_the_id_is_refused():
    with pytest.raises(TwinError, match="needs that column"):
        map_of(pressure, hours(("A", NINE, 0.2)), PLACES.rename({"car_park_id": "id"}))


def test_a_table_in_markdown_keeps_its_cells_apart():
    assert as_table(pl.DataFrame({"a": ["x|y"], "b": [0.123456], "c": [None]})) == (
        "| a | b | c |\n| --- | --- | --- |\n| x\\|y | 0.1235 | – |"
    )
