"""What people reach, and how unequally it is spread over them: Gini, Palma, Theil, poverty.

Values are one a place, weighted by the people who live there; both are arrays (places,).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def _weighted(values: ArrayLike, people: ArrayLike) -> tuple[Array, Array]:
    numbers, weights = np.asarray(values, dtype=float), np.asarray(people, dtype=float)
    if (weights < 0).any() or weights.sum() <= 0:
        raise ValueError("an inequality is one among people: none are given, or fewer than none")
    if (numbers < 0).any():
        raise ValueError("an inequality of values below nought is not defined")
    return numbers, weights


def gini(values: ArrayLike, people: ArrayLike) -> float:
    """The Gini coefficient, 0 (equal) to 1: half the mean absolute difference over the mean.

    Gini (1912), weighted as in Lerman & Yitzhaki (1989). Where all have nothing it is 0. Raises
    ValueError for values below nought or without people.
    """
    numbers, weights = _weighted(values, people)
    total = (numbers * weights).sum()
    if total == 0:
        return 0.0
    order = np.argsort(numbers, kind="stable")
    number, weight = numbers[order], weights[order]
    cumulated = np.cumsum(weight) - weight / 2
    share = number * weight / total
    return float(2 * (share * cumulated).sum() / weight.sum() - 1)


def theil(values: ArrayLike, people: ArrayLike) -> float:
    """Theil's T: mean of (x/µ) ln(x/µ), 0 where all have the same (Theil 1967)."""
    numbers, weights = _weighted(values, people)
    mean = np.average(numbers, weights=weights)
    if mean == 0:
        return 0.0
    ratio = numbers / mean
    terms = np.where(ratio > 0, ratio * np.log(np.where(ratio > 0, ratio, 1.0)), 0.0)
    return float(np.average(terms, weights=weights))


def palma(
    values: ArrayLike, people: ArrayLike, income: ArrayLike, *, poor_up_to: float, rich_from: float
) -> float:
    """What the richest reach on average over what the poorest do (Palma 2011).

    `poor_up_to` and `rich_from` are the 40th and the 90th percentile of the income of the whole
    city, not of the places given. Raises ValueError where there is nobody rich or poor.
    """
    numbers, weights = _weighted(values, people)
    incomes = np.asarray(income, dtype=float)
    rich, poor = incomes >= rich_from, incomes <= poor_up_to
    if weights[rich].sum() == 0 or weights[poor].sum() == 0:
        raise ValueError("a Palma ratio needs people of the upper tenth and of the lower 40 %")
    above = np.average(numbers[rich], weights=weights[rich])
    below = np.average(numbers[poor], weights=weights[poor])
    return float(above / below) if below > 0 else float("inf")


def poverty(values: ArrayLike, people: ArrayLike, *, line: float, aversion: int) -> float:
    """FGT: the mean of ((line - x) / line)^aversion over those below the line, 0 for others.

    Foster, Greer & Thorbecke (1984): 0 gives the share below, 1 the depth, 2 the severity. Raises
    ValueError for a line that is not above nought.
    """
    if line <= 0:
        raise ValueError("a poverty line lies above nought")
    numbers, weights = _weighted(values, people)
    gap = np.maximum(line - numbers, 0.0) / line
    terms = np.where(numbers < line, gap**aversion, 0.0)
    return float(np.average(terms, weights=weights))


def cumulative_opportunities(
    away_min: ArrayLike, opportunities: ArrayLike, *, within_min: float
) -> Array:
    """What each origin reaches within so many minutes, each thing counted whole (isochrones).

    `away_min` is (origins, places), `nan` where there is no way; `opportunities` (places,).
    Wachs & Kumagai (1973), Socio-Economic Planning Sciences 7(5).
    """
    is_near = np.asarray(away_min, dtype=float) <= within_min
    return np.asarray(is_near @ np.asarray(opportunities, dtype=float))


def two_step_catchment(reach: ArrayLike, supply: ArrayLike, demand: ArrayLike) -> Array:
    """Places of service a head that each origin has, by two-step floating catchments.

    Luo & Wang (2003). `reach` is (origins, services), 1 where a service lies within the catchment
    (or a weight that falls with distance), `supply` (services,) and `demand` (origins,). A service
    that nobody reaches gives nobody anything.
    """
    weights = np.asarray(reach, dtype=float)
    people = weights.T @ np.asarray(demand, dtype=float)
    offered = np.asarray(supply, dtype=float)
    a_head = np.divide(offered, people, out=np.zeros_like(offered), where=people > 0)
    return np.asarray(weights @ a_head)
