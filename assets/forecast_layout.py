"""The series of a target by steps, with the city's clock and the columns of its harmonics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.feasts import feast_days
from assets.forecast_tables import DAY_H, Target
from assets.methods.forecasting import Harmonics, harmonic_design, seasonal_naive

Array = NDArray[np.float64]
# A row of the definition `forecast_models`.
Edition = Mapping[str, Any]

_ROME: Final = "Europe/Rome"
_YEAR_D: Final = 365.25
_WEEK_D: Final = 7
_SUNDAY: Final = 6
_FREE_DAYS: Final = {5: "saturday", _SUNDAY: "sunday"}
# The first of January 1970 was a Thursday.
_EPOCH_WEEKDAY: Final = 3


def newest_day(rows: pl.DataFrame, column: str) -> list[date]:
    """The last UTC day of the rows, alone; none of no rows."""
    return rows.select(pl.col(column).cast(pl.Date).max()).drop_nulls().to_series().to_list()


def days_of_issue(issued_on: Sequence[date], target: Target) -> list[date]:
    """Those of the days from whose end such a forecast is made."""
    return sorted({day for day in issued_on if target.every_d == 1 or day.weekday() == _SUNDAY})


def editions(
    models: pl.DataFrame, target: Target, days: Sequence[date]
) -> Iterator[tuple[Edition, list[date]]]:
    """Each edition of a target's choices, with those of the days of issue at which it held."""
    held = models.filter(pl.col("target_code") == target.code).sort("valid_from_on")
    found = held.drop("source_name", "is_verified").drop_nulls().to_dicts()
    begins = [one["valid_from_on"] for one in found]
    for edition, end in zip(found, [*begins[1:], date.max], strict=False):
        of_edition = [day for day in days if edition["valid_from_on"] <= day < end]
        if of_edition:
            yield edition, of_edition


def harmonics(edition: Edition, target: Target) -> Harmonics:
    """How an edition fits a target's series, in steps."""
    return Harmonics(
        season=edition["season_count"],
        ridge=edition["ridge_ratio"],
        damping=edition["damping_ratio"],
        level_steps=edition["level_count"],
        train_steps=edition["train_d"] * target.steps_a_day,
    )


def design_names(edition: Edition, target: Target) -> list[str]:
    """What the columns of the design are called, in their order: `day_cos_1`, `sunday_mean`."""

    def pairs(of: str, count: int) -> list[str]:
        return [f"{of}_{wave}_{n}" for n in range(1, count + 1) for wave in ("cos", "sin")]

    of_day = pairs("day", edition["day_harmonics_count"]) if target.steps_a_day > 1 else []
    own = edition["free_day_harmonics_count"]
    free = [name for day in _FREE_DAYS.values() for name in (f"{day}_mean", *pairs(day, own))]
    return [
        "mean",
        *of_day,
        *pairs("week", edition["week_harmonics_count"]),
        *pairs("year", edition["year_harmonics_count"]),
        *(free if own else []),
    ]


@dataclass(frozen=True)
class Laid:
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
    ) -> "Laid":
        """Lay out what is known, from its first day to the last that is asked for."""
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

    def origins(self, day: date) -> list[int]:
        """How many steps are known at each hour of issue of a day."""
        return [self.step_of(day) + offset for offset in self.target.offsets]

    def naive(self, origin: int, *, by: Harmonics) -> Array:
        """What the last season says from an origin on, or the last day: (series, leads)."""
        a_day = self.target.steps_a_day
        seasons = [by.season, a_day] if by.season > a_day else [by.season]
        begin = max(0, origin - by.train_steps)
        return seasonal_naive(
            self.values[:, begin:], self.clock[begin:], origin - begin, self.target.leads,
            seasons=seasons,
        )  # fmt: skip

    def design(self, edition: Edition) -> Array:
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
