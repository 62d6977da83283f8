"""Days as stations count them: of solar time (UTC+1), which knows no summer."""

import polars as pl


def solar_day(instant: str = "observed_at") -> pl.Expr:
    """The day of solar time in which an instant (UTC) of that column lies."""
    return pl.col(instant).dt.offset_by("1h").dt.date()
