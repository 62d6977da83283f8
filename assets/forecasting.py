"""Forecasts of a target's series: laid out by steps, forecast by two models, and told as rows.

A table of forecasts brings its series to hours or days; the rest is here. Choices are rows of the
definition `forecast_models`, and feasts those of `public_feasts`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.feasts import feast_days
from assets.forecast_tables import DAY_H, LEVELS, METHOD_VERSION, Target
from assets.methods.conformal import adaptive_radius
from assets.methods.forecast_scores import naive_scales
from assets.methods.forecasting import (
    Harmonics,
    harmonic_design,
    harmonic_forecast,
    seasonal_naive,
)

Array = NDArray[np.float64]

_HARMONIC: Final = "harmonic"
_NAIVE: Final = "naive"
_ROME: Final = "Europe/Rome"
_YEAR_D: Final = 365.25
_WEEK_D: Final = 7
_SUNDAY: Final = 6
_FREE_DAYS: Final = (5, _SUNDAY)
# The first of January 1970 was a Thursday.
_EPOCH_WEEKDAY: Final = 3


def newest_day(rows: pl.DataFrame, column: str) -> list[date]:
    """The last UTC day of the rows, alone; none of no rows."""
    return rows.select(pl.col(column).cast(pl.Date).max()).drop_nulls().to_series().to_list()


def forecasts(
    series: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    target: Target,
    issued_on: Sequence[date],
) -> pl.DataFrame:
    """Forecast each series of a target from the end of these days, of what was known by then.

    `series` has the entity, `at` (the hour, UTC, or the day) and `value`, and may have `most`,
    which no forecast passes; none is below nought. The harmonic model is published where its mean
    error over its last forecasts, as many as the definition says and all of them scored by then,
    is less than that of the seasonal naive; else the naive forecast is. Intervals are those of the
    past errors of the model that is published, of the same lead; without enough there are none.
    """
    known = series.drop_nulls(["at", "value", target.entity]).sort(target.entity, "at")
    days = sorted({day for day in issued_on if _is_issued(day, target)})
    if known.is_empty() or not days:
        return target.schema.to_frame()
    laid = _Laid.out(known, feasts, target, last=days[-1])
    held = models.filter(pl.col("target_code") == target.code).sort("valid_from_on")
    found = [target.schema.to_frame()]
    editions = held.drop("source_name", "is_verified").drop_nulls().to_dicts()
    begins = [one["valid_from_on"] for one in editions]
    for edition, end in zip(editions, [*begins[1:], date.max], strict=False):
        of_edition = [day for day in days if edition["valid_from_on"] <= day < end]
        if of_edition:
            found += _issued(laid, edition, of_edition)
    return pl.concat(found).sort(target.entity, "issued_at", target.lead)


def _is_issued(day: date, target: Target) -> bool:
    return target.every_d == 1 or day.weekday() == _SUNDAY


@dataclass(frozen=True)
class _Laid:
    """By steps: `values` and `most` (series, steps), `clock` and `phase` (steps and leads)."""

    target: Target
    entities: list[str]
    first: date
    values: Array
    most: Array
    clock: NDArray[np.int64]
    phase: Array

    @classmethod
    def out(
        cls, known: pl.DataFrame, feasts: pl.DataFrame, target: Target, *, last: date
    ) -> "_Laid":
        a_day = target.steps_a_day
        dates = known["at"].cast(pl.Date)
        first: date = dates.min()  # type: ignore[assignment] # rows are there
        entities = known[target.entity].unique().sort().to_list()
        numbers = {entity: n for n, entity in enumerate(entities)}
        # Until the last day that is asked for, and whatever is ahead of it is not known.
        steps = ((last - first).days + 1) * a_day
        hours = known["at"].dt.hour().cast(pl.Int64) if target.step == "hour" else 0
        at = (dates - first).dt.total_days() * a_day + hours
        place = known[target.entity].replace_strict(numbers, return_dtype=pl.Int64)
        inside = ((at >= 0) & (at < steps)).to_numpy()
        where = place.to_numpy()[inside], at.to_numpy()[inside]
        values, most = (np.full((len(entities), max(steps, 0)), np.nan) for _ in range(2))
        values[where] = known["value"].cast(pl.Float64).to_numpy()[inside]
        if "most" in known.columns:
            most[where] = known["most"].cast(pl.Float64).to_numpy()[inside]
        clock = _clock(first, max(steps, 0) + target.leads, target)
        local = pl.from_epoch(pl.Series(clock // a_day), time_unit="d")
        years = sorted(set(local.dt.year().to_list()))
        is_feast = local.is_in(feast_days(feasts, years)).to_numpy()
        to_sunday = _WEEK_D - local.dt.weekday().cast(pl.Int64).to_numpy()
        phase = (clock + np.where(is_feast, to_sunday * a_day, 0)).astype(float)
        return cls(target, entities, first, values, most, clock, phase)

    def step_of(self, day: date) -> int:
        """The number of the step with which a day begins."""
        return (day - self.first).days * self.target.steps_a_day

    def design(self, edition: Mapping[str, Any]) -> Array:  # a row of the definition
        """The columns of the harmonic model; those of the year know no feasts.

        Saturdays and Sundays may have a shape of the day of their own.
        """
        a_day = self.target.steps_a_day
        phase = self.phase if edition["is_feast_sunday"] else self.clock
        of_week = [(DAY_H, edition["day_harmonics_count"])] if a_day > 1 else []
        of_week.append((_WEEK_D * a_day, edition["week_harmonics_count"]))
        of_year = [(_YEAR_D * a_day, edition["year_harmonics_count"])]
        weekday = (phase // a_day + _EPOCH_WEEKDAY) % _WEEK_D
        own = harmonic_design(phase, [(DAY_H, edition["free_day_harmonics_count"])])
        free = [own * (weekday == day)[:, np.newaxis] for day in _FREE_DAYS]
        return np.hstack(
            [
                harmonic_design(phase, of_week),
                harmonic_design(self.clock, of_year)[:, 1:],
                *(free if edition["free_day_harmonics_count"] else []),
            ]
        )


def _clock(first: date, steps: int, target: Target) -> NDArray[np.int64]:
    """The number of each hour by the city's clock, or of each day."""
    if target.step == "day":
        return np.arange(steps, dtype=np.int64) + (first - date(1970, 1, 1)).days
    start = datetime.combine(first, time(), UTC)
    hours = pl.datetime_range(
        start, start + timedelta(hours=steps - 1), "1h", time_zone="UTC", eager=True
    )
    local = hours.dt.convert_time_zone(_ROME).dt.replace_time_zone(None)
    return (local.dt.epoch("s") // 3600).cast(pl.Int64).to_numpy()


def _issued(laid: _Laid, edition: Mapping[str, Any], days: list[date]) -> list[pl.DataFrame]:
    """The forecasts of some days by one edition of the definition."""
    target = laid.target
    ahead = target.every_d * target.steps_a_day
    offsets = target.offsets
    # The past forecasts of all hours of a day are scored before the first one of this day is made.
    scored_after = math.ceil((offsets[-1] + target.leads - offsets[0]) / ahead)
    past = _Past.of(laid, edition, days, scored_after=scored_after)
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
        has_fit = np.all(np.isfinite(past.points[now, 0]), axis=(0, 2))
        is_beaten &= has_fit
        chosen = np.where(is_beaten[:, np.newaxis], past.points[now, 0], past.points[now, 1])
        scores = np.abs(np.where(is_beaten[:, np.newaxis], errors[:, 0], errors[:, 1]))
        since = max(0, now - edition["calibration_count"])
        radii = [_radius(scores[since:], level, edition, ahead) for level in LEVELS]
        found.append(
            _told(
                laid, edition, day, points=(chosen, past.points[now, 1]), radii=radii,
                verdict=(is_beaten, ratio, count),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class _Past:
    """The forecasts that would have been made: (origins, models, hours of issue, series, leads)."""

    first: date
    every_d: int
    points: Array
    errors: Array

    def number(self, day: date) -> int:
        """Which origin a day is."""
        return (day - self.first).days // self.every_d

    @classmethod
    def of(
        cls, laid: _Laid, edition: Mapping[str, Any], days: list[date], *, scored_after: int
    ) -> "_Past":
        target = laid.target
        needed = max(edition["calibration_count"], edition["compared_count"] + scored_after)
        back = min(needed, max(0, (days[0] - laid.first).days) // target.every_d)
        first = days[0] - timedelta(days=back * target.every_d)
        count = (days[-1] - first).days // target.every_d + 1
        design = laid.design(edition)
        shape = (count, 2, len(target.offsets), len(laid.values), target.leads)
        points, errors = np.full(shape, np.nan), np.full(shape, np.nan)
        by = Harmonics(
            season=edition["season_count"],
            ridge=edition["ridge_ratio"],
            damping=edition["damping_ratio"],
            level_steps=edition["level_count"],
            train_steps=edition["train_d"] * target.steps_a_day,
        )
        for n in range(count):
            begin = laid.step_of(first + timedelta(days=n * target.every_d))
            origins = [begin + offset for offset in target.offsets]
            _forecast_at(laid, design, origins, by=by, points=points[n], errors=errors[n])
        return cls(first, target.every_d, points, errors)


def _forecast_at(
    laid: _Laid, design: Array, origins: list[int], *, by: Harmonics, points: Array, errors: Array
) -> None:
    """Fill in the forecasts of a day by both models, and how far the truth lay from them."""
    if origins[-1] > laid.values.shape[1] or origins[0] < 0:
        return
    leads, a_day = laid.target.leads, laid.target.steps_a_day
    points[0] = harmonic_forecast(laid.values, design, origins, leads, by=by)
    seasons = [by.season, a_day] if by.season > a_day else [by.season]
    for hour, origin in enumerate(origins):
        begin = max(0, origin - by.train_steps)
        points[1, hour] = seasonal_naive(
            laid.values[:, begin:], laid.clock[begin:], origin - begin, leads, seasons=seasons
        )
    np.maximum(points, 0.0, out=points)
    for hour, origin in enumerate(origins):
        truth = laid.values[:, origin : origin + leads]
        errors[:, hour, :, : truth.shape[1]] = truth - points[:, hour, :, : truth.shape[1]]


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


def _radius(scores: Array, level: int, edition: Mapping[str, Any], ahead: int) -> Array:
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
    laid: _Laid,
    edition: Mapping[str, Any],
    day: date,
    *,
    points: tuple[Array, Array],
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
    recent = laid.most[:, max(0, known - DAY_H) : known]
    is_bounded = ~np.isnan(recent).all(axis=1) if recent.size else np.zeros(series, dtype=bool)
    most = np.full(series, np.inf)
    most[is_bounded] = np.nanmax(recent[is_bounded], axis=1)
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
        "model_version": pl.repeat(
            f"{METHOD_VERSION}.{edition['definition_code']}", per_row, eager=True
        ),
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
