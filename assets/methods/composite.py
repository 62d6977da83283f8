"""Composite indices: several ranks as one number, and how far its order hangs on the weights.

OECD/JRC, Handbook on Constructing Composite Indicators (2008), steps 5 to 7.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def geometric_mean(parts: ArrayLike, weights: ArrayLike) -> Array:
    """The weighted geometric mean over the last axis: (…, parts) gives (…).

    One part that is nought makes it nought: what is not there cannot be made up for (OECD/JRC
    2008, § 6.3). Weights are made to add up to one. Raises ValueError for parts below nought and
    for weights that are not above it.
    """
    values, weight = np.asarray(parts, dtype=float), np.asarray(weights, dtype=float)
    if (values < 0).any() or (weight < 0).any() or not weight.sum() > 0:
        raise ValueError("parts and weights of a geometric mean are not below nought")
    with np.errstate(divide="ignore"):
        # A part with no weight takes no part, even where it is nought.
        logs = np.where(weight > 0, np.log(values), 0.0)
    return np.asarray(np.exp((logs * (weight / weight.sum())).sum(axis=-1)))


def rank_from_worst(values: ArrayLike) -> NDArray[np.int64]:
    """1 for the highest value of the last axis; equal ones share the better place of them."""
    numbers = np.asarray(values, dtype=float)
    ordered = np.sort(-numbers, axis=-1)
    if numbers.ndim == 1:
        return np.searchsorted(ordered, -numbers, side="left") + 1
    return np.stack([rank_from_worst(one) for one in numbers])


def random_weights(count: int, *, draws: int = 500, seed: int = 1) -> Array:
    """Weights (draws, count) drawn evenly from all that add up to one (Dirichlet, all ones)."""
    return np.random.default_rng(seed).dirichlet(np.ones(count), size=draws)


def rank_interval(
    ranks: ArrayLike, *, low: float = 5, high: float = 95
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Percentiles of each one's ranks (draws, ones), rounded outwards to whole ranks."""
    lower, upper = np.percentile(np.asarray(ranks), [low, high], axis=0)
    return np.floor(lower).astype(np.int64), np.ceil(upper).astype(np.int64)
