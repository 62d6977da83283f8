"""What light that is sent back says of plants."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def ndvi(near_infrared: ArrayLike, red: ArrayLike) -> Array:
    """The normalised difference vegetation index, -1 to 1: (NIR - RED) / (NIR + RED).

    Rouse, Haas, Schell & Deering (1974), NASA SP-351, of reflectances from 0 to 1, any shape;
    `nan` where both are nought or one is below nought or unknown. It does not change when both
    are dimmed alike.
    """
    infrared, visible = np.asarray(near_infrared, dtype=float), np.asarray(red, dtype=float)
    whole = infrared + visible
    is_known = (infrared >= 0) & (visible >= 0) & (whole > 0)
    missing = np.full(whole.shape, np.nan)
    return np.asarray(np.divide(infrared - visible, whole, out=missing, where=is_known))
