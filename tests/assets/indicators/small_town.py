"""A street of five kilometres with a bus along it, small enough to know every travel time."""

from datetime import UTC, date, datetime
from typing import Final

import polars as pl

TUESDAY: Final = date(2025, 3, 25)
SUNDAY: Final = date(2025, 3, 30)
SINCE: Final = datetime(2025, 3, 1, tzinfo=UTC)
# 500 m of latitude.
STEP_DEG: Final = 0.5 / 111.195
NODES_COUNT: Final = 11
DAY_H: Final = 24
Town = dict[str, pl.DataFrame]


def lat(at: float) -> float:
    """The latitude of a place so many steps of 500 m up the street."""
    return 45.5 + at * STEP_DEG


def places(**columns: list) -> pl.DataFrame:
    """Rows with a place: `at` in steps up the street."""
    at = columns.pop("at")
    return pl.DataFrame(columns).with_columns(
        lat_deg=pl.Series([lat(one) for one in at], dtype=pl.Float64),
        lng_deg=pl.lit(10.2),
    )


def services(*rows: tuple[str, str, float, int, int, str]) -> pl.DataFrame:
    """Services: id, category, where, opening and closing hour, weekdays."""
    ids, kinds, at, opens, closes, days = (list(one) for one in zip(*rows, strict=True))
    return places(
        service_id=ids,
        category_code=kinds,
        at=at,
        opens_s=[hour * 3600 for hour in opens],
        closes_s=[hour * 3600 for hour in closes],
        weekdays_code=days,
    )


def bus(*, every_min: int, rides_s: int = 600, up_to: str = "S8") -> Town:
    """A bus from the first stop to another, all day long, on Tuesday and on Sunday."""
    starts = range(6 * 60, DAY_H * 60, every_min)
    trips, visits = [], []
    for minute in starts:
        name = f"t{minute:04}"
        trips += [(day, name, 0, SINCE) for day in (TUESDAY, SUNDAY)]
        leaves = minute * 60
        visits += [(name, 0, 1, "S0", leaves, leaves)]
        visits += [(name, 0, 2, up_to, leaves + rides_s, leaves + rides_s)]
    return {
        "trips": pl.DataFrame(
            trips,
            schema={
                "service_on": pl.Date(),
                "trip_id": pl.String(),
                "run_index": pl.Int64(),
                "timetable_from_at": pl.Datetime("us", "UTC"),
            },
            orient="row",
        ),
        "departures": pl.DataFrame(
            visits,
            schema={
                "trip_id": pl.String(),
                "run_index": pl.Int64(),
                "stop_sequence_index": pl.Int64(),
                "stop_id": pl.String(),
                "arrives_s": pl.Int64(),
                "departs_s": pl.Int64(),
            },
            orient="row",
        ),
    }


def small_town() -> Town:
    """Homes at both ends and in the middle; a pharmacy and a hospital four kilometres up."""
    numbers = list(range(NODES_COUNT))
    return {
        "population": places(
            section_id=["low", "middle", "high"],
            residents_count=[100, 50, 50],
            income_level=[2, 5, 10],
            at=[0, 4, 8],
        ),
        "services": services(
            ("ph", "farmacia", 8, 8, 20, "1111110"), ("ho", "ospedale", 8, 0, 24, "1111111")
        ),
        "nodes": places(node_id=[f"n{number}" for number in numbers], at=numbers),
        "segments": pl.DataFrame(
            {
                "edge_id": [f"e{number}" for number in numbers[:-1]],
                "from_node_id": [f"n{number}" for number in numbers[:-1]],
                "to_node_id": [f"n{number}" for number in numbers[1:]],
                "length_m": [500.0] * (NODES_COUNT - 1),
                "slope_ratio": [0.0] * (NODES_COUNT - 1),
            }
        ),
        "stops": places(stop_id=["S0", "S8"], is_stop=[True, True], at=[0, 8]),
        "stations": places(station_id=["b4", "b8"], at=[4, 8]),
        "bands": pl.DataFrame(
            {
                "band_code": ["weekday_11_13", "weekday_21_23", "sunday_11_13"],
                "valid_from_on": [date(2025, 1, 1)] * 3,
                "day_code": ["weekday", "weekday", "sunday"],
                "starts_h": [11.0, 21.0, 11.0],
                "ends_h": [13.0, 23.0, 13.0],
            }
        ),
        "speeds": pl.DataFrame(
            {
                "definition_code": ["test"],
                "valid_from_on": [date(2025, 1, 1)],
                # A metre and a quarter a second: 500 m are 400 s; by bicycle 100 s.
                "walk_kmh": [4.5], "bike_kmh": [18.0], "walk_reach_m": [1000.0],
                "transfer_reach_m": [400.0], "snap_reach_m": [300.0], "change_s": [60.0],
                "dock_s": [60.0], "every_s": [300.0], "longest_s": [3600.0],
            }
        ),
        **bus(every_min=20),
    }  # fmt: skip
