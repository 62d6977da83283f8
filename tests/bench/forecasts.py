"""How long forecasts take: 200 series of 1,680 hours, with intervals, beside the naive forecast."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import numpy as np

from assets.methods.forecasting import seasonal_naive
from tests.assets.forecast_frames import FIRST, hours_of, issued

_SERIES: Final = 200
_HOURS: Final = 1680
_GAPS: Final = 0.01


def run(*, runs: int) -> None:
    """Measure and print."""
    hours = np.arange(_HOURS)
    shape = 60 + 30 * np.sin(2 * np.pi * hours / 24) + 10 * np.sin(2 * np.pi * hours / 168)
    values = shape + np.random.default_rng(1).normal(0, 8, (_SERIES, _HOURS))
    with_gaps = np.where(np.random.default_rng(2).random(values.shape) < _GAPS, np.nan, values)
    series, gappy = (hours_of(_HOURS // 24, one) for one in (values, with_gaps))
    last = FIRST + timedelta(days=_HOURS // 24 - 1)
    clock = np.arange(_HOURS + 24)
    ways: dict[str, Callable[[], object]] = {
        "naive alone (reference)": lambda: seasonal_naive(
            values, clock, _HOURS, 24, seasons=(168,)
        ),
        "with intervals": lambda: issued(series, last),
        "the same, with gaps": lambda: issued(gappy, last),
    }
    for name, way in ways.items():
        wall = []
        for _ in range(runs):
            begin = time.perf_counter()
            way()
            wall.append(time.perf_counter() - begin)
        took = f"{statistics.median(wall):6.2f} s"
        sys.stdout.write(f"{name:<30} {_SERIES} series of {_HOURS} hours  {took}\n")
