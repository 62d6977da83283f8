"""Small counts by H3 cell: what is too few for a cell is told of a coarser one around it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

# H3 cells of about 0.1, 0.7 and 5 km².
RESOLUTIONS: Final = (9, 8, 7)


def coarsened(
    counts: pl.DataFrame, *, least: int, resolutions: Sequence[int] = RESOLUTIONS
) -> pl.DataFrame:
    """Give each cell (`cell_id`, `count`) the row (`row_cell_id`) in which it is told.

    A cell with `least` or more stands by itself. The rest of each coarser cell stands together
    where it has so many, else in the next coarser one; what is left of the coarsest stands
    together, too few as it may be (`is_enough`). Each cell is in one row: rows do not overlap, so
    that none can be had by subtracting others. Cells are of the first resolution.
    """
    import h3

    names = counts["cell_id"].to_list()
    rows: list[str | None] = [None] * counts.height
    left = counts.select("cell_id", "count").with_row_index("place")
    enough = set()
    for resolution in resolutions:
        parents = pl.Series(
            "row", [h3.cell_to_parent(names[at], resolution) for at in left["place"]], pl.String
        )
        told = left.with_columns(parents, total=pl.lit(0)).with_columns(
            total=pl.col("count").sum().over("row")
        )
        is_last = resolution == resolutions[-1]
        found = told if is_last else told.filter(pl.col("total") >= least)
        for place, row, total in found.select("place", "row", "total").iter_rows():
            rows[place] = row
            if total >= least:
                enough.add(row)
        left = left.join(found.select("place"), on="place", how="anti", maintain_order="left")
    return counts.select("cell_id").with_columns(
        row_cell_id=pl.Series(rows, dtype=pl.String),
        resolution_level=pl.Series(
            [None if row is None else h3.get_resolution(row) for row in rows], dtype=pl.Int64
        ),
        is_enough=pl.Series([row in enough for row in rows], dtype=pl.Boolean),
    )
