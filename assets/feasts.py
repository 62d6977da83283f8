"""The days on which the city rests although it is no Sunday, by the editions of the law."""

from collections.abc import Sequence
from datetime import date

import polars as pl


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, 1991, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = epact + to_sunday - 7 * ((golden + 11 * epact + 22 * to_sunday) // 451) + 114
    return date(year, late // 31, late % 31 + 1)


def feast_days(feasts: pl.DataFrame, years: Sequence[int]) -> list[date]:
    """The feasts of these years, each from the day on since when it is kept, in order.

    A feast with neither a date nor a distance from Easter is none.
    """
    of_year = pl.DataFrame(
        {"year": years, "easter_on": [easter(year) for year in years]},
        schema={"year": pl.Int64, "easter_on": pl.Date},
    )
    dated = (pl.col("year").cast(pl.String) + "-" + pl.col("month_day")).str.to_date(
        "%Y-%m-%d", strict=False
    )
    moved = pl.col("easter_on") + pl.duration(days="after_easter_d")
    kept = feasts.join(of_year, how="cross").with_columns(day_on=pl.coalesce(moved, dated))
    held = kept.filter(pl.col("day_on") >= pl.col("valid_from_on"))
    found: list[date] = held["day_on"].unique().sort().to_list()
    return found
