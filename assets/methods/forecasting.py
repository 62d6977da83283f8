"""Forecasts of many series at once: seasonal naive, and harmonics with the level of the last day.

Arrays are (series, steps), a step an hour or a day, with nan where nothing is known. An origin is
the number of steps that are known when a forecast is made: the first step ahead is that of its own
number. Nothing from an origin on is read to forecast from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

# What was seen once may be an accident.
_LEAST_SEASONS: Final = 2


@dataclass(frozen=True)
class Harmonics:
    """How a series is fitted: how far back, how stiffly, and how its level fades; lengths in steps.

    `ridge` is the penalty on harmonics, in parts of the observations (the mean is free). The mean
    error of the last `level_steps` is added to the forecast, times `damping` to the power of the
    steps ahead.
    """

    season: int
    ridge: float
    damping: float
    level_steps: int
    train_steps: int


def seasonal_naive(
    values: ArrayLike, clock: ArrayLike, origin: int, leads: int, *, seasons: Sequence[int]
) -> Array:
    """What was last known at the same point of the season: an array (series, leads).

    `values` are (series, steps), `clock` (steps and leads,) the number of each step by the city's
    clock, which may leave a number out or say it twice when the clock is changed: of twice the
    later one is taken, of none an earlier season. Where the first of `seasons` (steps) gives
    nothing known, the next is tried; nan where none does. With whole data it is that of Hyndman &
    Athanasopoulos, Forecasting: Principles and Practice (2021), section 5.2.
    """
    known, numbers = np.asarray(values, dtype=float), np.asarray(clock, dtype=np.int64)
    found = np.full((len(known), leads), np.nan)
    if origin < 1:
        return found
    first = numbers[0]
    wanted = numbers[origin : origin + leads]
    past = numbers[:origin]
    for season in seasons:
        for times in range(1, int((wanted[-1] - first) // season) + 1):
            missing = np.isnan(found)
            if not missing.any():
                return found
            at = np.searchsorted(past, wanted - season * times, side="right") - 1
            is_there = (at >= 0) & (past[np.maximum(at, 0)] == wanted - season * times)
            earlier = np.where(is_there, known[:, np.maximum(at, 0)], np.nan)
            found = np.where(missing, earlier, found)
    return found


def harmonic_design(phase: ArrayLike, periods: Sequence[tuple[float, int]]) -> Array:
    """A column of ones, then a cosine and a sine of each harmonic: (steps, columns).

    `phase` (steps,) is where each step stands in time, in steps.
    """
    at = np.asarray(phase, dtype=float)
    columns = [np.ones(len(at))]
    for length, count in periods:
        for harmonic in range(1, count + 1):
            angle = 2 * np.pi * harmonic * at / length
            columns += [np.cos(angle), np.sin(angle)]
    return np.stack(columns, axis=1)


def ridge_fit(values: ArrayLike, design: ArrayLike, *, ridge: float) -> Array:
    """The coefficients of each series by least squares with a penalty: (series, columns).

    `values` (series, steps), `design` (steps, columns). What is missing weighs nothing; the first
    column, the mean, is not penalised, so that a shift of the series shifts the fit. A series of
    which nothing is known has nan. Hoerl & Kennard, Technometrics 12 (1970), 55-67.
    """
    known, columns = np.asarray(values, dtype=float), np.asarray(design, dtype=float)
    is_known = ~np.isnan(known)
    counts = is_known.sum(axis=1)
    width = columns.shape[1]
    penalty = np.diag([0.0] + [ridge] * (width - 1))
    totals = np.where(is_known, known, 0.0) @ columns
    fitted = np.full((len(known), width), np.nan)
    products = columns.T @ columns
    whole = np.flatnonzero((counts == known.shape[1]) & (counts > 0))
    if len(whole):
        fitted[whole] = np.linalg.solve(products + penalty * known.shape[1], totals[whole].T).T
    for one in np.flatnonzero((counts > 0) & (counts < known.shape[1])):
        # With gaps it is what the known steps say; of those and the others the fewer are looked at.
        few = columns[is_known[one]]
        if 2 * len(few) > known.shape[1]:
            others = columns[~is_known[one]]
            said = products - others.T @ others
        else:
            said = few.T @ few
        # With fewer steps than columns the penalty alone decides; a little keeps it solvable.
        said = said + (penalty + 1e-9 * np.eye(width)) * counts[one]
        fitted[one] = np.linalg.solve(said, totals[one])
    return fitted


def harmonic_fit(
    values: ArrayLike, design: ArrayLike, origins: Sequence[int], *, by: Harmonics
) -> tuple[Array, Array]:
    """What is fitted before the first origin: coefficients (series, columns), levels (origins, …).

    `values` (series, steps), `design` (steps and more, columns). The origins are of one day: the
    fit is of the steps before the first of them, the level of each (origins, series) that of the
    last steps before it. A series with fewer known steps than two seasons has nan.
    """
    known, columns = np.asarray(values, dtype=float), np.asarray(design, dtype=float)
    first, last = min(origins), max(origins)
    begin = max(0, first - by.train_steps)
    window = known[:, begin:first]
    enough = (~np.isnan(window)).sum(axis=1) >= _LEAST_SEASONS * by.season
    coefficients = np.full((len(known), columns.shape[1]), np.nan)
    levels = np.full((len(origins), len(known)), np.nan)
    if not enough.any():
        return coefficients, levels
    coefficients[enough] = ridge_fit(window[enough], columns[begin:first], ridge=by.ridge)
    since = max(0, first - by.level_steps)
    errors = known[enough, since:last] - coefficients[enough] @ columns[since:last].T
    for n, origin in enumerate(origins):
        recent = errors[:, max(0, origin - by.level_steps - since) : origin - since]
        counts = (~np.isnan(recent)).sum(axis=1)
        levels[n, enough] = np.nansum(recent, axis=1) / np.maximum(counts, 1)
    return coefficients, levels


def harmonic_forecast(
    fitted: tuple[ArrayLike, ArrayLike],
    design: ArrayLike,
    origins: Sequence[int],
    leads: int,
    *,
    damping: float,
) -> Array:
    """What was fitted, carried on from each origin: an array (origins, series, leads).

    `fitted` are the coefficients (series, columns) and levels (origins, series) of `harmonic_fit`,
    `design` (steps and leads, columns). A series without a fit has nan.
    """
    coefficients, levels = (np.asarray(one, dtype=float) for one in fitted)
    columns, first = np.asarray(design, dtype=float), min(origins)
    shape = coefficients @ columns[first : max(origins) + leads].T
    ahead = np.stack([shape[:, at - first : at - first + leads] for at in origins])
    fades = damping ** np.arange(1, leads + 1, dtype=float)
    found: Array = ahead + levels[:, :, np.newaxis] * fades
    return found
