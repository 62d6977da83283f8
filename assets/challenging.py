"""What was published held to a challenger: the same series, the same days of issue, one truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.completeness import COMPLETENESS
from assets.forecast_layout import Laid, editions
from assets.forecast_tables import DAY_H, FEASTS, MODELS, Target
from assets.forecast_targets import series_of
from assets.indicators.forecast_scores import SCORED, declaration
from assets.methods.challengers import exponential_smoothing
from assets.methods.forecast_scores import mae
from assets.twin import Twin

Array = NDArray[np.float64]
# What it expects of a series (steps,), so many steps ahead, of these seasons (steps).
Challenger = Callable[[Array, int, tuple[int, ...]], Array]
_WEEK_D: Final = 7
# By the code of a target: what its inputs are called in the ledger of scores.
TARGETS_SCORED: Final = {target.code: (name, target) for name, target in SCORED.items()}


def seasons_of(target: Target) -> tuple[int, ...]:
    """The seasons of a target's series, in steps: the day and the week of hours, else the week."""
    return (DAY_H, _WEEK_D * DAY_H) if target.step == "hour" else (_WEEK_D,)


def challenged(
    issued: pl.DataFrame,
    series: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    target: Target,
    challenger: Challenger,
    origins: int,
) -> pl.DataFrame:
    """Let a challenger forecast what was published at the newest instants of issue that count.

    `issued` are rows of the target's table of forecasts, `series` what came (entity, `at`,
    `value`). An instant counts where the whole of what it forecast has come for any place. The
    challenger sees as many days before each as the definition gives the model to fit, as
    they are known now. A row a forecast of which the truth is known and all three have a number:
    `truth`, `point` (what was published), `naive`, `challenger` and `scale`.
    """
    truth = series.select(target.entity, pl.col("at").alias(target.at), truth="value")
    both = issued.select(
        target.entity,
        "issued_on",
        "issued_at",
        target.lead,
        target.at,
        point=target.value,
        naive=target.named("naive"),
        scale=target.named("scale"),
    ).join(truth.drop_nulls(), on=[target.entity, target.at])
    whole = both.filter(pl.col(target.lead) == target.leads)
    moments = whole["issued_at"].unique().sort().tail(origins)
    asked = both.filter(pl.col("issued_at").is_in(moments.implode()))
    if asked.is_empty():
        return asked.with_columns(challenger=pl.lit(None, pl.Float64))
    days = asked["issued_on"].unique().sort().to_list()
    laid = Laid.out(series.drop_nulls(["at", "value"]), feasts, target, last=days[-1])
    trained = {
        day: edition["train_d"] * target.steps_a_day
        for edition, of_edition in editions(models, target, days)
        for day in of_edition
    }
    numbers = {entity: n for n, entity in enumerate(laid.entities)}
    found = [asked.clear().with_columns(challenger=pl.lit(None, pl.Float64))]
    for (entity, day, moment), rows in asked.group_by(
        target.entity, "issued_on", "issued_at", maintain_order=True
    ):
        if day not in trained:
            continue
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        origin = laid.step_of(day) + (moment - begin) * target.steps_a_day // timedelta(days=1)
        before = laid.values[numbers[entity], max(0, origin - trained[day]) : origin]
        said = np.maximum(challenger(before, target.leads, seasons_of(target)), 0.0)
        ahead = rows[target.lead].to_numpy() - 1
        found.append(rows.with_columns(pl.Series("challenger", said[ahead])))
    return pl.concat(found)


@dataclass(frozen=True)
class Contest:
    """How a target's published forecasts did beside a challenger."""

    places: int
    issues: int
    forecasts: int
    errors: tuple[float, float, float]
    """Mean absolute scaled errors of what was published, of the naive and of the challenger."""
    fit_s: float
    """Seconds that the challenger took for a place and an issue."""


def challenged_in(twin: Twin, code: str, *, origins: int) -> Contest | None:
    """Hold a target of a lake to exponential smoothing; None where no truth has come yet."""
    name, target = TARGETS_SCORED[code]
    forecast, observed = (declaration.reads[key] for key in (name, f"{name}_truth"))
    read = (forecast, observed, MODELS, FEASTS, COMPLETENESS)
    if not all(twin.lake.exists(key) for key in read):
        return None
    issued, rows, models, feasts, rules = (twin.read(key).collect() for key in read)
    begin = monotonic()
    found = challenged(
        issued, series_of(target, rows, rules), models, feasts,
        target=target, challenger=_smoothing, origins=origins,
    ).filter(pl.col("scale") > 0, pl.col("challenger").is_not_nan())  # fmt: skip
    took_s = monotonic() - begin
    if found.is_empty():
        return None
    truth, scale = found["truth"].to_numpy(), found["scale"].to_numpy()
    point, naive, other = (
        mae(truth / scale, found[one].to_numpy() / scale)
        for one in ("point", "naive", "challenger")
    )
    fits = found.select(target.entity, "issued_at").n_unique()
    return Contest(
        places=found[target.entity].n_unique(),
        issues=found["issued_at"].n_unique(),
        forecasts=found.height,
        errors=(point, naive, other),
        fit_s=took_s / fits,
    )


def _smoothing(before: Array, leads: int, seasons: tuple[int, ...]) -> Array:
    return exponential_smoothing(before, leads, seasons=seasons)
