"""Whether a series broke where an action began: segmented regression, with errors that last.

Lopez Bernal, Cummins & Gasparrini (2017), Interrupted time series regression for the evaluation of
public health interventions: a tutorial, International Journal of Epidemiology 46(1); least squares
with the errors of Newey & West (1987), Econometrica 55(3).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.methods.scaled_error import scaled_error

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Break:
    """The step of a series where an action began, in its own unit, with its 95 % interval.

    `expected` (steps,) is what the same line gives without the step, `low` and `high` the interval
    of that line; `fit_error` is the MASE of the fit before.
    """

    level: float
    level_low: float
    level_high: float
    deviation: float
    p_value: float
    fit_error: float
    before_count: int
    after_count: int
    expected: Array
    low: Array
    high: Array


def interrupted(
    values: ArrayLike,
    *,
    first_after: int,
    others: ArrayLike | None = None,
    has_trend: bool = True,
    lags: int | None = None,
    season: int = 1,
) -> Break:
    """Fit a level, a trend and a step at `first_after` to a series (steps,); NaN is a gap.

    `others` (steps, kinds) are further regressors, such as `of_season`. The errors' lag is 4 (n /
    100)^(2/9) where none is said (Newey & West 1994), or a season if that is longer. The model has
    no change of slope: the effect is one number. Raises ValueError where values before or after
    are too few for it.
    """
    from scipy.stats import t as student

    y = np.asarray(values, dtype=float)
    steps = np.arange(len(y), dtype=float)
    columns = [np.ones(len(y)), (steps >= first_after).astype(float)]
    if has_trend:
        columns.append((steps - first_after) / max(len(y), 1))
    design = np.column_stack(columns)
    if others is not None:
        design = np.column_stack([design, np.asarray(others, dtype=float).reshape(len(y), -1)])
    is_known = ~np.isnan(y) & ~np.isnan(design).any(axis=1)
    before, after = int(is_known[:first_after].sum()), int(is_known[first_after:].sum())
    # A gap in time leaves a gap between errors: those of known steps are next to each other.
    x, known = design[is_known], y[is_known]
    if after < 1 or before < x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("a break needs more values before the action than the line has terms")
    usual = int(4 * (len(known) / 100) ** (2 / 9))
    covariance, found = newey_west(
        x, known, lags=max(usual, season if season > 1 else 0) if lags is None else lags
    )
    deviation = float(np.sqrt(covariance[1, 1]))
    freedom = len(known) - x.shape[1]
    width = float(student.ppf(0.975, freedom))
    level = float(found[1])
    without = design.copy()
    without[:, 1] = 0.0
    expected = without @ found
    spread = width * np.sqrt(np.maximum(((without @ covariance) * without).sum(axis=1), 0.0))
    return Break(
        level=level,
        level_low=level - width * deviation,
        level_high=level + width * deviation,
        deviation=deviation,
        p_value=float(2 * student.sf(abs(level) / deviation, freedom)) if deviation > 0 else 1.0,
        fit_error=scaled_error(y[:first_after], expected[:first_after], season=season),
        before_count=before,
        after_count=after,
        expected=expected,
        low=expected - spread,
        high=expected + spread,
    )


def newey_west(design: Array, values: Array, *, lags: int) -> tuple[Array, Array]:
    """The covariance (terms, terms) of least-squares coefficients, and the coefficients (terms,).

    Newey & West (1987) with Bartlett's weights 1 - l / (lags + 1), and n / (n - terms) for few
    values, as in Stata and statsmodels.
    """
    inverse = np.linalg.pinv(design.T @ design, hermitian=True)
    found = inverse @ design.T @ values
    scores = design * (values - design @ found)[:, None]
    middle = scores.T @ scores
    for lag in range(1, min(lags, len(values) - 1) + 1):
        apart = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (apart + apart.T)
    few = len(values) / max(len(values) - design.shape[1], 1)
    return few * inverse @ middle @ inverse, found


_A_YEAR: Final = 365.25


def of_season(day_of_year: ArrayLike, *, pairs: int = 2) -> Array:
    """Sines and cosines of the year (steps, 2 pairs), as Lopez Bernal et al. (2017) adjust for it.

    `day_of_year` (steps,) counts from 1.
    """
    angle = 2 * np.pi * (np.asarray(day_of_year, dtype=float) - 1) / _A_YEAR
    waves = [wave(pair * angle) for pair in range(1, pairs + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(waves)
