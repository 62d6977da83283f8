"""Whether a series broke where an action began: segmented regression, with errors that last.

Lopez Bernal, Cummins & Gasparrini (2017), Interrupted time series regression for the evaluation of
public health interventions: a tutorial, International Journal of Epidemiology 46(1); intervals are
those of `lasting_errors`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.methods.lasting_errors import least_squares
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
    season: int = 1,
) -> Break:
    """Fit a level, a trend and a step at `first_after` to a series (steps,); NaN is a gap.

    `others` (steps, kinds) are further regressors, such as `of_season`; `season` is the number of
    steps in a cycle, for `fit_error`. The model has no change of slope: the effect is one number.
    Raises ValueError where values before or after are too few for it.
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
    y = np.where(np.isnan(design).any(axis=1), np.nan, y)
    is_known = ~np.isnan(y)
    before, after = int(is_known[:first_after].sum()), int(is_known[first_after:].sum())
    terms = design.shape[1]
    if after < 1 or before < terms or np.linalg.matrix_rank(design[is_known]) < terms:
        raise ValueError("a break needs more values before the action than the line has terms")
    fit = least_squares(design, y)
    deviation = float(np.sqrt(fit.covariance[1, 1]))
    width = float(student.ppf(0.975, fit.freedom))
    level = float(fit.coefficients[1])
    chance = float(2 * student.sf(abs(level) / deviation, fit.freedom)) if deviation > 0 else 1.0
    without = design.copy()
    without[:, 1] = 0.0
    expected = without @ fit.coefficients
    spread = width * np.sqrt(np.maximum(((without @ fit.covariance) * without).sum(axis=1), 0.0))
    return Break(
        level=level,
        level_low=level - width * deviation,
        level_high=level + width * deviation,
        deviation=deviation,
        p_value=chance,
        fit_error=scaled_error(y[:first_after], expected[:first_after], season=season),
        before_count=before,
        after_count=after,
        expected=expected,
        low=expected - spread,
        high=expected + spread,
    )


_A_YEAR: Final = 365.25


def of_season(day_of_year: ArrayLike, *, pairs: int = 2) -> Array:
    """Sines and cosines of the year (steps, 2 pairs), as Lopez Bernal et al. (2017) adjust for it.

    `day_of_year` (steps,) counts from 1.
    """
    angle = 2 * np.pi * (np.asarray(day_of_year, dtype=float) - 1) / _A_YEAR
    waves = [wave(pair * angle) for pair in range(1, pairs + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(waves)
