"""Drought as a standard score: SPI of rain and SPEI of rain less evapotranspiration.

SPI: McKee, Doesken & Kleist (1993), gamma fitted as Thom (1966) does, months without rain as a
mass of their own. SPEI: Vicente-Serrano, Beguería & López-Moreno (2010), log-logistic by L-moments.
"""

from collections.abc import Callable
from math import gamma
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Beyond this a fitted distribution of some decades says nothing of how rare a month is.
LIMIT: Final = 3.09
_MONTHS: Final = 12
_LEAST_YEARS: Final = 4


def summed(monthly: ArrayLike, months: int) -> Array:
    """Running sums over so many months; the first ones, and those with a gap, are nan.

    `monthly` is an array (months,); raises ValueError for less than one month.
    """
    if months < 1:
        raise ValueError("a standardised index is one of at least one month")
    values = np.asarray(monthly, dtype=float)
    result = np.full(len(values), np.nan)
    if len(values) >= months:
        windows = np.lib.stride_tricks.sliding_window_view(values, months)
        result[months - 1 :] = windows.sum(axis=1)
    return result


def spi(monthly_mm: ArrayLike, months: int, *, reference: slice = slice(None)) -> Array:
    """The standardised precipitation index of each month, within ±3.09.

    `monthly_mm` is an array (months,) of rain that begins with a month of which each twelfth is the
    same calendar month; `reference` are the years (not months) whose rain is what is usual. A
    calendar month with fewer than four years of rain above nought has no index (nan).
    """
    return _by_calendar_month(summed(monthly_mm, months), reference, _gamma_score)


def spei(balance_mm: ArrayLike, months: int, *, reference: slice = slice(None)) -> Array:
    """The same of a monthly climatic water balance (rain less evapotranspiration, mm)."""
    return _by_calendar_month(summed(balance_mm, months), reference, _log_logistic_score)


def _by_calendar_month(
    sums: Array, reference: slice, score: Callable[[Array, Array], Array]
) -> Array:
    result = np.full(len(sums), np.nan)
    for month in range(min(_MONTHS, len(sums))):
        its = sums[month::_MONTHS]
        usual = its[reference]
        usual = usual[np.isfinite(usual)]
        if len(usual) >= _LEAST_YEARS:
            result[month::_MONTHS] = score(its, usual)
    return np.asarray(np.clip(result, -LIMIT, LIMIT))


def _gamma_score(values: Array, usual: Array) -> Array:
    from scipy.stats import gamma as gamma_distribution
    from scipy.stats import norm

    wet = usual[usual > 0]
    if len(wet) < _LEAST_YEARS or np.ptp(wet) == 0:
        return np.full(len(values), np.nan)
    dry_share = 1 - len(wet) / len(usual)
    # Thom's approximation of the most likely shape.
    spread = np.log(wet.mean()) - np.log(wet).mean()
    shape = (1 + np.sqrt(1 + 4 * spread / 3)) / (4 * spread)
    chance = gamma_distribution.cdf(values, shape, scale=wet.mean() / shape)
    return np.asarray(norm.ppf(dry_share + (1 - dry_share) * chance))


def _log_logistic_score(values: Array, usual: Array) -> Array:
    from scipy.stats import norm

    ordered = np.sort(usual)
    count = len(ordered)
    # Probability-weighted moments of the 2010 paper, eq. 5 to 8: (1 - F)^s.
    left = 1 - (np.arange(1, count + 1) - 0.35) / count
    w0, w1, w2 = (float((left**s * ordered).mean()) for s in range(3))
    if np.ptp(ordered) == 0 or 6 * w1 - w0 - 6 * w2 == 0:
        return np.full(len(values), np.nan)
    beta = (2 * w1 - w0) / (6 * w1 - w0 - 6 * w2)
    both = gamma(1 + 1 / beta) * gamma(1 - 1 / beta)
    alpha = (w0 - 2 * w1) * beta / both
    origin = w0 - alpha * both
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.maximum((values - origin) / alpha, 0.0)
        return np.asarray(norm.ppf(1 / (1 + inside**-beta)))
