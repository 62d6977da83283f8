"""How many trips go from where to where: the gravity model, when nobody has counted them.

Wilson (1971), A family of spatial interaction models, and associated developments, Environment and
Planning 3. Arrays are over zones; trips and attractions are in any unit, costs in that of `scale`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def deterrence(cost: ArrayLike, *, scale: float) -> Array:
    """How much a cost (zones, zones) deters: exp(-cost / scale); nought where there is no way."""
    return np.asarray(np.exp(-np.asarray(cost, dtype=float) / scale))


def trips(origins: ArrayLike, attractions: ArrayLike, friction: ArrayLike) -> Array:
    """Trips (zones, zones) with as many from each zone as begin there: production-constrained.

    T_ij = O_i A_j f_ij / Σ_k A_k f_ik (Wilson 1971). A zone from which nothing that
    attracts can be reached sends nobody.
    """
    begun = np.asarray(origins, dtype=float)[:, None]
    pull = np.asarray(attractions, dtype=float)[None, :] * np.asarray(friction, dtype=float)
    whole = pull.sum(axis=1, keepdims=True)
    return np.asarray(begun * np.divide(pull, whole, out=np.zeros_like(pull), where=whole > 0))


def geh(modelled: ArrayLike, counted: ArrayLike) -> Array:
    """How far hourly flows lie from counts: √(2 (m - c)² / (m + c)), below 5 where they match.

    The statistic of Geoffrey E. Havers; its limit of 5 is that of the UK's Design Manual for Roads
    and Bridges, cited from memory and not read there. Nought where both are.
    """
    m, c = np.asarray(modelled, dtype=float), np.asarray(counted, dtype=float)
    whole = m + c
    return np.asarray(
        np.sqrt(np.divide(2 * (m - c) ** 2, whole, out=np.zeros_like(whole), where=whole > 0))
    )
