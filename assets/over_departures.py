"""What a window of departures says of travel times: percentiles and shares, never one departure."""

from typing import Final

import numpy as np
import polars as pl

from assets.journeys import Times

_MINUTE_S: Final = 60
_NEAR_MIN: Final = 15
_FAIR_MIN: Final = 30
# Above any time; not reached.
_NEVER: Final = np.iinfo(np.int32).max


def over_departures(
    times: Times, departures: slice, sections: pl.Series, categories: list[str]
) -> pl.DataFrame:
    """A row for each section and category, over the departures of one time band, at least one.

    Percentiles are the least time that so many departures do not exceed, in minutes; null where
    fewer reach an open service at all.
    """
    quickest = _sorted(times.quickest[:, departures])
    columns = {
        "median_min": _percentile(quickest, 0.5),
        "p95_min": _percentile(quickest, 0.95),
        "within_15_ratio": (quickest <= _NEAR_MIN * _MINUTE_S).mean(axis=1),
        "within_30_ratio": (quickest <= _FAIR_MIN * _MINUTE_S).mean(axis=1),
        "walk_median_min": _percentile(_sorted(times.on_foot[:, departures]), 0.5),
        "bike_median_min": _percentile(_sorted(times.by_bike[:, departures]), 0.5),
    }
    return pl.DataFrame(
        {
            "section_id": np.repeat(sections.to_numpy(), len(categories)),
            "category_code": categories * len(sections),
            **{name: values.ravel() for name, values in columns.items()},
        },
        schema_overrides={"section_id": pl.String(), "category_code": pl.String()},
        nan_to_null=True,
    )


def may_differ() -> pl.Expr:
    """Whether a row of `over_departures` may differ by a service that is so near at the nearest.

    That one is no nearer than `quickest_s`, `by_bike_s` and `on_foot_s` (infinite where it is not
    reached), and it opens, shuts or moves. Departures that arrive sooner elsewhere do so still:
    how many arrive within less than that is as it was, and with it each percentile and share there.
    """
    # A second more, since minutes are rounded.
    return (
        _is_within("quickest_s", "p95_min")
        | _is_within("quickest_s", "median_min")
        | _is_within("on_foot_s", "walk_median_min")
        | _is_within("by_bike_s", "bike_median_min")
        | pl.any_horizontal(
            (pl.col("quickest_s") <= least * _MINUTE_S) & (pl.col(share) < 1)
            for share, least in (("within_15_ratio", _NEAR_MIN), ("within_30_ratio", _FAIR_MIN))
        )
    )  # fmt: skip


def _is_within(least_s: str, minutes: str) -> pl.Expr:
    known_s = pl.col(minutes) * _MINUTE_S + 1
    return pl.col(least_s).is_finite() & (pl.col(least_s) < known_s).fill_null(value=True)


def median_min(seconds: np.ndarray) -> np.ndarray:
    """Minutes within which half of the departures arrive; nan where fewer arrive at all.

    Of seconds (homes, departures, services), -1 where not reached.
    """
    return _percentile(_sorted(seconds), 0.5)


def _sorted(seconds: np.ndarray) -> np.ndarray:
    """Ascending over departures, those that reach nothing last."""
    return np.sort(np.where(seconds < 0, _NEVER, seconds), axis=1)


def _percentile(ascending: np.ndarray, share: float) -> np.ndarray:
    """Minutes within which a share of departures arrives; nan where fewer arrive at all."""
    count = ascending.shape[1]
    value = ascending[:, int(np.ceil(share * count)) - 1]
    return np.where(value == _NEVER, np.nan, value / _MINUTE_S)
