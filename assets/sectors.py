"""Sectors of firms that may be told alone, the same in all tables of firms."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from assets.small_groups import alone_and_together
from quality.disclosure.policy import TOTAL

# A firm of one is a person: a number is of so many firms at least as this limit says.
FIRMS: Final = "firms"
ALL: Final = TOTAL
OTHERS: Final = "altri"


def sectors_told(firms: pl.DataFrame, *, least: int) -> pl.DataFrame:
    """Each `sector_code` with the one it is told under, `told_code`: its own, or `altri`.

    A sector is told alone where it had `least` firms at the beginning of each year and has now:
    one choice for all years and tables, so that none of them gives back what another does not tell.
    Empty where not even all firms together are so many.
    """
    by_year = firms.group_by("sector_code", "year_on").agg(
        pl.col("firms_count", "opened_count", "closed_count").sum()
    )
    years = firms["year_on"].unique().sort().to_list()
    stocks = by_year.with_columns(
        now=pl.col("firms_count") + pl.col("opened_count") - pl.col("closed_count")
    )

    def passes(sectors: Sequence[str]) -> bool:
        own = stocks.filter(pl.col("sector_code").is_in(list(sectors)))
        counts = dict(own.group_by("year_on").agg(pl.col("firms_count").sum()).rows())
        now: int = int(own.filter(pl.col("year_on") == years[-1])["now"].sum())
        return all(int(counts.get(year, 0)) >= least for year in years) and now >= least

    sizes = by_year.group_by("sector_code").agg(pl.col("firms_count").sum())
    parts = sizes.sort("firms_count", "sector_code")["sector_code"].to_list()
    alone, together = alone_and_together(parts, passes)
    told = {**{one: one for one in alone}, **dict.fromkeys(together, OTHERS)}
    return pl.DataFrame(
        {"sector_code": list(told), "told_code": list(told.values())},
        schema={"sector_code": pl.String, "told_code": pl.String},
    )
