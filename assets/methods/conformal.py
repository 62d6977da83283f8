"""Intervals that cover what they say: from the errors of past forecasts, whatever their shape.

Split conformal: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman, JASA 113 (2018), 1094-1111. Adaptive:
Gibbs & Candès, Adaptive conformal inference under distribution shift, NeurIPS 34 (2021).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def conformal_radius(scores: ArrayLike, miss: ArrayLike) -> Array:
    """How far from a forecast the truth lies but for a share `miss` of cases, in units of scores.

    `scores` (cases, …) are absolute errors of past forecasts, `miss` (…) shares from 0 to 1. Of n
    known scores it is the ⌈(n + 1)(1 - miss)⌉-th least; nan where there are fewer. Over cases that
    are exchangeable it covers a new one in a share from 1 - miss to 1 - miss + 1 / (n + 1).
    """
    ordered = np.sort(np.asarray(scores, dtype=float), axis=0)
    counts = np.asarray((~np.isnan(ordered)).sum(axis=0))
    return _ranked(ordered, counts, np.broadcast_to(np.asarray(miss, dtype=float), counts.shape))


def _ranked(ordered: Array, counts: NDArray[np.int64], miss: Array) -> Array:
    if not len(ordered):
        return np.full(counts.shape, np.nan)
    # (n + 1)(1 - 0.2) is a whole number but for the last digit.
    ranks = np.maximum(1, np.ceil((counts + 1) * (1 - miss) - 1e-9)).astype(np.int64)
    at = np.minimum(ranks, len(ordered)) - 1
    found = np.take_along_axis(ordered, at[np.newaxis], axis=0)[0]
    return np.where(ranks <= counts, found, np.nan)


def adaptive_radius(scores: ArrayLike, *, miss: float, rate: float, lag: int = 1) -> Array:
    """The radius for the next forecast, its share adapted after each past one that was scored.

    `scores` (origins, …) are absolute errors, oldest first, that of an origin known `lag` origins
    later. Each past forecast is given the interval that was to be had then; after a miss the next
    are wider, after a hit a little narrower: miss ← miss + rate · (target - missed). `rate` nought
    is split conformal. Where so few are known that not even the target's radius can be had it is
    nan; where a share grows too small for them it is the greatest score.
    """
    past = np.asarray(scores, dtype=float)
    origins, shape = len(past), past.shape[1:]
    share = np.full(shape, miss)
    radii = np.full((origins + 1, *shape), np.nan)
    for n in range(origins + 1):
        arrived = n - lag
        if arrived >= 0:
            is_judged = ~np.isnan(radii[arrived]) & ~np.isnan(past[arrived])
            missed = past[arrived] > radii[arrived]
            share = np.where(is_judged, np.clip(share + rate * (miss - missed), 0.0, 1.0), share)
        ordered = np.sort(past[: max(0, arrived + 1)], axis=0)
        counts = np.asarray((~np.isnan(ordered)).sum(axis=0))
        # The rank may pass the greatest only where the target's does not.
        may_be = np.ceil((counts + 1) * (1 - miss) - 1e-9) <= counts
        least = 1 - counts / (counts + 1)
        radius = _ranked(ordered, counts, np.maximum(share, least))
        radii[n] = np.where(may_be & (counts > 0), radius, np.nan)
    last: Array = radii[-1]
    return last
