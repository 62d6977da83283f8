"""The loop over nodes of `equilibrium`, compiled; import this inside functions only."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def hand_on(
    carried: NDArray[np.float64], far_first: NDArray[np.int64], before: NDArray[np.int32]
) -> None:
    """Each node, the farthest first, hands its trips on to the one before it, by origin."""
    for origin in range(far_first.shape[0]):
        for place in range(far_first.shape[1]):
            node = far_first[origin, place]
            previous = before[origin, node]
            if previous >= 0:
                carried[origin, previous] += carried[origin, node]
