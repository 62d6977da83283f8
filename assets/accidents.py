"""The road accidents that count: those of the years up to the last one registered."""

from typing import Final

import polars as pl

_DAYS_A_YEAR: Final = 365.25


def of_last_years(accidents: pl.DataFrame, years: int) -> tuple[pl.DataFrame, float]:
    """The accidents of so many years up to the last one, and of how many years there are any.

    `accidents` has `occurred_on`; of none there are nought years.
    """
    day = pl.col("occurred_on")
    recent = accidents.filter(day > day.max().dt.offset_by(f"-{years}y"))
    (days,) = accidents.select((day.max() - day.min()).dt.total_days() + 1).row(0)
    return recent, min((days or 0) / _DAYS_A_YEAR, float(years))
