"""How hot or cold the air feels, and when heat lasts: the universal thermal climate index."""

from datetime import date
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# The polynomial of degree 6 in four variables (Bröde et al. 2012, operational procedure of UTCI):
# a coefficient for each product of powers, those of the vapour pressure (kPa) outermost, then of
# radiant minus air temperature, of the wind, and of the air temperature.
_DEGREE: Final = 6
_COEFFICIENTS: Final = (
    0.607562052, -0.0227712343, 0.000806470249, -0.000154271372, -3.24651735e-06, 7.32602852e-08,
    1.35959073e-09, -2.2583652, 0.0880326035, 0.00216844454, -1.53347087e-05, -5.72983704e-07,
    -2.55090145e-09, -0.751269505, -0.00408350271, -5.21670675e-05, 1.94544667e-06, 1.14099531e-08,
    0.158137256, -6.57263143e-05, 2.22697524e-07, -4.16117031e-08, -0.0127762753, 9.66891875e-06,
    2.52785852e-09, 0.000456306672, -1.74202546e-07, -5.91491269e-06, 0.398374029, 0.000183945314,
    -0.00017375451, -7.60781159e-07, 3.77830287e-08, 5.43079673e-10, -0.0200518269, 0.000892859837,
    3.45433048e-06, -3.77925774e-07, -1.69699377e-09, 0.000169992415, -4.99204314e-05,
    2.47417178e-07, 1.07596466e-08, 8.49242932e-05, 1.35191328e-06, -6.21531254e-09,
    -4.99410301e-06, -1.89489258e-08, 8.15300114e-08, 0.00075504309, -5.65095215e-05,
    -4.52166564e-07, 2.46688878e-08, 2.42674348e-10, 0.00015454725, 5.2411097e-06, -8.75874982e-08,
    -1.50743064e-09, -1.56236307e-05, -1.33895614e-07, 2.49709824e-09, 6.51711721e-07,
    1.94960053e-09, -1.00361113e-08, -1.21206673e-05, -2.1820366e-07, 7.51269482e-09,
    9.79063848e-11, 1.25006734e-06, -1.81584736e-09, -3.52197671e-10, -3.3651463e-08,
    1.35908359e-10, 4.1703262e-10, -1.30369025e-09, 4.13908461e-10, 9.22652254e-12, -5.08220384e-09,
    -2.24730961e-11, 1.17139133e-10, 6.62154879e-10, 4.0386326e-13, 1.95087203e-12, -4.73602469e-12,
    5.12733497, -0.312788561, -0.0196701861, 0.00099969087, 9.51738512e-06, -4.66426341e-07,
    0.548050612, -0.00330552823, -0.0016411944, -5.16670694e-06, 9.52692432e-07, -0.0429223622,
    0.00500845667, 1.00601257e-06, -1.81748644e-06, -0.00125813502, -0.000179330391, 2.34994441e-06,
    0.000129735808, 1.2906487e-06, -2.28558686e-06, -0.0369476348, 0.00162325322, -3.1427968e-05,
    2.59835559e-06, -4.77136523e-08, 0.0086420339, -0.000687405181, -9.13863872e-06, 5.15916806e-07,
    -3.59217476e-05, 3.28696511e-05, -7.10542454e-07, -1.243823e-05, -7.385844e-09, 2.20609296e-07,
    -0.00073246918, -1.87381964e-05, 4.80925239e-06, -8.7549204e-08, 2.7786293e-05, -5.06004592e-06,
    1.14325367e-07, 2.53016723e-06, -1.72857035e-08, -3.95079398e-08, -3.59413173e-07,
    7.04388046e-07, -1.89309167e-08, -4.79768731e-07, 7.96079978e-09, 1.62897058e-09,
    3.94367674e-08, -1.18566247e-09, 3.34678041e-10, -1.15606447e-10, -2.80626406, 0.548712484,
    -0.0039942841, -0.000954009191, 1.93090978e-05, -0.308806365, 0.0116952364, 0.000495271903,
    -1.90710882e-05, 0.00210787756, -0.000698445738, 2.30109073e-05, 0.00041785659, -1.27043871e-05,
    -3.04620472e-06, 0.0514507424, -0.00432510997, 8.99281156e-05, -7.14663943e-07, -0.000266016305,
    0.000263789586, -7.01199003e-06, -0.000106823306, 3.61341136e-06, 2.29748967e-07,
    0.000304788893, -6.42070836e-05, 1.16257971e-06, 7.68023384e-06, -5.47446896e-07,
    -3.5993791e-08, -4.36497725e-06, 1.68737969e-07, 2.67489271e-08, 3.23926897e-09, -0.0353874123,
    -0.22120119, 0.0155126038, -0.000263917279, 0.0453433455, -0.00432943862, 0.000145389826,
    0.00021750861, -6.66724702e-05, 3.3321714e-05, -0.00226921615, 0.000380261982, -5.45314314e-09,
    -0.000796355448, 2.53458034e-05, -6.31223658e-06, 0.000302122035, -4.77403547e-06,
    1.73825715e-06, -4.09087898e-07, 0.614155345, -0.0616755931, 0.00133374846, 0.00355375387,
    -0.000513027851, 0.000102449757, -0.00148526421, -4.11469183e-05, -6.80434415e-06,
    -9.77675906e-06, 0.0882773108, -0.00301859306, 0.00104452989, 0.000247090539, 0.00148348065,
)  # fmt: skip
_POWERS: Final = tuple(
    powers for powers in product(range(_DEGREE + 1), repeat=4) if sum(powers) <= _DEGREE
)
# Saturation over water (Hardy 1998, ITS-90): terms of the kelvin to the power -2 and on, and of ln.
_SATURATION: Final = (
    -2836.5744, -6028.076559, 19.54263612, -0.02737830188, 1.6261698e-5, 7.0229056e-10,
    -1.8680009e-13,
)  # fmt: skip
_SATURATION_LOG: Final = 2.7150305


def saturation_kpa(air_c: ArrayLike) -> Array:
    """The pressure of water vapour (kPa) over water at an air temperature (Hardy 1998)."""
    kelvin = np.asarray(air_c, dtype=float) + 273.15
    terms = (factor * kelvin ** (n - 2.0) for n, factor in enumerate(_SATURATION))
    return np.asarray(np.exp(sum(terms, _SATURATION_LOG * np.log(kelvin))) / 1000)


def utci_c(air_c: ArrayLike, radiant_c: ArrayLike, rh_pct: ArrayLike, wind_ms: ArrayLike) -> Array:
    """The universal thermal climate index (°C), by the polynomial of Bröde et al. (2012).

    `wind_ms` is at 10 m, `radiant_c` the mean radiant temperature; in the shade it is near the
    air's. Arrays of one shape, or numbers. `nan` where the polynomial was not made for it: air -50
    to 50 °C, radiant from 30 below to 70 above the air, wind 0.5 to 17 m/s, vapour up to 5 kPa.
    """
    air, radiant, humidity, wind = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (air_c, radiant_c, rh_pct, wind_ms))
    )
    vapour, more = saturation_kpa(air) * humidity / 100, radiant - air
    rising = [[np.ones_like(air)] for _ in range(4)]
    for powers, base in zip(rising, (vapour, more, wind, air), strict=True):
        for _ in range(_DEGREE):
            powers.append(powers[-1] * base)
    index = air.copy()
    for (p, d, v, t), factor in zip(_POWERS, _COEFFICIENTS, strict=True):
        index += factor * rising[0][p] * rising[1][d] * rising[2][v] * rising[3][t]
    is_inside = (np.abs(air) <= 50) & (more >= -30) & (more <= 70) & (vapour <= 5)
    is_inside &= (wind >= 0.5) & (wind <= 17) & (humidity >= 0) & (humidity <= 100)
    return np.where(is_inside, index, np.nan)


def heat_index_f(air_f: ArrayLike, rh_pct: ArrayLike) -> Array:
    """The heat index (°F) of the US National Weather Service (Rothfusz 1990), for 80 °F and more.

    The regression alone, without the corrections for very dry and very damp air.
    """
    t, r = np.asarray(air_f, dtype=float), np.asarray(rh_pct, dtype=float)
    return np.asarray(
        -42.379 + 2.04901523 * t + 10.14333127 * r - 0.22475541 * t * r - 6.83783e-3 * t**2
        - 5.481717e-2 * r**2 + 1.22874e-3 * t**2 * r + 8.5282e-4 * t * r**2 - 1.99e-6 * t**2 * r**2
    )  # fmt: skip


def calendar_percentile(
    days: list[date], values: ArrayLike, *, percentile: float = 90, window_days: int = 15
) -> Array:
    """For each day of the year (1 to 366, row 0 empty) the percentile of days around it.

    Of all years, in a window of so many days about the day; the 90th in 15 days is that of
    Perkins & Alexander (2013), CTX90pct. `nan` where there are no values.
    """
    known = np.asarray(values, dtype=float)
    of_year = np.array([_place(day) for day in days], dtype=int)
    limits = np.full(367, np.nan)
    for place in range(1, 367):
        apart = np.abs(of_year - place)
        near = known[np.minimum(apart, 366 - apart) <= window_days // 2]
        near = near[~np.isnan(near)]
        if len(near):
            limits[place] = np.percentile(near, percentile)
    return limits


def above_calendar(days: list[date], values: ArrayLike, limits: ArrayLike) -> Array:
    """How far each day lies above its calendar day's limit; `nan` where either is missing."""
    places = np.array([_place(day) for day in days], dtype=int)
    return np.asarray(np.asarray(values, dtype=float) - np.asarray(limits, dtype=float)[places])


def run_lengths(days: list[date], is_hot: ArrayLike, *, least_days: int = 3) -> NDArray[np.int64]:
    """How many days the heat wave of each day lasts, nought for days outside of one.

    A wave is at least so many hot days in a row (three: Perkins & Alexander 2013); days in order,
    and a day that is missing ends it.
    """
    hot = np.asarray(is_hot, dtype=bool)
    if not len(hot):
        return np.zeros(0, dtype=np.int64)
    gaps = np.diff(np.array(days, dtype="datetime64[D]")) != np.timedelta64(1, "D")
    runs = np.concatenate([[0], np.cumsum(gaps | (hot[1:] != hot[:-1]))])
    lengths = np.bincount(runs)[runs]
    return np.where(hot & (lengths >= least_days), lengths, 0)


def _place(day: date) -> int:
    """The day of a leap year: the same calendar day has the same number in all years."""
    return (date(2000, day.month, day.day) - date(1999, 12, 31)).days
