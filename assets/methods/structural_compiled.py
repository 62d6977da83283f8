"""The Gibbs sampler of `structural`, compiled; import this inside functions only."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True)
def sample(
    values: Array,
    controls: Array,
    later: Array,
    pull: Array,
    spread: Array,
    shrink: float,
    level_prior: float,
    level_weight: float,
    noise_prior: float,
    noise_weight: float,
    normals: Array,
    chi_noise: Array,
    chi_level: Array,
    warm_up: int,
) -> tuple[Array, Array]:
    """Predictive paths after the last value, and the mean fit before it.

    `values` (steps,), where NaN is a gap, in deviations about their mean; `controls` (steps, k) and
    `later` (after, k) likewise; `pull` (k, k) is the inverse of the controls' product, `spread`
    (k, k) its lower Cholesky factor; `normals` (draws, 2 steps + k + 2 after). Returns arrays
    (draws - warm_up, after) and (steps,).
    """
    steps, k = controls.shape
    after = later.shape[0]
    draws = normals.shape[0]
    paths = np.zeros((draws - warm_up, after))
    fit = np.zeros(steps)
    level = np.zeros(steps)
    mean, variance = np.zeros(steps), np.zeros(steps)
    beta, product = np.zeros(k), np.zeros(k)
    noise, drift = 0.5, level_prior
    for draw in range(draws):
        chance = normals[draw]
        # The level, forward and backward; before the first value nothing is known of it.
        m, v = 0.0, 10.0
        for t in range(steps):
            if t > 0:
                v += drift
            if not np.isnan(values[t]):
                rest = values[t]
                for j in range(k):
                    rest -= controls[t, j] * beta[j]
                gain = v / (v + noise)
                m += gain * (rest - m)
                v *= 1.0 - gain
            mean[t], variance[t] = m, v
        level[steps - 1] = m + np.sqrt(v) * chance[steps - 1]
        for back in range(1, steps):
            t = steps - 1 - back
            gain = variance[t] / (variance[t] + drift)
            at = mean[t] + gain * (level[t + 1] - mean[t])
            level[t] = at + np.sqrt(variance[t] * (1.0 - gain)) * chance[t]
        # A gap is one long step: the levels within it are drawn, and would say what they were told.
        moved, last = 0.0, -1
        for t in range(steps):
            if not np.isnan(values[t]):
                if last >= 0:
                    moved += (level[t] - level[last]) ** 2 / (t - last)
                last = t
        # What the controls say.
        seen = 0
        for j in range(k):
            product[j] = 0.0
        for t in range(steps):
            if not np.isnan(values[t]):
                seen += 1
                for j in range(k):
                    product[j] += controls[t, j] * (values[t] - level[t])
        for i in range(k):
            at = 0.0
            for j in range(k):
                at += shrink * pull[i, j] * product[j]
            for j in range(i + 1):
                at += np.sqrt(noise * shrink) * spread[i, j] * chance[2 * steps + j]
            beta[i] = at
        # How much is noise, and how much the level moves.
        left = 0.0
        for t in range(steps):
            said = level[t]
            for j in range(k):
                said += controls[t, j] * beta[j]
            if not np.isnan(values[t]):
                left += (values[t] - said) ** 2
            if draw >= warm_up:
                fit[t] += said / (draws - warm_up)
        noise = (noise_weight * noise_prior + left) / chi_noise[draw]
        drift = (level_weight * level_prior + moved) / chi_level[draw]
        if draw >= warm_up:
            at = level[steps - 1]
            for t in range(after):
                at += np.sqrt(drift) * chance[2 * steps + k + t]
                said = at + np.sqrt(noise) * chance[2 * steps + k + after + t]
                for j in range(k):
                    said += later[t, j] * beta[j]
                paths[draw - warm_up, t] = said
    return paths, fit
