"""Which rows of a definition hold: those of the newest edition, or of the one of each day."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray


def newest(definition: pl.DataFrame, *by: str, until: date | None = None) -> pl.DataFrame:
    """The rows with the latest `valid_from_on`, of all or of each group, begun until a day.

    For tables that say what is true now; without a day, of all that there is.
    """
    begun = definition if until is None else definition.filter(pl.col("valid_from_on") <= until)
    latest = pl.col("valid_from_on").max()
    return begun.filter(pl.col("valid_from_on") == (latest.over(*by) if by else latest))


def only(definition: pl.DataFrame, *, until: date | None = None) -> dict[str, Any] | None:
    """The row of the newest edition of a definition that has one row; None without any.

    Of two that begin on one day, that of the first code.
    """
    held = newest(definition, until=until).sort("definition_code")
    return held.row(0, named=True) if held.height else None


def dated(rows: pl.DataFrame, definition: pl.DataFrame, *, day: str) -> pl.DataFrame:
    """Each row with the edition that holds on its day: `definition_code` and `valid_from_on`.

    Both are empty before the first edition.
    """
    editions = definition.select("definition_code", "valid_from_on").unique().sort("valid_from_on")
    return rows.sort(day).join_asof(
        editions, left_on=day, right_on="valid_from_on", check_sortedness=False
    )


def weights_of(
    weights: pl.DataFrame, composite: str, parts: tuple[str, ...]
) -> NDArray[np.float64] | None:
    """The newest weights of the parts of a composite index, nought where one has none.

    None where no part has a weight.
    """
    held = newest(weights).filter(pl.col("composite_code") == composite)
    by_part = dict(held.select("component_code", "weight_ratio").rows())
    chosen = np.array([by_part.get(part) or 0.0 for part in parts], dtype=float)
    return chosen if chosen.sum() > 0 else None
