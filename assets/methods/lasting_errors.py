"""How sure a straight fit to a series is when what chance does today is still felt tomorrow.

Errors of a daily series last: a rainy week, a fair. Least squares' own intervals take each day for
news and are too narrow, and those of Newey & West (1987) still are with few days (Turner et al.
2021, BMC Medical Research Methodology 21:181). Here errors follow each other as AR(1).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_MOST_LASTING: Final = 0.95
_HALVINGS: Final = 20


@dataclass(frozen=True)
class Fit:
    """Coefficients (terms,) by least squares with their covariance (terms, terms).

    `lasting` is the correlation of errors a step apart, `freedom` how many errors would be worth as
    much if each were news, less the terms: the degrees of Student's t for an interval.
    """

    coefficients: Array
    covariance: Array
    lasting: float
    freedom: float


def least_squares(design: ArrayLike, values: ArrayLike) -> Fit:
    """Fit a series (steps,) to a design (steps, terms) where its errors last.

    NaN in `values` is a gap, which errors last across. The covariance is (X'X)⁻¹ X'RX (X'X)⁻¹ σ²
    with R of AR(1), σ² from the residuals and what R lets be expected of them; the freedom is
    n (1 - ρ) / (1 + ρ) less the terms (Bartlett 1946), not below one. Raises ValueError where terms
    depend on each other or leave no value over.
    """
    x, y = np.array(design, dtype=float), np.asarray(values, dtype=float)
    is_known = ~np.isnan(y)
    known, terms = int(is_known.sum()), x.shape[1]
    x[~is_known] = 0.0
    if known <= terms or np.linalg.matrix_rank(x) < terms:
        raise ValueError("a fit needs more values than terms, and terms that differ")
    basis, triangle = np.linalg.qr(x)
    y = np.where(is_known, y, 0.0)
    errors = np.where(is_known, y - basis @ (basis.T @ y), 0.0)
    lasting = lasting_of(basis, errors, is_known=is_known)
    over = basis.T @ _lasted(basis, lasting)
    left = known - float(np.trace(over))
    back = np.linalg.inv(triangle)
    variance = float(errors @ errors) / left
    return Fit(
        coefficients=back @ (basis.T @ y),
        covariance=variance * back @ over @ back.T,
        lasting=lasting,
        freedom=max(known * (1 - lasting) / (1 + lasting) - terms, 1.0),
    )


def lasting_of(basis: Array, errors: Array, *, is_known: NDArray[np.bool_]) -> float:
    """The correlation ρ of errors a step apart, from 0 to 0.95, of which residuals show less.

    `basis` (steps, terms) is orthonormal and spans what was fitted, `errors` (steps,) are the
    residuals, both nought in gaps. What is solved for is the ρ for which residuals of such errors
    have, in expectation, the products that were seen: with M = 1 - QQ', and L the neighbours of a
    step, tr(MRML) / tr(MR).
    """
    total = float(errors @ errors)
    if not total > 0:
        return 0.0
    seen = float(errors[1:] @ errors[:-1]) / total
    known, pairs = int(is_known.sum()), int((is_known[1:] & is_known[:-1]).sum())
    beside = np.zeros_like(basis)
    beside[1:] += basis[:-1] / 2
    beside[:-1] += basis[1:] / 2
    between = basis.T @ (beside * is_known[:, None])

    def shown(lasting: float) -> float:
        lasted = _lasted(basis, lasting)
        over = basis.T @ lasted
        apart = pairs * lasting - 2 * float((beside * lasted * is_known[:, None]).sum())
        return (apart + float((between * over).sum())) / (known - float(np.trace(over)))

    low, high = 0.0, _MOST_LASTING
    if seen <= shown(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if shown(middle) < seen else (low, middle)
    return (low + high) / 2


def _lasted(columns: Array, lasting: float) -> Array:
    """R times the columns (steps, terms), R the correlation ρ^|i - j| of AR(1)."""
    from scipy.signal import lfilter

    forward = lfilter([1.0], [1.0, -lasting], columns, axis=0)
    backward = lfilter([1.0], [1.0, -lasting], columns[::-1], axis=0)[::-1]
    return np.asarray(forward + backward - columns)
