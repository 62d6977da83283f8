"""What is fitted to a target's series to forecast them, as rows; and the forecast of such rows."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from assets.forecast_layout import (
    Array,
    Edition,
    Laid,
    days_of_issue,
    design_names,
    editions,
    harmonics,
)
from assets.forecast_tables import DAY_H, Target, model_version
from assets.methods.forecasting import harmonic_fit, harmonic_forecast


def parameters(
    series: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    target: Target,
    issued_on: Sequence[date],
) -> pl.DataFrame:
    """Fit both models to each series of a target from the end of these days, of what was known.

    A row each parameter, in the target's unit: `mean` and the harmonics (`day_cos_1`; those of
    `saturday` and `sunday` are added on those days), `level_H` the mean error of the last steps
    before hour H of issue, `naive_H_L` what the naive model says L steps after that, and `most`
    what no forecast passes. A series too short for the harmonics has those of the naive alone.
    """
    known = series.drop_nulls(["at", "value", target.entity]).sort(target.entity, "at")
    days = days_of_issue(issued_on, target)
    found = [target.parameters_schema.to_frame()]
    if known.is_empty() or not days:
        return found[0]
    laid = Laid.out(known, feasts, target, last=days[-1])
    for edition, of_edition in editions(models, target, days):
        design = laid.design(edition)
        found += [
            _fitted(laid, design, edition, day) for day in of_edition if laid.step_of(day) >= 0
        ]
    return pl.concat(found).sort(target.parameters_key)


def _codes(edition: Edition, target: Target) -> list[str]:
    return [
        *design_names(edition, target),
        *(f"level_{hour:02}" for hour in target.issued_h),
        "most",
        *(
            f"naive_{hour:02}_{lead:02}"
            for hour in target.issued_h
            for lead in range(1, target.leads + 1)
        ),
    ]


def _fitted(laid: Laid, design: Array, edition: Edition, day: date) -> pl.DataFrame:
    target, by = laid.target, harmonics(edition, laid.target)
    origins = laid.origins(day)
    coefficients, levels = harmonic_fit(laid.values, design, origins, by=by)
    naive = np.stack([laid.naive(origin, by=by) for origin in origins], axis=1)
    recent = laid.most[:, max(0, origins[0] - DAY_H) : origins[0]]
    is_bounded = ~np.isnan(recent).all(axis=1)
    most = np.full((len(recent), 1), np.nan)
    most[is_bounded, 0] = np.nanmax(recent[is_bounded], axis=1)
    numbers = np.hstack([coefficients, levels.T, most, naive.reshape(len(naive), -1)])
    entity, code = (index.reshape(-1) for index in np.indices(numbers.shape))
    rows = {
        target.entity: pl.Series(laid.entities, dtype=pl.String()).gather(entity),
        "issued_on": pl.repeat(day, numbers.size, dtype=pl.Date, eager=True),
        "parameter_code": pl.Series(_codes(edition, target)).gather(code),
        target.named("parameter"): pl.Series(numbers.reshape(-1)).fill_nan(None),
        "model_version": pl.repeat(model_version(edition), numbers.size, eager=True),
        "definition_from_on": pl.repeat(
            edition["valid_from_on"], numbers.size, dtype=pl.Date, eager=True
        ),
    }
    return pl.DataFrame(rows, schema=target.parameters_schema).drop_nulls(target.named("parameter"))


def points_of(
    stored: pl.DataFrame, laid: Laid, design: Array, edition: Edition, day: date
) -> tuple[Array, Array]:
    """What the parameters of a day say: by both models, and what no forecast passes.

    Arrays (models, hours of issue, series, leads) and (series,): nan and infinite where the table
    has no such parameter. Nothing but these rows, the calendar and the edition is read.
    """
    target, codes = laid.target, _codes(edition, laid.target)
    width, hours = len(design_names(edition, target)), len(target.issued_h)
    numbers = np.full((len(laid.entities), len(codes)), np.nan)
    rows = stored.filter(
        pl.col("issued_on") == day,
        pl.col(target.entity).is_in(laid.entities),
        pl.col("parameter_code").is_in(codes),
    )
    where = tuple(
        rows[column].replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
        for column, names in ((target.entity, laid.entities), ("parameter_code", codes))
    )
    numbers[where] = rows[target.named("parameter")].to_numpy()
    harmonic = harmonic_forecast(
        (numbers[:, :width], numbers[:, width : width + hours].T),
        design,
        laid.origins(day),
        target.leads,
        damping=edition["damping_ratio"],
    )
    naive = numbers[:, width + hours + 1 :].reshape(len(numbers), hours, target.leads)
    most = numbers[:, width + hours]
    return np.stack([harmonic, naive.swapaxes(0, 1)]), np.where(np.isnan(most), np.inf, most)
