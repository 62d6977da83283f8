"""How much stress traffic is to who rides a bicycle: level of traffic stress, 1 to 4.

Furth (2022), Level of Traffic Stress Criteria for Road Segments, version 2.2, after Mekuria, Furth
& Nixon (2012), Low-Stress Bicycling and Network Connectivity, MTI report 11-19. 1 is for children,
2 for most adults, 3 for the confident, 4 for few.
"""

from typing import Final

import polars as pl

SEPARATED_LEVEL: Final = 1
_ASKED: Final = ("street_code", "traffic_count", "speed_kmh", "cycle_width_m")


def street_code(lanes: pl.Expr, has_centreline: pl.Expr) -> pl.Expr:
    """The kind of street in the tables, by lanes each way and whether a line parts them."""
    return (
        pl.when(lanes >= 3)
        .then(pl.lit("three_lanes"))
        .when(lanes == 2)
        .then(pl.lit("two_lanes"))
        .when(has_centreline)
        .then(pl.lit("centreline"))
        .when(lanes.is_not_null())
        .then(pl.lit("no_centreline"))
    )


def mixed_stress(segments: pl.DataFrame, table: pl.DataFrame) -> pl.Series:
    """The stress of riding among cars, by kind of street, vehicles a day and speed (table 1).

    `segments` has `street_code`, `traffic_count` (both ways) and `speed_kmh`; `table` the rows of
    one edition, with `table_code`, `street_code`, `from_traffic_count`, `from_kmh` and
    `stress_level`. Null where one of them is not known. In the order of the segments.
    """
    return _stress(segments, table.filter(pl.col("table_code") == "mixed"), "traffic_count")


def lane_stress(segments: pl.DataFrame, table: pl.DataFrame) -> pl.Series:
    """The stress of riding on a lane without parking beside it (table 2), by its width.

    As `mixed_stress`, with `cycle_width_m` and `from_width_m`. It may be more than that of mixed
    traffic: who rates a street takes the lower one. A street without centreline counts as one with.
    """
    plain = segments.with_columns(pl.col("street_code").replace("no_centreline", "centreline"))
    return _stress(plain, table.filter(pl.col("table_code") == "lane"), "cycle_width_m")


def level_of_traffic_stress(segments: pl.DataFrame, table: pl.DataFrame) -> pl.Series:
    """The stress of each segment: 1 on a track; on a lane the lower of lane and mixed traffic.

    `cycle_code` is `track`, `lane`, or anything else for mixed traffic.
    """
    rated = segments.select("cycle_code").with_columns(
        mixed=mixed_stress(segments, table), lane=lane_stress(segments, table)
    )
    level = (
        pl.when(pl.col("cycle_code") == "track")
        .then(SEPARATED_LEVEL)
        .when(pl.col("cycle_code") == "lane")
        .then(pl.min_horizontal("mixed", "lane"))
        .otherwise("mixed")
    )
    return rated.select(stress_level=level.cast(pl.Int64))["stress_level"]


def _stress(segments: pl.DataFrame, rows: pl.DataFrame, measure: str) -> pl.Series:
    """Two bands are looked up, that of the measure by kind of street and that of the speed."""
    limit = "from_traffic_count" if measure == "traffic_count" else "from_width_m"
    bands = rows.select("street_code", pl.col(limit).cast(pl.Float64))
    speeds = rows.select(pl.col("from_kmh").cast(pl.Float64)).unique().sort("from_kmh")
    return (
        segments.select(_ASKED)
        .with_columns(pl.col(measure, "speed_kmh").cast(pl.Float64))
        .with_row_index("place")
        .sort(measure)
        .join_asof(
            bands.unique().sort(limit),
            left_on=measure,
            right_on=limit,
            by="street_code",
            check_sortedness=False,
        )
        .sort("speed_kmh")
        .join_asof(speeds, left_on="speed_kmh", right_on="from_kmh", check_sortedness=False)
        .join(
            rows.select("street_code", pl.col(limit, "from_kmh").cast(pl.Float64), "stress_level"),
            on=["street_code", limit, "from_kmh"],
            how="left",
        )
        .sort("place")["stress_level"]
    )
