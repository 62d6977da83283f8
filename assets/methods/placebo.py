"""How often as much is found where nothing was done: at earlier dates, and in other places.

Abadie, Diamond & Hainmueller (2010), Synthetic control methods for comparative case studies,
Journal of the American Statistical Association 105(490): the rank of the effect among placebos.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Placebo:
    """The place of an effect among placebos: 1 is the largest of all, in either direction.

    `p_value` is rank / (count + 1), the count being that of the placebos; 1 where there are none.
    """

    rank: int
    count: int

    @property
    def p_value(self) -> float:
        """The share of all effects, this one included, that are as large."""
        return self.rank / (self.count + 1)


def ranked(effect: float, placebos: ArrayLike) -> Placebo:
    """The rank of an effect among those of placebos (count,), whichever their direction."""
    others = np.asarray(placebos, dtype=float).ravel()
    others = others[~np.isnan(others)]
    return Placebo(int((np.abs(others) >= abs(effect)).sum()) + 1, len(others))


def placebo_dates(
    values: ArrayLike,
    *,
    first_after: int,
    after: int,
    least_before: int,
    estimate: Callable[[Array, int], float],
    most: int = 40,
) -> Array:
    """The effects of actions that were never taken, at so many dates before the true one.

    `values` is (steps,) or (steps, kinds); `estimate` gets part of it that ends before
    `first_after`, and where in it the placebo begins. Each has `after` steps after it, and
    `least_before` or more before it. None fit: an empty array.
    """
    series = np.asarray(values, dtype=float)
    starts = np.arange(least_before, first_after - after + 1)
    if len(starts) > most:
        starts = starts[np.unique(np.linspace(0, len(starts) - 1, most).round().astype(int))]
    return np.array([estimate(series[: at + after], int(at)) for at in starts])


def placebo_places(others: ArrayLike, *, estimate: Callable[[Array, Array], float]) -> Array:
    """The effects of the same action in each of the untreated places (steps, places).

    `estimate` gets one place (steps,), and all others (steps, places - 1). Fewer than two places
    have nothing to be compared with: an empty array.
    """
    places = np.asarray(others, dtype=float)
    if places.ndim != 2 or places.shape[1] < 2:
        return np.array([])
    count = places.shape[1]
    return np.array([estimate(places[:, at], np.delete(places, at, axis=1)) for at in range(count)])
