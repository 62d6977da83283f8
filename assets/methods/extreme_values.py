"""Rare events from yearly maxima: generalised extreme values, return levels, depth and duration.

Shapes follow Coles (2001): a positive `shape` has a heavy upper tail. scipy's `c` is its negative.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gamma, log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Below this the shape is taken for zero: the formulas with 1/shape lose their digits.
_GUMBEL: Final = 1e-6
_EULER: Final = 0.5772156649015329
_LEAST_SAMPLE: Final = 4


@dataclass(frozen=True)
class ExtremeValues:
    """A generalised extreme value distribution; location and scale in the unit of the sample."""

    location: float
    scale: float
    shape: float

    def level(self, period_years: ArrayLike) -> NDArray[np.float64]:
        """The value exceeded once in so many years on average (Coles 2001, eq. 3.4).

        Raises ValueError for periods of a year or less.
        """
        period = np.asarray(period_years, dtype=float)
        if (period <= 1).any():
            raise ValueError("a return period is longer than one year")
        reduced = -np.log1p(-1 / period)
        if abs(self.shape) < _GUMBEL:
            return np.asarray(self.location - self.scale * np.log(reduced))
        return np.asarray(self.location + self.scale / self.shape * (reduced**-self.shape - 1))

    def period(self, value: ArrayLike) -> NDArray[np.float64]:
        """In how many years a value is exceeded once on average; inf above a bounded tail."""
        chance = 1 - self.not_exceeded(value)
        with np.errstate(divide="ignore"):
            return np.asarray(1 / chance)

    def not_exceeded(self, value: ArrayLike) -> NDArray[np.float64]:
        """The chance that a year's maximum is at most the value (Coles 2001, eq. 3.2)."""
        z = (np.asarray(value, dtype=float) - self.location) / self.scale
        if abs(self.shape) < _GUMBEL:
            return np.exp(-np.exp(-z))
        inside = np.maximum(1 + self.shape * z, 0)
        with np.errstate(divide="ignore"):
            return np.exp(-(inside ** (-1 / self.shape)))

    def sample(self, shape: tuple[int, ...], *, seed: int) -> NDArray[np.float64]:
        """Random yearly maxima, by inverting the distribution."""
        uniform = np.random.default_rng(seed).uniform(size=shape)
        reduced = -np.log(uniform)
        if abs(self.shape) < _GUMBEL:
            return np.asarray(self.location - self.scale * np.log(reduced))
        return np.asarray(self.location + self.scale / self.shape * (reduced**-self.shape - 1))

    def negative_log_likelihood(self, sample: ArrayLike) -> float:
        """Of a sample of yearly maxima (Coles 2001, eq. 3.7); inf outside of the support."""
        z = (np.asarray(sample, dtype=float) - self.location) / self.scale
        if abs(self.shape) < _GUMBEL:
            return float(len(z) * log(self.scale) + (z + np.exp(-z)).sum())
        inside = 1 + self.shape * z
        if (inside <= 0).any():
            return float("inf")
        terms = (1 + 1 / self.shape) * np.log(inside) + inside ** (-1 / self.shape)
        return float(len(z) * log(self.scale) + terms.sum())


def l_moments(sample: ArrayLike) -> tuple[float, float, float]:
    """Mean, L-scale and L-skewness of a sample, unbiased (Hosking 1990, eq. 2.3 and 3.1).

    Raises ValueError for fewer than four values or for values that are all the same.
    """
    values = np.sort(np.asarray(sample, dtype=float))
    count = len(values)
    if count < _LEAST_SAMPLE or not np.isfinite(values).all():
        raise ValueError("L-moments need at least four finite values")
    rank = np.arange(count)
    b0 = values.mean()
    b1 = (values * rank).sum() / (count * (count - 1))
    b2 = (values * rank * (rank - 1)).sum() / (count * (count - 1) * (count - 2))
    scale = 2 * b1 - b0
    if scale <= 0:
        raise ValueError("L-moments of values that are all the same have no scale")
    return float(b0), float(scale), float((6 * b2 - 6 * b1 + b0) / scale)


def fit_by_l_moments(sample: ArrayLike) -> ExtremeValues:
    """The distribution with the sample's L-moments (Hosking, Wallis & Wood 1985, eq. 14).

    Robust for 30 to 60 years. Raises ValueError as `l_moments` does.
    """
    return _with_l_moments(*l_moments(sample))


def _with_l_moments(mean: float, l_scale: float, l_skew: float) -> ExtremeValues:
    c = 2 / (3 + l_skew) - log(2) / log(3)
    k = 7.8590 * c + 2.9554 * c**2
    if abs(k) < _GUMBEL:
        scale = l_scale / log(2)
        return ExtremeValues(mean - _EULER * scale, scale, 0.0)
    scale = l_scale * k / ((1 - 2**-k) * gamma(1 + k))
    return ExtremeValues(mean - scale * (1 - gamma(1 + k)) / k, scale, -k)


def fit_by_likelihood(sample: ArrayLike) -> ExtremeValues:
    """The most likely distribution of yearly maxima (Coles 2001, § 3.3.2), found numerically."""
    from scipy.stats import genextreme

    shape, location, scale = genextreme.fit(np.asarray(sample, dtype=float))
    return ExtremeValues(float(location), float(scale), -float(shape))


def level_interval(
    fitted: ExtremeValues,
    period_years: float,
    *,
    years: int,
    confidence: float = 0.90,
    draws: int = 500,
    seed: int = 1,
) -> tuple[float, float]:
    """The interval of a return level fitted to so many years, by parametric bootstrap.

    Samples of the fitted distribution are fitted again by L-moments (Kyselý 2008).
    """
    samples = fitted.sample((draws, years), seed=seed)
    levels = [float(fit_by_l_moments(one).level(period_years)) for one in samples]
    tail = (1 - confidence) / 2
    low, high = np.quantile(levels, [tail, 1 - tail])
    return float(low), float(high)


@dataclass(frozen=True)
class DepthDuration:
    """How deep the rain of a duration is once in so many years: h = a1 · w(T) · D^n.

    `a1_mm` is the mean yearly maximum of one hour, `n` the exponent of the duration in hours, and
    `growth` the distribution of maxima over their mean, the same for all durations.
    """

    a1_mm: float
    n: float
    growth: ExtremeValues

    def depth_mm(self, duration_h: ArrayLike, period_years: ArrayLike) -> NDArray[np.float64]:
        """The depth (mm) of so many hours that is exceeded once in so many years."""
        mean_mm = self.a1_mm * np.asarray(duration_h, dtype=float) ** self.n
        return np.asarray(mean_mm * self.growth.level(period_years))

    def period_years(self, duration_h: ArrayLike, depth_mm: ArrayLike) -> NDArray[np.float64]:
        """In how many years so deep a rain of that duration comes once, on average."""
        mean_mm = self.a1_mm * np.asarray(duration_h, dtype=float) ** self.n
        return self.growth.period(np.asarray(depth_mm, dtype=float) / mean_mm)


def fit_depth_duration(maxima_mm: Mapping[float, ArrayLike]) -> DepthDuration:
    """The line of rain possibility of a station, from yearly maxima (mm) by duration (hours).

    Scale-invariant (Burlando & Rosso 1996; ARPA Lombardia's form, De Michele, Rosso & Rulli 2005):
    the means follow a power of the duration, and maxima over their mean one distribution for all
    durations, fitted by L-moments averaged over them. Raises ValueError for fewer than two
    durations.
    """
    if len(maxima_mm) < 2:
        raise ValueError("a line of rain possibility needs maxima of at least two durations")
    hours = np.array(sorted(maxima_mm))
    samples = [np.asarray(maxima_mm[one], dtype=float) for one in hours]
    means = np.array([one.mean() for one in samples])
    n, log_a1 = np.polyfit(np.log(hours), np.log(means), 1)
    ratios = np.array([l_moments(one / one.mean())[1:] for one in samples])
    weights = np.array([len(one) for one in samples], dtype=float)
    l_scale, l_skew = np.average(ratios, axis=0, weights=weights)
    growth = _with_l_moments(1.0, float(l_scale), float(l_skew))
    return DepthDuration(float(np.exp(log_a1)), float(n), growth)
