"""Whether an action made streets safer: crashes in its area against those expected without it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.action_plans import Plan
from assets.methods.before_after import Effect, effect_of
from assets.methods.crash_safety import Expected, empirical_bayes, fit_performance
from assets.methods.placebo import Placebo, ranked

Array = NDArray[np.float64]
_DAYS_A_YEAR: Final = 365.25
_METRES_A_DEGREE: Final = 111_320.0
# So many other areas of the same size are looked at as if they had been treated.
_PLACEBOS: Final = 30


@dataclass(frozen=True)
class Streets:
    """Stretches of street with their middle, traffic and length, and the crashes on them.

    `segments` has edge_id, lat_deg, lng_deg, traffic_count, length_m; `accidents` edge_id and
    occurred_on. Fewer crashes than `least_told` are not told.
    """

    segments: pl.DataFrame
    accidents: pl.DataFrame
    least_told: int


@dataclass(frozen=True)
class CrashEffect:
    """Crashes after an action over those expected, and how many a year that is.

    A count below what may be told is None.
    """

    ratio: float
    low: float
    high: float
    difference: float
    chance: float
    placebo: Placebo
    before: int | None
    after: int | None


def streets_of(segments: pl.DataFrame, accidents: pl.DataFrame, *, least_told: int) -> Streets:
    """The stretches with a known middle and traffic, and the crashes on them, in one order."""
    import shapely

    known = (
        segments.drop_nulls(["edge_id", "line_geom", "traffic_count", "length_m"])
        .filter((pl.col("traffic_count") > 0) & (pl.col("length_m") > 0))
        .unique("edge_id", keep="first", maintain_order=True)
        .sort("edge_id")
    )
    middles = shapely.line_interpolate_point(
        shapely.from_wkb(known["line_geom"].to_numpy()), 0.5, normalized=True
    )
    return Streets(
        known.select(
            "edge_id",
            "traffic_count",
            "length_m",
            lat_deg=pl.Series(shapely.get_y(middles), dtype=pl.Float64),
            lng_deg=pl.Series(shapely.get_x(middles), dtype=pl.Float64),
        ),
        accidents.drop_nulls(["edge_id", "occurred_on"])
        .select("edge_id", "occurred_on")
        .join(known.select("edge_id"), on="edge_id", how="semi")
        .sort("occurred_on", "edge_id"),
        least_told,
    )


def crash_effect(plan: Plan, streets: Streets) -> CrashEffect | None:
    """The effect of an action on the crashes in its area, by empirical Bayes (Hauer 1997).

    Before are the days up to the works, after those from their end on. What time and weather alone
    made of crashes is that of all other streets, whose chance counts, too. None where the area has
    no street, or nothing was registered before or after.
    """
    if plan.lat_deg is None or plan.lng_deg is None or plan.radius_m is None:
        return None
    frame, accidents = streets.segments, streets.accidents
    first, last = accidents["occurred_on"].min(), accidents["occurred_on"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return None
    first, last = max(first, plan.before_from_on or first), min(last, plan.until_on or last)
    before_years = (plan.started_on - first).days / _DAYS_A_YEAR
    after_years = ((last - plan.finished_on).days + 1) / _DAYS_A_YEAR
    distance = _metres(frame, plan.lat_deg, plan.lng_deg)
    inside = distance <= plan.radius_m
    if before_years <= 0 or after_years <= 0 or not inside.any() or inside.all():
        return None
    day = pl.col("occurred_on")
    before = _counts(frame, accidents.filter((day >= first) & (day < plan.started_on)))
    after = _counts(frame, accidents.filter((day >= plan.finished_on) & (day <= last)))
    exposures = frame.select("traffic_count", "length_m").to_numpy().astype(float)
    try:
        usual = fit_performance(before[~inside], exposures[~inside], years=before_years)
    except ValueError:
        return None
    expected = empirical_bayes(
        before, usual.usual(exposures), years=before_years, overdispersion=usual.overdispersion
    )

    def of(area: NDArray[np.bool_], others: NDArray[np.bool_]) -> Effect | None:
        return _effect(expected, before, after, area=area, others=others)

    found = of(inside, ~inside)
    if found is None:
        return None
    change = after[~inside].sum() / before[~inside].sum()
    without = float(expected.crashes[inside].sum() * change)
    scores = [
        _score(other)
        for area in _elsewhere(frame, distance, plan.radius_m, count=_PLACEBOS)
        if (other := of(area, ~inside & ~area)) is not None
    ]
    score = _score(found)
    low, high = found.interval()
    return CrashEffect(
        ratio=found.ratio,
        low=low,
        high=high,
        difference=(float(after[inside].sum()) - without) / after_years,
        chance=_tail(score),
        placebo=ranked(score, scores),
        before=_told(before[inside], least=streets.least_told),
        after=_told(after[inside], least=streets.least_told),
    )


def _effect(
    expected: Expected,
    before: Array,
    after: Array,
    *,
    area: NDArray[np.bool_],
    others: NDArray[np.bool_],
) -> Effect | None:
    """The effect in an area, given what became of the other streets meanwhile."""
    earlier, later = before[others].sum(), after[others].sum()
    if not earlier or not later or not area.any():
        return None
    part = Expected(expected.crashes[area], expected.deviation[area], expected.weight[area])
    found = effect_of(part, after[area], change=later / earlier)
    spread = found.ratio**2 * (1 / earlier + 1 / later)
    return Effect(found.ratio, float(np.sqrt(found.deviation**2 + spread)))


def _score(found: Effect) -> float:
    """By how many deviations an effect differs from none."""
    return (found.ratio - 1) / found.deviation


def _tail(score: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(score)))


def _told(counts: Array, *, least: int) -> int | None:
    total = int(counts.sum())
    return total if total >= least else None


def _counts(frame: pl.DataFrame, accidents: pl.DataFrame) -> Array:
    """Crashes on each stretch."""
    seen = accidents.group_by("edge_id").agg(seen=pl.len())
    counts = frame.join(seen, on="edge_id", how="left", maintain_order="left")["seen"]
    return counts.fill_null(0).to_numpy().astype(float)


def _metres(frame: pl.DataFrame, lat_deg: float, lng_deg: float) -> Array:
    north = (frame["lat_deg"].to_numpy() - lat_deg) * _METRES_A_DEGREE
    east = (frame["lng_deg"].to_numpy() - lng_deg) * _METRES_A_DEGREE
    return np.asarray(np.hypot(north, east * np.cos(np.radians(lat_deg))))


def _elsewhere(
    frame: pl.DataFrame, distance: Array, radius_m: float, *, count: int
) -> list[NDArray[np.bool_]]:
    """Areas of the same size that do not touch the treated one, spread over the city's streets."""
    candidates = np.flatnonzero(distance > 2 * radius_m)
    chosen = (
        candidates[np.linspace(0, len(candidates) - 1, count).astype(int)]
        if len(candidates)
        else candidates
    )
    found = []
    for at in np.unique(chosen):
        lat, lng = frame["lat_deg"][int(at)], frame["lng_deg"][int(at)]
        found.append((_metres(frame, lat, lng) <= radius_m) & (distance > radius_m))
    return found
