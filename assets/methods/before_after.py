"""Whether a measure made streets safer: crashes after it against those expected without it.

Hauer (1997), Observational Before-After Studies in Road Safety, ch. 6 and 11; the expectation is
that of empirical Bayes, so that places chosen for their bad luck do not count as cured.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from assets.methods.crash_safety import Expected


@dataclass(frozen=True)
class Effect:
    """What a measure made of crashes: 0.75 means a quarter fewer. With its standard deviation."""

    ratio: float
    deviation: float

    def interval(self, *, normal_quantile: float = 1.96) -> tuple[float, float]:
        """The ratio's interval, 95 % by default; not below nought."""
        half = normal_quantile * self.deviation
        return max(self.ratio - half, 0.0), self.ratio + half


def effect_of(before: Expected, after: ArrayLike, *, change: ArrayLike) -> Effect:
    """The ratio of crashes seen after a measure to those expected without it, over its places.

    `before` are expected crashes of each place (places,) over the time before, `after` the crashes
    seen, `change` what time, traffic and weather alone would have made of the crashes before: years
    after over years before, times usual ones after over usual ones before. θ = (λ/π) / (1 + Var
    π/π²), Var θ = θ² (1/λ + Var π/π²) / (1 + Var π/π²)² (Hauer 1997, eq. 6.3 and 6.4, with Var λ =
    λ). No crash after gives nought with the deviation of one crash. Raises ValueError where none
    is expected.
    """
    seen = float(np.asarray(after, dtype=float).sum())
    factor = np.asarray(change, dtype=float)
    expected = float((before.crashes * factor).sum())
    if not expected > 0:
        raise ValueError("a measure's effect needs places where crashes are expected")
    spread = float((before.deviation**2 * factor**2).sum()) / expected**2
    ratio = seen / expected / (1 + spread)
    counted = max(seen, 1.0)
    one = counted / expected / (1 + spread)
    return Effect(ratio, float(one * np.sqrt(1 / counted + spread) / (1 + spread)))
