"""How well a series was foreseen, in terms of how well the naive forecast would have done."""

import numpy as np
from numpy.typing import ArrayLike


def scaled_error(values: ArrayLike, expected: ArrayLike, *, season: int = 1) -> float:
    """The mean absolute scaled error of what was expected (steps,) of values (steps,).

    Hyndman & Koehler (2006), Another look at measures of forecast accuracy: 1 is as good as taking
    each value for the one a season before. NaN is a gap. NaN where no pair a season apart differs.
    """
    seen, said = np.asarray(values, dtype=float), np.asarray(expected, dtype=float)
    naive = np.abs(seen[season:] - seen[:-season])
    naive = naive[~np.isnan(naive)]
    errors = np.abs(seen - said)
    errors = errors[~np.isnan(errors)]
    if not len(errors) or not naive.sum() > 0:
        return float("nan")
    return float(errors.mean() / naive.mean())
