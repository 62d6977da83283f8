"""How much of a storm runs off: the curve-number method of the US Soil Conservation Service.

USDA NRCS, National Engineering Handbook part 630, chapters 9 and 10. Depths in mm, curve numbers
from 0 to 100, shares from 0 to 1; arguments are numbers or arrays of one shape.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def retention_mm(curve_number: ArrayLike) -> Array:
    """The greatest retention S (mm): 25400 / CN - 254 (NEH-630, eq. 10-13); inf for CN 0.

    Raises ValueError for curve numbers outside of 0 to 100.
    """
    number = np.asarray(curve_number, dtype=float)
    if ((number < 0) | (number > 100)).any():
        raise ValueError("a curve number is from 0 to 100")
    with np.errstate(divide="ignore"):
        return np.asarray(25400 / number - 254)


def runoff_mm(rain_mm: ArrayLike, curve_number: ArrayLike, *, initial_ratio: float = 0.2) -> Array:
    """The runoff Q (mm) of a storm: (P - λS)² / (P + (1 - λ)S), nought up to λS (eq. 10-11).

    `initial_ratio` is λ; with another than 0.2 the curve number must have been fitted to it
    (`for_initial_ratio_005`). Raises ValueError for rain below nought.
    """
    rain = np.asarray(rain_mm, dtype=float)
    if (rain < 0).any():
        raise ValueError("rain is not below nought")
    retention = retention_mm(curve_number)
    with np.errstate(invalid="ignore"):
        effective = np.maximum(rain - initial_ratio * retention, 0.0)
        flow = effective**2 / (effective + retention)
    return np.asarray(np.where(effective > 0, flow, 0.0))


def for_initial_ratio_005(curve_number: ArrayLike) -> Array:
    """The curve number that fits λ = 0.05, from one for 0.2 (Woodward et al. 2003).

    S(0.05) = 1.33 · S(0.20)^1.15, in inches.
    """
    inches = 1.33 * (retention_mm(curve_number) / 25.4) ** 1.15
    return np.asarray(1000 / (10 + inches))


def for_dry_soil(curve_number: ArrayLike) -> Array:
    """CN of antecedent runoff condition I, from II (Hawkins, Hjelmfelt & Zevenbergen 1985)."""
    number = np.asarray(curve_number, dtype=float)
    return np.asarray(number / (2.281 - 0.01281 * number))


def for_wet_soil(curve_number: ArrayLike) -> Array:
    """CN of antecedent runoff condition III, from II (Hawkins, Hjelmfelt & Zevenbergen 1985)."""
    number = np.asarray(curve_number, dtype=float)
    return np.asarray(number / (0.427 + 0.00573 * number))


def with_sealing(
    pervious_number: ArrayLike, sealed_ratio: ArrayLike, *, sealed_number: ArrayLike = 98.0
) -> Array:
    """CN of a cell of which a share is sealed and drains over its own ground (NEH-630, ch. 9).

    What is sealed has `sealed_number`, 98 in NEH-630.
    For a cell of parts that drain apart average the runoff, not the number: runoff is convex in it.
    """
    pervious = np.asarray(pervious_number, dtype=float)
    sealed = np.asarray(sealed_number, dtype=float)
    return np.asarray(pervious + (sealed - pervious) * np.asarray(sealed_ratio, dtype=float))


def antecedent_index_mm(daily_rain_mm: ArrayLike, *, recession: float = 0.9) -> Array:
    """How wet the days before were: API = k · API of the day before + rain (Kohler & Linsley 1951).

    An array over days (days, …); the first day begins with nothing.
    """
    rain = np.asarray(daily_rain_mm, dtype=float)
    index = np.empty_like(rain)
    before = np.zeros(rain.shape[1:])
    for day, fallen in enumerate(rain):
        before = recession * before + fallen
        index[day] = before
    return index
