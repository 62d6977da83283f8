"""What a series would have been without an action, from series that the action did not touch.

Bayesian structural time series: Brodersen, Gallusser, Koehler, Remy & Scott (2015), Inferring
causal impact using Bayesian structural time-series models, Annals of Applied Statistics 9(1). A
level that wanders a little, and a regression on untreated series.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.methods.lasting_errors import lasting_of
from assets.methods.scaled_error import scaled_error

Array = NDArray[np.float64]
# The weights of the paper's R package CausalImpact, in values.
_LEVEL_WEIGHT: Final = 32.0
_NOISE_WEIGHT: Final = 1.0
_NOISE_SHARE: Final = 0.5
_LEAST_BEFORE: Final = 4
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Impact:
    """What became of a series after an action, in its own unit and a step, with 95 % intervals.

    `actual` and `predicted` are means over the steps after; `effect` is their difference and
    `p_value` the two-sided tail of the prediction beyond `actual`. `expected`, `low` and `high`
    (steps,) say what was to be expected at each step (NaN where a control has a gap); before the
    action they are the fit, without an interval (NaN). `fit_error` is the MASE of that fit.
    """

    actual: float
    predicted: float
    predicted_deviation: float
    effect: float
    effect_low: float
    effect_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    fit_error: float
    before_count: int
    after_count: int
    expected: Array
    low: Array
    high: Array


def impact(
    values: ArrayLike,
    controls: ArrayLike,
    *,
    first_after: int,
    seed: int,
    draws: int = 1_000,
    warm_up: int = 200,
    season: int = 1,
    level_deviation: float = 0.01,
) -> Impact:
    """Compare a series after an action with what untreated series say it would have been.

    `values` (steps,), of which those from `first_after` on are after the action; `controls`
    (steps, kinds), which may have no column. NaN is a gap; where a control has one, that step
    counts for nothing. Controls in another order give the same bits, and so does the same seed.
    The regression has Zellner's g-prior, g the number of values before. `season` is the number of
    steps in a cycle, for `fit_error`; `level_deviation` how far the level is thought to move in a
    step, in deviations of the series before (CausalImpact's 0.01; see `unexplained`). Raises
    ValueError for fewer than four values before, or none after.
    """
    from assets.methods.structural_compiled import sample

    y = np.array(values, dtype=float)
    x = _in_one_order(np.array(controls, dtype=float).reshape(len(y), -1))
    is_untold: NDArray[np.bool_] = np.asarray(np.isnan(x).any(axis=1))
    y[is_untold] = np.nan
    x = np.nan_to_num(x)
    is_known = ~np.isnan(y)
    before, after = is_known[:first_after], is_known[first_after:]
    if before.sum() < _LEAST_BEFORE or not after.any():
        raise ValueError("an impact needs four values before the action and one after it")
    centre, scale = y[:first_after][before].mean(), y[:first_after][before].std()
    scale = scale if scale > _TINY * max(1.0, abs(centre)) else 1.0
    scaled = (y - centre) / scale
    x = _standardised(x, first_after, before)
    known = x[:first_after][before]
    pull = np.linalg.pinv(known.T @ known, hermitian=True)
    spread = np.linalg.cholesky(pull + _TINY * np.eye(len(pull))) if len(pull) else pull
    steps, later, count = first_after, len(y) - first_after, int(before.sum())
    rng = np.random.default_rng(seed)
    paths, fit = sample(
        np.ascontiguousarray(scaled[:steps]),
        np.ascontiguousarray(x[:steps]),
        np.ascontiguousarray(x[steps:]),
        np.ascontiguousarray(pull),
        np.ascontiguousarray(spread),
        count / (count + 1),
        level_deviation**2,
        _LEVEL_WEIGHT,
        _NOISE_SHARE,
        _NOISE_WEIGHT,
        rng.standard_normal((draws + warm_up, 2 * steps + x.shape[1] + 2 * later)),
        rng.chisquare(_NOISE_WEIGHT + count, draws + warm_up),
        rng.chisquare(_LEVEL_WEIGHT + count - 1, draws + warm_up),
        warm_up,
    )
    paths, fit = paths * scale + centre, fit * scale + centre
    fit[is_untold[:steps]] = np.nan
    paths[:, is_untold[steps:]] = np.nan
    return _summary(y, paths, fit, after=after, season=season, controls=x)


def unexplained(values: ArrayLike, controls: ArrayLike, *, first_after: int) -> float:
    """The share of a series' deviation before the action that its controls leave open, 0 to 1.

    Where a season moves both, a level that may move by so much of the series' own deviation would
    drown in a year what its controls say to the percent: times this share it does not. Shapes are
    those of `impact`; 1 without controls, or too few values for them.
    """
    y = np.asarray(values, dtype=float)[:first_after]
    x = np.asarray(controls, dtype=float).reshape(len(np.asarray(values)), -1)
    design = np.column_stack([np.ones(len(y)), x[:first_after]])
    is_known = ~np.isnan(y) & ~np.isnan(design).any(axis=1)
    y, design = y[is_known], design[is_known]
    if len(y) <= design.shape[1] or not y.std() > 0:
        return 1.0
    errors = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    freedom = (len(y) - 1) / (len(y) - design.shape[1])
    return min(1.0, float(errors.std() / y.std() * np.sqrt(freedom)))


def _summary(
    y: Array, paths: Array, fit: Array, *, after: NDArray[np.bool_], season: int, controls: Array
) -> Impact:
    steps = len(fit)
    actual = float(y[steps:][after].mean())
    means = paths[:, after].mean(axis=1)
    predicted = float(means.mean())
    means = predicted + (means - predicted) * _widened(
        means, y[:steps] - fit, controls[:steps], controls[steps:][after]
    )
    low, high = np.quantile(means, (0.025, 0.975))
    above = float((means >= actual).mean())
    least = 1 / (len(means) + 1)
    blank = np.full(steps, np.nan)
    path_low, path_high = np.quantile(paths, (0.025, 0.975), axis=0)
    # A share of what was to be expected: only where that is above nought in every draw.
    ratios = actual / means if (means > 0).all() else np.full(len(means), np.nan)
    before = ~np.isnan(y[:steps])
    return Impact(
        actual=actual,
        predicted=predicted,
        predicted_deviation=float(means.std()),
        effect=actual - predicted,
        effect_low=float(actual - high),
        effect_high=float(actual - low),
        ratio=actual / predicted if (means > 0).all() else float("nan"),
        ratio_low=float(np.quantile(ratios, 0.025)),
        ratio_high=float(np.quantile(ratios, 0.975)),
        p_value=min(1.0, max(2 * min(above, 1 - above), least)),
        fit_error=scaled_error(y[:steps], fit, season=season),
        before_count=int(before.sum()),
        after_count=int(after.sum()),
        expected=np.concatenate([fit, paths.mean(axis=0)]),
        low=np.concatenate([blank, path_low]),
        high=np.concatenate([blank, path_high]),
    )


def _widened(means: Array, errors: Array, controls: Array, later: Array) -> float:
    """By how much the mean's deviation grows because errors last longer than a step.

    The model draws each noise anew. With ρ between errors a step apart, the noise's share of a
    mean's variance is (1 + ρ) / (1 - ρ) of that (Bartlett 1946): of what is new after the action,
    and of what the coefficients carry over from before it, which is more the further the `later`
    controls (after, kinds) are from those before (steps, kinds).
    """
    is_known = ~np.isnan(errors)
    left = np.where(is_known, errors, 0.0)
    total, known, variance = float(left @ left), int(is_known.sum()), float(means.var())
    if not total > 0 or not variance > 0:
        return 1.0
    design = np.column_stack([np.ones(len(errors)), controls]) * is_known[:, None]
    basis, triangle = np.linalg.qr(design)
    lasting = lasting_of(basis, left, is_known=is_known)
    # Controls that repeat each other carry nothing more.
    carried = np.linalg.pinv(triangle).T @ np.r_[1.0, later.mean(axis=0)]
    more = total / known * (1 / len(later) + float(carried @ carried))
    return float(np.sqrt(1 + more * ((1 + lasting) / (1 - lasting) - 1) / variance))


def _in_one_order(controls: Array) -> Array:
    """The columns in an order that follows from their numbers alone."""
    order = sorted(range(controls.shape[1]), key=lambda at: controls[:, at].tobytes())
    return controls[:, order]


def _standardised(x: Array, first_after: int, before: NDArray[np.bool_]) -> Array:
    """Each control about its mean before, in deviations; those that do not move say nothing."""
    known = x[:first_after][before]
    centre, deviation = known.mean(axis=0), known.std(axis=0)
    moves = deviation > _TINY * np.maximum(1.0, np.abs(centre))
    return np.asarray((x[:, moves] - centre[moves]) / deviation[moves])
