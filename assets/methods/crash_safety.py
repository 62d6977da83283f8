"""How dangerous a place truly is: expected crashes by empirical Bayes, which corrects for luck.

Hauer, Harwood, Council & Griffith (2002), Estimating Safety by the Empirical Bayes Method,
Transportation Research Record 1784. Crashes are counts over so many years.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
# To less than a thousand millionth of the highest end.
_BISECTIONS: Final = 32


@dataclass(frozen=True)
class Expected:
    """Expected crashes of each place over the years observed, with its standard deviation."""

    crashes: Array
    deviation: Array
    weight: Array


def performance(exposures: ArrayLike, *, scale: float, exponents: ArrayLike) -> Array:
    """Crashes a year that are usual for such exposure: scale · Π exposure^exponent.

    `exposures` is (places,) or (places, kinds), such as vehicles and bicycles a day.
    """
    values = np.asarray(exposures, dtype=float)
    powers = np.atleast_1d(np.asarray(exponents, dtype=float))
    columns = values[:, None] if values.ndim == 1 else values
    return np.asarray(scale * np.prod(columns**powers, axis=1))


def empirical_bayes(
    observed: ArrayLike, usual_a_year: ArrayLike, *, years: ArrayLike, overdispersion: ArrayLike
) -> Expected:
    """Expected crashes between what is usual and what was seen (Hauer et al. 2002, eq. 1 to 4).

    `overdispersion` is φ of the negative binomial, with variance µ(1 + µ/φ) over the same place
    and time; for a stretch give φ per km times its length. Weight w = 1 / (1 + µY/φ), estimate
    wµY + (1 - w)x, variance (1 - w) times the estimate. Raises ValueError for negative counts.
    """
    seen, usual = np.asarray(observed, dtype=float), np.asarray(usual_a_year, dtype=float)
    if (seen < 0).any() or (usual <= 0).any():
        raise ValueError("observed crashes are not negative and usual ones above nought")
    expected = usual * np.asarray(years, dtype=float)
    weight = 1 / (1 + expected / np.asarray(overdispersion, dtype=float))
    estimate = weight * expected + (1 - weight) * seen
    return Expected(estimate, np.sqrt((1 - weight) * estimate), weight)


def gamma_interval(expected: Expected, *, confidence: float = 0.95) -> tuple[Array, Array]:
    """The interval of expected crashes: their posterior is a gamma of that mean and variance."""
    from scipy.stats import gamma

    variance = np.maximum(expected.deviation**2, 1e-12)
    shape, scale = expected.crashes**2 / variance, variance / expected.crashes
    tail = (1 - confidence) / 2
    low, high = (gamma.ppf(one, shape, scale=scale) for one in (tail, 1 - tail))
    return np.asarray(low), np.asarray(high)


def untold_below(
    observed: ArrayLike,
    usual_a_year: ArrayLike,
    *,
    years: float,
    overdispersion: ArrayLike,
    least: int,
    confidence: float = 0.95,
) -> tuple[Array, Array, Array]:
    """Expected crashes and the ends of their interval, where counts below `least` are not told.

    From `least` on they are those of `empirical_bayes`. A place with fewer gets what is expected
    given that they are fewer: the estimates for 0, 1, … crashes, each weighted by its probability
    under the negative binomial, and the interval of that mixture of gammas. Places that differ in
    such a count alone are equal, and over many places nothing is lost: the weighted estimates add
    up to what is usual. Arrays are over places; `overdispersion` is one or one a place.
    """
    from scipy.special import gammainc
    from scipy.stats import gamma, nbinom

    usual = np.asarray(usual_a_year, dtype=float)
    phi = np.broadcast_to(np.asarray(overdispersion, dtype=float), usual.shape)
    exact = empirical_bayes(observed, usual, years=years, overdispersion=phi)
    found = np.stack([exact.crashes, *gamma_interval(exact, confidence=confidence)])
    is_untold = np.asarray(observed) < least
    if is_untold.any():
        phi, expected = phi[is_untold], usual[is_untold] * years
        counts = np.arange(least)[:, None]
        shares = nbinom.pmf(counts, phi, phi / (phi + expected))
        shares = shares / shares.sum(axis=0)
        shapes, rate = phi + counts, phi / expected + 1
        found[0, is_untold] = (shares * shapes).sum(axis=0) / rate
        tail = (1 - confidence) / 2
        for end, share in ((1, tail), (2, 1 - tail)):
            # No part of the mixture lies higher than its last.
            low, high = np.zeros(len(rate)), gamma.ppf(share, shapes[-1], scale=1 / rate)
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2
                is_below = (shares * gammainc(shapes, middle * rate)).sum(axis=0) < share
                low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
            found[end, is_untold] = (low + high) / 2
    # Where crashes hang on few places, the mean is above nearly all of what it is the mean of.
    return found[0], np.minimum(found[1], found[0]), np.maximum(found[2], found[0])


@dataclass(frozen=True)
class Performance:
    """A safety performance function fitted to places: crashes = scale · Π exposure^exponent."""

    scale: float
    exponents: tuple[float, ...]
    overdispersion: float

    def usual(self, exposures: ArrayLike) -> Array:
        """Crashes a year that are usual for such exposure."""
        return performance(exposures, scale=self.scale, exponents=self.exponents)


def fit_performance(observed: ArrayLike, exposures: ArrayLike, *, years: float) -> Performance:
    """Fit a negative binomial to counts by likelihood (Hauer 1997, appendix).

    `exposures` is (places,) or (places, kinds), above nought. Raises ValueError for fewer than ten
    places or without any crash: there is nothing to learn from.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    counts = np.asarray(observed, dtype=float)
    values = np.asarray(exposures, dtype=float)
    columns = np.log(values[:, None] if values.ndim == 1 else values)
    if len(counts) < 10 or counts.sum() == 0:
        raise ValueError("a safety performance function needs ten places and some crashes")
    design = np.column_stack([np.ones(len(counts)), columns - columns.mean(axis=0)])

    def unlikelihood(parameters: Array) -> float:
        expected = np.exp(np.clip(design @ parameters[:-1], -30, 30)) * years
        phi = np.exp(np.clip(parameters[-1], -6, 8))
        terms = gammaln(counts + phi) - gammaln(phi) - gammaln(counts + 1)
        terms += phi * np.log(phi / (phi + expected))
        terms += counts * np.log(expected / (phi + expected))
        return float(-terms.sum())

    start = np.zeros(design.shape[1] + 1)
    start[0] = np.log(counts.mean() / years)
    fitted = minimize(unlikelihood, start, method="Nelder-Mead", options={"maxiter": 4000}).x
    exponents = fitted[1:-1]
    scale = np.exp(fitted[0] - columns.mean(axis=0) @ exponents)
    phi = np.exp(np.clip(fitted[-1], -6, 8))
    return Performance(float(scale), tuple(float(one) for one in exponents), float(phi))
