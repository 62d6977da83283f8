"""What is fitted to the nights of guests in the city, to forecast them."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_parameters import parameters
from assets.forecast_tables import parameters_declared
from assets.forecast_targets import NIGHTS, nights_series

_SUNDAY: Final = 7


def overnight_stays_forecast_parameters(
    observed: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Fit both models to the city's nights known at the end of each Sunday.

    A row each parameter, from which with the calendar and the edition's damping the forecast is
    computed. `issued_on` are the days of issue; without them it is the newest.
    """
    sundays = observed.filter(pl.col("day_on").dt.weekday() == _SUNDAY)
    days = newest_day(sundays, "day_on") if issued_on is None else issued_on
    return parameters(nights_series(observed), models, feasts, target=NIGHTS, issued_on=days)


declaration = parameters_declared(
    NIGHTS,
    overnight_stays_forecast_parameters,
    key="silver/tourism/overnight_stays_forecast_parameters",
    observed="gold/tourism/daily_overnight_stays",
    entity=given("ISTAT's code of Brescia.", "observed.municipality_code"),
    at=("observed.day_on",),
    of=("observed.nights_count", "observed.quality_code"),
    title="Fitted parameters of the overnight stays forecast",
)
