"""How good forecasts were: errors, scaled errors, pinball loss and coverage.

Arrays of one shape, truth and forecast; pairs of which one is missing (nan) count nowhere. Where no
pair is left the score is nan.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _errors(truth: ArrayLike, forecast: ArrayLike) -> Array:
    errors: Array = np.asarray(truth, dtype=float) - np.asarray(forecast, dtype=float)
    return errors


def mae(truth: ArrayLike, forecast: ArrayLike) -> float:
    """The mean absolute error, in the unit of the truth."""
    return _mean(np.abs(_errors(truth, forecast)))


def rmse(truth: ArrayLike, forecast: ArrayLike) -> float:
    """The root of the mean squared error, in the unit of the truth."""
    return float(np.sqrt(_mean(_errors(truth, forecast) ** 2)))


def mape(truth: ArrayLike, forecast: ArrayLike) -> float:
    """The mean absolute error as a share of the truth; where that is nought it is not counted."""
    actual = np.asarray(truth, dtype=float)
    shares = np.full(np.shape(actual), np.nan)
    errors = np.abs(_errors(actual, forecast))
    np.divide(errors, np.abs(actual), out=shares, where=actual != 0)
    return _mean(shares)


def naive_scales(history: ArrayLike, *, season: int) -> Array:
    """The mean absolute step from season to season of each series: what MASE divides by.

    `history` (series, steps); nan for a series of which no step and the same a season before are
    known.
    """
    values = np.asarray(history, dtype=float)
    steps = np.abs(values[:, season:] - values[:, :-season])
    counts = (~np.isnan(steps)).sum(axis=1)
    return np.where(counts > 0, np.nansum(steps, axis=1) / np.maximum(counts, 1), np.nan)


def mase(truth: ArrayLike, forecast: ArrayLike, *, history: ArrayLike, season: int) -> float:
    """Mean absolute scaled error: below 1 is better than the seasonal naive one step ahead.

    `history` (steps,) is the series before. Hyndman & Koehler, International Journal of
    Forecasting 22 (2006), 679-688. nan for a history that never changes.
    """
    scale = float(naive_scales(np.asarray(history, dtype=float)[np.newaxis], season=season)[0])
    return mae(truth, forecast) / scale if scale > 0 else float("nan")


def pinball(truth: ArrayLike, quantile: ArrayLike, *, share: float) -> Array:
    """The loss of each forecast of a quantile: (1 - share) a unit too high, share a unit too low.

    Koenker & Bassett, Econometrica 46 (1978), 33-50. At one half it is half the absolute error.
    """
    errors = _errors(truth, quantile)
    return np.maximum(share * errors, (share - 1) * errors)


def coverage(truth: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """The share of truths that lie in their interval, its ends included."""
    actual, lower, upper = (np.asarray(one, dtype=float) for one in (truth, low, high))
    is_known = ~np.isnan(actual) & ~np.isnan(lower) & ~np.isnan(upper)
    held = (actual >= lower) & (actual <= upper)
    return float(held[is_known].mean()) if is_known.any() else float("nan")
