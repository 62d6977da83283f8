"""Whether places with an action changed otherwise than places without: difference in differences.

Card & Krueger (1994), Minimum wages and employment, American Economic Review 84(4); that both went
the same way before is tested, since the method rests on it (Angrist & Pischke 2009, ch. 5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.methods.interrupted import interrupted
from assets.methods.lasting_errors import least_squares
from assets.methods.scaled_error import scaled_error

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How much more the treated places changed than the others, with its 95 % interval.

    `trend_p_value` says how likely such a difference of their trends before is if there is none:
    below 0.05 the two went different ways already. `expected` (steps,) is the others' mean and the
    usual gap, `fit_error` the MASE of that before.
    """

    effect: float
    low: float
    high: float
    p_value: float
    trend_p_value: float
    before_count: int
    after_count: int
    expected: Array
    fit_error: float


def difference_of_means(
    *, treated_before: float, treated_after: float, others_before: float, others_after: float
) -> float:
    """The difference in differences of four means, in their unit."""
    return (treated_after - treated_before) - (others_after - others_before)


def difference_in_differences(
    treated: ArrayLike, others: ArrayLike, *, first_after: int, season: int = 1
) -> Difference:
    """Compare the change of treated places (steps, places) with that of the others.

    Steps in which any place has a gap (NaN) count for nothing: a place that comes or goes would
    look like a change. The errors are those of the gap between the two means over time, which last
    (`lasting_errors`). The order of places does not matter; `season` is the number of steps in a
    cycle, for `fit_error`. Raises ValueError for fewer than three steps before.
    """
    from scipy.stats import t as student

    inside, outside = (np.asarray(one, dtype=float) for one in (treated, others))
    # Sums of the same numbers in another order differ in their last digit.
    own = np.sort(inside.reshape(len(inside), -1), axis=1).mean(axis=1)
    usual = np.sort(outside.reshape(len(outside), -1), axis=1).mean(axis=1)
    gap = own - usual
    before = gap[:first_after]
    if (~np.isnan(before)).sum() < 3:
        raise ValueError("a difference in differences needs three steps before the action")
    found = interrupted(gap, first_after=first_after, has_trend=False)
    steps = np.arange(first_after, dtype=float)
    fit = least_squares(np.column_stack([np.ones(first_after), steps - steps.mean()]), before)
    slope, deviation = float(fit.coefficients[1]), float(np.sqrt(fit.covariance[1, 1]))
    p_value = float(2 * student.sf(abs(slope) / deviation, fit.freedom)) if deviation > 0 else 1.0
    return Difference(
        effect=found.level,
        low=found.level_low,
        high=found.level_high,
        p_value=found.p_value,
        trend_p_value=p_value,
        before_count=found.before_count,
        after_count=found.after_count,
        expected=usual + found.expected,
        fit_error=scaled_error(
            own[:first_after], (usual + found.expected)[:first_after], season=season
        ),
    )
