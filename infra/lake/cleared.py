"""Rows that passed the disclosure gate: nothing else is written to `open/`.

Only `quality.disclosure` makes them; see the import rules in pyproject.toml.
"""

from dataclasses import dataclass, field, replace

import polars as pl

from infra.errors import TwinError

_STAGE = "open/"


@dataclass(frozen=True, repr=False)
class Cleared:
    """Rows of one open table that may be published."""

    table: str
    frame: pl.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        """The table and the number of rows only."""
        return f"Cleared({self.table}, {self.frame.height} rows)"

    def with_window(self, column: str) -> "Cleared":
        """The same rows, each with the window that a column of days says."""
        window = pl.col(column).cast(pl.Date).alias("window_on")
        return replace(self, frame=self.frame.with_columns(window))


def rows_for(key: str, rows: pl.DataFrame | Cleared) -> pl.DataFrame:
    """The rows to write to a table. Raises TwinError for rows that may not stand there."""
    if isinstance(rows, Cleared):
        if rows.table != key:
            raise TwinError(f"{key}: the rows were cleared for {rows.table}; clear them for {key}")
        return rows.frame
    if key.startswith(_STAGE):
        raise TwinError(
            f"{key}: rows reach {_STAGE} through the disclosure gate alone; declare the table with "
            "a release (quality.disclosure)"
        )
    return rows
