"""Forecasts of a target's series: laid out by steps, forecast by two models, and told as rows.

A table of forecasts brings its series to hours or days; the rest is here. Choices are rows of the
definition `forecast_models`, and feasts those of `public_feasts`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.forecast_layout import Array, Edition, Laid, days_of_issue, editions, harmonics
from assets.forecast_parameters import points_of
from assets.forecast_tables import LEVELS, Target, model_version
from assets.methods.conformal import adaptive_radius
from assets.methods.forecast_scores import naive_scales
from assets.methods.forecasting import Harmonics, harmonic_fit, harmonic_forecast

_HARMONIC: Final = "harmonic"
_NAIVE: Final = "naive"


def forecasts(
    series: pl.DataFrame,
    fitted: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    target: Target,
    issued_on: Sequence[date],
) -> pl.DataFrame:
    """Forecast each series of a target from the end of these days, of what was known by then.

    `series` has the entity, `at` (the hour, UTC, or the day) and `value`, and may have `most`,
    which no forecast passes; none is below nought. `fitted` are the parameters of these days: what
    is expected is made of them alone. The harmonic model is published where its mean error over its
    last forecasts, as many as the definition says and all of them scored by then, is less than that
    of the seasonal naive; else the naive forecast is. Intervals are those of the past errors of the
    model that is published, of the same lead; without enough there are none.
    """
    known = series.drop_nulls(["at", "value", target.entity]).sort(target.entity, "at")
    days = days_of_issue(issued_on, target)
    if known.is_empty() or not days:
        return target.schema.to_frame()
    laid = Laid.out(known, feasts, target, last=days[-1])
    found = [target.schema.to_frame()]
    for edition, of_edition in editions(models, target, days):
        found += _issued(laid, fitted, edition, of_edition)
    return pl.concat(found).sort(target.entity, "issued_at", target.lead)


def _issued(
    laid: Laid, fitted: pl.DataFrame, edition: Edition, days: list[date]
) -> list[pl.DataFrame]:
    """The forecasts of some days by one edition of the definition."""
    target = laid.target
    ahead = target.every_d * target.steps_a_day
    offsets = target.offsets
    # The past forecasts of all hours of a day are scored before the first one of this day is made.
    scored_after = math.ceil((offsets[-1] + target.leads - offsets[0]) / ahead)
    design = laid.design(edition)
    past = _Past.of(laid, design, edition, days, scored_after=scored_after)
    found = []
    for day in days:
        if laid.step_of(day) < 0:
            continue
        now = past.number(day)
        errors = past.errors[:now]
        known = max(0, now - scored_after + 1)
        compared = past.errors[max(0, known - edition["compared_count"]) : known]
        ratio, count = _compared(compared)
        is_beaten = (count >= edition["compared_count"]) & (ratio < 1)
        (harmonic, naive), most = points_of(fitted, laid, design, edition, day)
        is_beaten &= np.all(np.isfinite(harmonic), axis=(0, 2))
        chosen = np.where(is_beaten[:, np.newaxis], harmonic, naive)
        scores = np.abs(np.where(is_beaten[:, np.newaxis], errors[:, 0], errors[:, 1]))
        since = max(0, now - edition["calibration_count"])
        radii = [_radius(scores[since:], level, edition, ahead) for level in LEVELS]
        found.append(
            _told(
                laid, edition, day, points=(chosen, naive), most=most, radii=radii,
                verdict=(is_beaten, ratio, count),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class _Past:
    """How far the truth lay from the forecasts that would have been made before each day.

    Errors are (origins, models, hours of issue, series, leads).
    """

    first: date
    every_d: int
    errors: Array

    def number(self, day: date) -> int:
        """Which origin a day is."""
        return (day - self.first).days // self.every_d

    @classmethod
    def of(
        cls, laid: Laid, design: Array, edition: Edition, days: list[date], *, scored_after: int
    ) -> "_Past":
        target, by = laid.target, harmonics(edition, laid.target)
        needed = max(edition["calibration_count"], edition["compared_count"] + scored_after)
        back = min(needed, max(0, (days[0] - laid.first).days) // target.every_d)
        first = days[0] - timedelta(days=back * target.every_d)
        count = (days[-1] - first).days // target.every_d
        errors = np.full((count, 2, len(target.offsets), len(laid.values), target.leads), np.nan)
        for n in range(count):
            origins = laid.origins(first + timedelta(days=n * target.every_d))
            if origins[0] >= 0:
                _missed(laid, design, origins, by=by, errors=errors[n])
        return cls(first, target.every_d, errors)


def _missed(laid: Laid, design: Array, origins: list[int], *, by: Harmonics, errors: Array) -> None:
    """Fill in how far the truth lay from what both models would have said on a day."""
    leads = laid.target.leads
    fit = harmonic_fit(laid.values, design, origins, by=by)
    harmonic = harmonic_forecast(fit, design, origins, leads, damping=by.damping)
    naive = np.stack([laid.naive(origin, by=by) for origin in origins])
    points = np.maximum([harmonic, naive], 0.0)
    for hour, origin in enumerate(origins):
        truth = laid.values[:, origin : origin + leads]
        known = truth.shape[1]
        errors[:, hour, :, :known] = truth - points[:, hour, :, :known]


def _compared(errors: Array) -> tuple[Array, NDArray[np.int64]]:
    """For each series the error of the model over that of the naive, and over how many origins."""
    sizes = np.abs(errors)
    both = np.all(np.isfinite(sizes), axis=1)
    if not len(sizes):
        series = errors.shape[3]
        return np.full(series, np.nan), np.zeros(series, dtype=np.int64)
    model, naive = (np.where(both, sizes[:, n], 0.0).sum(axis=(0, 1, 3)) for n in range(2))
    count = np.any(both, axis=(1, 3)).sum(axis=0)
    ratio = np.divide(model, naive, out=np.full(len(model), np.nan), where=naive > 0)
    return ratio, count


def _radius(scores: Array, level: int, edition: Edition, ahead: int) -> Array:
    """Half the width of the interval: (hours of issue, series, leads).

    A city's first week has no weekend behind it: there are none before as many were scored as are
    compared.
    """
    radius = np.full(scores.shape[1:], np.nan)
    lags = np.ceil(np.arange(1, scores.shape[-1] + 1) / ahead).astype(int)
    for lag in np.unique(lags):
        leads = lags == lag
        past = scores[..., leads]
        scored = np.isfinite(past[: max(0, len(past) - lag + 1)]).sum(axis=0)
        adapted = adaptive_radius(
            past, miss=1 - level / 100, rate=edition["adaptation_ratio"], lag=int(lag)
        )
        radius[..., leads] = np.where(scored >= edition["compared_count"], adapted, np.nan)
    return radius


def _told(
    laid: Laid,
    edition: Edition,
    day: date,
    *,
    points: tuple[Array, Array],
    most: Array,
    radii: list[Array],
    verdict: tuple[NDArray[np.bool_], Array, NDArray[np.int64]],
) -> pl.DataFrame:
    """The rows of one day of issue; what could not be forecast has none."""
    target, (is_beaten, ratio, count) = laid.target, verdict
    hours, series, leads = points[0].shape
    a_day = target.steps_a_day
    known, train_steps = laid.step_of(day) + target.offsets[0], edition["train_d"] * a_day
    seen = (~np.isnan(laid.values[:, max(0, known - train_steps) : known])).sum(axis=1)
    scale = naive_scales(
        laid.values[:, max(0, known - train_steps) : known], season=edition["season_count"]
    )
    top = np.broadcast_to(most[:, np.newaxis], points[0].shape)
    point, naive = (np.clip(one, 0.0, top) for one in points)
    edges = [
        np.clip(edge, 0.0, top) for radius in radii for edge in (point - radius, point + radius)
    ]
    midnight = datetime.combine(day, time(), UTC)
    issued = [midnight + timedelta(hours=hour) for hour in target.issued_h]
    step = timedelta(hours=1) if a_day > 1 else timedelta(days=1)
    # The first step ahead begins when the forecast is made; of days, on the day after.
    starts = issued if a_day > 1 else [day + step]
    per_row = hours * series * leads
    index = np.indices((hours, series, leads)).reshape(3, per_row)

    def flat(numbers: Array) -> pl.Series:
        return pl.Series(np.round(numbers.reshape(-1), target.decimals)).fill_nan(None)

    def of_series(values: Sequence[object] | NDArray[Any], dtype: pl.DataType) -> pl.Series:
        return pl.Series(list(values), dtype=dtype).gather(index[1])

    columns = {
        target.entity: of_series(laid.entities, pl.String()),
        "issued_on": pl.repeat(day, per_row, dtype=pl.Date, eager=True),
        "issued_at": pl.Series(issued, dtype=target.schema["issued_at"]).gather(index[0]),
        target.lead: pl.Series(index[2] + 1, dtype=pl.Int64),
        target.at: pl.Series(
            [start + step * n for start in starts for n in range(leads)],
            dtype=target.schema[target.at],
        ).gather(index[0] * leads + index[2]),
        target.value: flat(point),
        **dict(zip(target.bounds, map(flat, edges), strict=True)),
        target.named("naive"): flat(naive),
        target.named("scale"): of_series(np.round(scale, 4), pl.Float64()).fill_nan(None),
        "model_code": of_series([_HARMONIC if one else _NAIVE for one in is_beaten], pl.String()),
        "model_version": pl.repeat(model_version(edition), per_row, eager=True),
        "is_naive_beaten": of_series(
            [bool(one) if n else None for one, n in zip(is_beaten, count, strict=True)],
            pl.Boolean(),
        ),
        "error_ratio": of_series(np.round(ratio, 4), pl.Float64()).fill_nan(None),
        "compared_count": of_series(count, pl.Int64()),
        "definition_from_on": pl.repeat(
            edition["valid_from_on"], per_row, dtype=pl.Date, eager=True
        ),
        "completeness_ratio": of_series(
            np.clip(np.round(seen / train_steps, 4), 0, 1), pl.Float64()
        ),
        "observations_count": of_series(seen, pl.Int64()),
        "quality_code": pl.repeat("modelled", per_row, eager=True),
    }
    return pl.DataFrame(columns, schema=target.schema).drop_nulls(target.value)
