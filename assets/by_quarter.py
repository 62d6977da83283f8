"""What places used, handed on to the quarters of the city: their own, or their part of a wider one.

It reads rows of which enough contribute and none can be made of others (`assets.consumption`), and
so whatever it gives is no more than was told.
"""

from typing import Final

import polars as pl

from assets.consumption import in_order

_QUARTER: Final = "quarter"
# Below its limit of residents a quarter's figure is not one a head.
RESIDENTS: Final = "residents_by_quarter"


def of_quarters(
    consumed: pl.DataFrame, *, weights: pl.DataFrame, amount: str, period: str = "consumed_on"
) -> pl.DataFrame:
    """Give each quarter's amount in each period: its own, or its share of the zone's or city's.

    `consumed` are rows of areas with `area_code`, `zone_name`, `quarter_id`, `contributors_count`,
    `readings_count` and `completeness_ratio`; `weights` has `quarter_id`, `zone_name` and `weight`
    (floor, residents, sockets), by which the rest of a zone or of the city is handed on to the
    quarters in it. `told_code` is quarter where it is its own. What is told of the city is given to
    all of it: amounts add up to those of the areas, where their quarters have any weight. Quarters
    of which nothing is told have no row.
    """
    totals = consumed.group_by(period, "zone_name", "quarter_id").agg(
        in_order(amount),
        pl.col("contributors_count", "readings_count").sum(),
        came=(pl.col("completeness_ratio") * pl.col("contributors_count")).sort().sum(),
    )
    own = totals.filter(pl.col("quarter_id").is_not_null()).with_columns(
        told_code=pl.lit(_QUARTER), share=pl.lit(1.0)
    )
    others = (
        totals.select(period)
        .unique()
        .join(weights, how="cross")
        .join(own, on=[period, "quarter_id"], how="anti")
    )
    of_zones = totals.filter(pl.col("zone_name").is_not_null() & pl.col("quarter_id").is_null())
    in_zone = others.join(
        of_zones.drop("quarter_id"), on=[period, "zone_name"], how="inner"
    ).with_columns(told_code=pl.lit("zone"), share=_share(period, "zone_name"))
    # Of a zone of which anything is told, nothing is left to the rest of the city.
    told_zones = totals.filter(pl.col("zone_name").is_not_null()).select(period, "zone_name")
    of_city = totals.filter(pl.col("zone_name").is_null())
    in_city = (
        others.join(told_zones.unique(), on=[period, "zone_name"], how="anti")
        .join(of_city.drop("zone_name", "quarter_id"), on=period, how="inner")
        .with_columns(told_code=pl.lit("city"), share=_share(period))
    )
    columns = [
        period, "quarter_id", "told_code", amount, "contributors_count", "readings_count",
        "came", "share",
    ]  # fmt: skip
    return (
        pl.concat([one.select(columns) for one in (own, in_zone, in_city)])
        .filter(pl.col("share").is_finite())
        .select(
            period,
            "quarter_id",
            "told_code",
            pl.col(amount) * pl.col("share"),
            "contributors_count",
            "readings_count",
            completeness_ratio=(pl.col("came") / pl.col("contributors_count")).clip(0, 1),
        )
        .sort(period, "quarter_id")
    )


def told_mostly() -> pl.Expr:
    """Whose the numbers of a group of rows are on most of them: the first by name of several."""
    return pl.col("told_code").sort().mode().sort().first()


def of_newest_month(frame: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """The quarters of the newest month, from the least of a column on."""
    return frame.filter(pl.col("month_on") == pl.col("month_on").max()).sort(by, "quarter_id")


def _share(*within: str) -> pl.Expr:
    return pl.col("weight") / pl.col("weight").sort().sum().over(*within)


def floors(buildings: pl.DataFrame, sections: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """The floor of all buildings of each quarter, as a weight; nought where it has none."""
    floor = (
        buildings.join(sections.select("section_id", "quarter_id"), on="section_id")
        .group_by("quarter_id")
        .agg(in_order("floor_m2").alias("weight"))
    )
    return _of_all(floor, quarters)


def residents(sections: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """The residents of each quarter, as a weight; nought where it has none."""
    counted = sections.group_by("quarter_id").agg(weight=pl.col("residents_count").sum())
    return _of_all(counted.with_columns(pl.col("weight").cast(pl.Float64)), quarters)


def _of_all(weights: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    return (
        quarters.select("quarter_id", "zone_name")
        .join(weights, on="quarter_id", how="left")
        .with_columns(pl.col("weight").fill_null(0.0))
        .sort("quarter_id")
    )
