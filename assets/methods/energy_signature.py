"""How the energy of a place follows the cold: the three-parameter change-point model."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_PARAMETERS: Final = 3


@dataclass(frozen=True)
class Signature:
    """Energy a day: `base` + `slope` · max(0, `change_c` - mean temperature).

    `base` in the unit of the energies, `slope` in it per kelvin, `change_c` in °C; `_half` is half
    of the interval of the level asked for. `cv_ratio` is the root mean square error over the mean
    energy (CV(RMSE), with n - 3 degrees of freedom), `days_count` the days that it was fitted to.
    """

    base: float
    slope: float
    change_c: float
    base_half: float
    slope_half: float
    change_half: float
    cv_ratio: float
    days_count: int


def energy_signature(
    energy: Array, mean_c: Array, *, least_days_a_side: int = 2, level: float = 0.95
) -> Signature | None:
    """Fit the three-parameter heating change-point model by least squares.

    `energy` of each day (any unit) and `mean_c`, its mean temperature (°C), both of shape (days,);
    days with a missing one are left out. ASHRAE Guideline 14 (2014), annex D, 3-P heating model;
    the change point is exact and not one of a grid: between two neighbouring temperatures the
    least squares are those of a line and a constant (Hudson 1966, Points of inflection in least
    squares fitting; the references are from memory). None where there are fewer than so many days
    on one side of the change point, where energy does not rise with the cold, or with fewer than
    four days. Intervals are those of the linearised model, with Student's t; days are taken to be
    independent.
    """
    known = np.isfinite(energy) & np.isfinite(mean_c)
    order = np.lexsort((energy[known], mean_c[known]))
    e, t = energy[known][order], mean_c[known][order]
    if len(e) <= _PARAMETERS:
        return None
    best: tuple[float, float, float, float] | None = None
    for cut in range(least_days_a_side, len(e) - least_days_a_side + 1):
        if t[cut - 1] == t[cut]:
            continue
        for change in _changes(e, t, cut):
            found = _at(e, t, change)
            if found is not None and (best is None or found[0] < best[0]):
                best = (*found, change)
    if best is None:
        return None
    _, base, slope, change = best
    return _with_intervals(e, t, base=base, slope=slope, change=change, level=level)


def _changes(e: Array, t: Array, cut: int) -> list[float]:
    """Where the change point may lie between the temperatures before and after the cut."""
    low, high = float(t[cut - 1]), float(t[cut])
    cold = t[:cut] - t[:cut].mean()
    spread = float(cold @ cold)
    if spread == 0:
        return [high]
    slope = float(cold @ e[:cut]) / spread
    if slope == 0:
        return [high]
    # Where the line of the cold days meets the constant of the others.
    meeting = float(t[:cut].mean()) + (float(e[cut:].mean()) - float(e[:cut].mean())) / slope
    return [meeting] if low <= meeting <= high else [low, high]


def _at(e: Array, t: Array, change: float) -> tuple[float, float, float] | None:
    """Squared error, base and slope for a given change point; None where slope is not above 0."""
    cold = np.maximum(0.0, change - t)
    apart = cold - cold.mean()
    spread = float(apart @ apart)
    if spread == 0:
        return None
    slope = float(apart @ e) / spread
    base = float(e.mean()) - slope * float(cold.mean())
    error = e - base - slope * cold
    return (float(error @ error), base, slope) if slope > 0 else None


def _with_intervals(
    e: Array, t: Array, *, base: float, slope: float, change: float, level: float
) -> Signature:
    from scipy import stats

    is_cold = t < change
    cold = np.maximum(0.0, change - t)
    error = e - base - slope * cold
    freedom = len(e) - _PARAMETERS
    variance = float(error @ error) / freedom
    design = np.column_stack([np.ones(len(e)), cold, slope * is_cold])
    spread = np.sqrt(np.diag(np.linalg.pinv(design.T @ design)) * variance)
    half = spread * float(stats.t.ppf(0.5 + level / 2, freedom))
    mean = float(e.mean())
    return Signature(
        base=base,
        slope=slope,
        change_c=change,
        base_half=float(half[0]),
        slope_half=float(half[1]),
        change_half=float(half[2]),
        cv_ratio=float(np.sqrt(variance)) / mean if mean else float("nan"),
        days_count=len(e),
    )
