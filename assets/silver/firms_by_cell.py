"""How many firms each cell of the city has had, by sector and year."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

# The register keeps who closed; so many years before it are told.
_YEARS: Final = 10
_KEY: Final = ("cell_id", "sector_code", "year_on")
_COUNTS: Final = ("firms_count", "opened_count", "closed_count")


def firms_by_cell(firms: pl.DataFrame) -> pl.DataFrame:
    """Count the firms at the beginning of each year, and those that opened and closed in it.

    Of the newest register and ten years before it; in its own year, those until it was drawn up
    (`stated_on`). A firm without a place or a sector is left out.
    """
    newest = firms.filter(
        (pl.col("window_on") == pl.col("window_on").max())
        & pl.all_horizontal(pl.col("cell_id", "sector_code", "opened_on").is_not_null())
    )
    years = newest.select(
        stated_on=pl.col("window_on").max(),
        year_on=pl.date_ranges(
            pl.col("window_on").max().dt.truncate("1y").dt.offset_by(f"-{_YEARS}y"),
            pl.col("window_on").max().dt.truncate("1y"),
            "1y",
        ).first(),
    ).head(1)
    every = newest.join(
        years.explode("year_on").filter(pl.col("year_on").is_not_null()), how="cross"
    )
    ends_on = pl.col("year_on").dt.offset_by("1y")
    opened, closed = pl.col("opened_on"), pl.col("closed_on")
    in_year = (opened >= pl.col("year_on")) & (opened < ends_on)
    was_there = (opened < pl.col("year_on")) & (closed.is_null() | (closed >= pl.col("year_on")))
    closed_in_year = (closed >= pl.col("year_on")) & (closed < ends_on)
    return (
        every.group_by(_KEY)
        .agg(
            pl.col("stated_on").first(),
            firms_count=was_there.sum().cast(pl.Int64),
            opened_count=in_year.sum().cast(pl.Int64),
            closed_count=closed_in_year.fill_null(value=False).sum().cast(pl.Int64),
        )
        .filter(pl.any_horizontal(pl.col(name) > 0 for name in _COUNTS))
        .select(*_KEY, *_COUNTS, "stated_on")
        .sort(_KEY)
    )


_OPEN: Final = ("firms.opened_on", "firms.closed_on")

declaration = Declaration(
    function=firms_by_cell,
    key="silver/economy/firms_by_cell",
    reads={"firms": "bronze/camera_commercio/firms"},
    gives={
        "cell_id": given("H3 cell of resolution 8.", "firms.cell_id"),
        "sector_code": given("Sector, two digits of ATECO.", "firms.sector_code"),
        "year_on": given("First day of the year.", *_OPEN),
        "firms_count": given("Firms at the beginning of the year.", *_OPEN),
        "opened_count": given("Firms that opened in it.", *_OPEN),
        "closed_count": given("Firms that closed in it.", *_OPEN),
        "stated_on": given("Month of the register.", "firms.opened_on"),
    },
    key_columns=_KEY,
    window_by=None,
    title="Firms by cell, sector and year",
    method_version="1",
    literature="Register of firms (legge 580/1993); sectors after ATECO.",
)
