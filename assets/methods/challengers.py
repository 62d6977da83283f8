"""Forecasts by models that the twin does not publish, to hold its own to: exponential smoothing.

They need the extra `challengers` (statsmodels).
"""

import warnings
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Level alone, with a trend, and with one that fades.
_TRENDS = ((None, False), ("add", False), ("add", True))
_LEAST_KNOWN = 0.5
_LEAST_SEASONS = 2


def exponential_smoothing(series: ArrayLike, leads: int, *, seasons: Sequence[int] = ()) -> Array:
    """Forecast a series by the state-space model of exponential smoothing of the least AICc.

    `series` (steps,), in any unit; the result (leads,), in the same. Level, trend (none, additive,
    damped), error (additive, multiplicative) and, of one season (steps), its form are chosen by the
    corrected Akaike criterion, without a multiplicative season under an additive error: Hyndman,
    Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008), ch. 2 and 7. Several
    seasons are taken off first and repeated at the end: Bandara, Hyndman & Bergmeir, MSTL,
    International Journal of Operational Research 52 (2025), 79-98.

    Gaps (nan) are bridged by a line. nan where less than half of the steps, or less than two
    of the longest season, are known.
    """
    values = np.asarray(series, dtype=float)
    longest = max(seasons, default=1)
    is_known = np.isfinite(values)
    if is_known.sum() < max(_LEAST_KNOWN * len(values), _LEAST_SEASONS * longest + 1):
        return np.full(leads, np.nan)
    steps = np.arange(len(values))
    whole = np.interp(steps, steps[is_known], values[is_known])
    if len(seasons) < _LEAST_SEASONS:
        return _least(whole, leads, season=longest)
    seasonal = _taken_off(whole, sorted(seasons))
    repeated = np.zeros(leads)
    for season, of_season in zip(sorted(seasons), seasonal, strict=True):
        repeated += np.resize(of_season[-season:], leads)
    return _least(whole - seasonal.sum(axis=0), leads, season=1) + repeated


def _taken_off(values: Array, seasons: Sequence[int]) -> Array:
    from statsmodels.tsa.seasonal import MSTL

    found: Array = np.asarray(MSTL(values, periods=tuple(seasons)).fit().seasonal, dtype=float)
    return found.T


def _least(values: Array, leads: int, *, season: int) -> Array:
    """The forecast of the model whose corrected criterion is the least."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    is_positive = bool(np.all(values > 0))
    forms = [None] if season == 1 else [None, "add", "mul"]
    best, forecast = np.inf, np.full(leads, np.nan)
    for error, (trend, is_damped), form in product(("add", "mul"), _TRENDS, forms):
        if (error == "mul" and not is_positive) or (form == "mul" and error == "add"):
            continue
        with warnings.catch_warnings():
            # A fit that does not come to an end has a large criterion and is not chosen.
            warnings.simplefilter("ignore")
            try:
                fit = ETSModel(
                    values, error=error, trend=trend, damped_trend=is_damped, seasonal=form,
                    seasonal_periods=season if form else None,
                ).fit(disp=False)  # fmt: skip
                said = np.asarray(fit.forecast(leads), dtype=float)
            except (ValueError, np.linalg.LinAlgError):
                continue
        if fit.aicc < best and np.all(np.isfinite(said)):
            best, forecast = float(fit.aicc), said
    return forecast
