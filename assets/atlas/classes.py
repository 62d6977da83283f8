"""Into which class a value of a map falls, which colour it has and what the legend says of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from assets.maps import class_breaks

COLOURS_COUNT: Final = 5
_DIGITS: Final = (2, 3, 4)


@dataclass(frozen=True)
class Classes:
    """The lower limits of all classes but the first, and the colour of each: 0 pale, 4 dark."""

    breaks: tuple[float, ...]
    colours: tuple[int, ...]

    @classmethod
    def of(cls, values: pl.Series, *, is_high_bad: bool | None) -> "Classes":
        """Classes of about as many values each, with limits as short as they can be told."""
        breaks = shortened(values, class_breaks(values))
        count = len(breaks) + 1
        last = COLOURS_COUNT - 1
        steps = [round(n * last / (count - 1)) for n in range(count)] if count > 1 else [last // 2]
        if is_high_bad is False and count > 1:
            steps.reverse()
        return cls(tuple(breaks), tuple(steps))

    def colour(self, value: float | None) -> int | None:
        """The colour of a value; None where there is none."""
        if value is None or not np.isfinite(value):
            return None
        return self.colours[int(np.searchsorted(self.breaks, value, side="right"))]

    def names(self, said: Callable[[float], str], *, is_whole: bool) -> list[str]:
        """What the legend says of each class, least first; of whole numbers both ends are in it."""
        if not self.breaks:
            return ["un solo valore"]
        names = [f"meno di {said(self.breaks[0])}"]
        for low, high in pairwise(self.breaks):
            top = high - 1 if is_whole else high
            names.append(
                said(low) if is_whole and top == low
                else f"da {said(low)} a {said(top)}" if is_whole
                else f"da {said(low)} a meno di {said(high)}"
            )  # fmt: skip
        return [*names, f"{said(self.breaks[-1])} o più"]


def shortened(values: pl.Series, breaks: Sequence[float]) -> list[float]:
    """The limits with as few digits as leave them different, and every class with a value."""
    known = values.cast(pl.Float64).drop_nulls()
    numbers = known.filter(known.is_finite()).to_numpy()
    for digits in _DIGITS:
        short = [float(f"{one:.{digits}g}") for one in breaks]
        counts = np.histogram(numbers, [-np.inf, *short, np.inf])[0] if _rises(short) else [0]
        if all(counts):
            return short
    return list(breaks)


def _rises(limits: Sequence[float]) -> bool:
    return all(low < high for low, high in pairwise(limits))
