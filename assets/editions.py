"""Which rows of a definition hold: those of the newest edition, or of the edition of a day."""

import polars as pl


def newest(definition: pl.DataFrame, *by: str) -> pl.DataFrame:
    """The rows with the latest `valid_from_on`, of all or of each group.

    For tables that say what is true now and know no day.
    """
    latest = pl.col("valid_from_on").max()
    return definition.filter(pl.col("valid_from_on") == (latest.over(*by) if by else latest))
