"""Which rows of a definition hold: those of the newest edition."""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def newest(definition: pl.DataFrame, *by: str) -> pl.DataFrame:
    """The rows with the latest `valid_from_on`, of all or of each group.

    For tables that say what is true now and know no day.
    """
    latest = pl.col("valid_from_on").max()
    return definition.filter(pl.col("valid_from_on") == (latest.over(*by) if by else latest))


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
