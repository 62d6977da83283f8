"""What is fitted to the PM10 of each station, to forecast it."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns
from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_parameters import parameters
from assets.forecast_tables import parameters_declared
from assets.forecast_targets import PM10, pm10_series


def pm10_forecast_parameters(
    observed: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    completeness: pl.DataFrame,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Fit both models to what is known of each at the end of each day (UTC).

    A row each parameter, from which with the calendar and the edition's damping the forecast is
    computed. `issued_on` are the days of issue; without them it is the newest.
    """
    days = newest_day(observed, "observed_at") if issued_on is None else issued_on
    series = pm10_series(observed, completeness)
    return parameters(series, models, feasts, target=PM10, issued_on=days)


declaration = parameters_declared(
    PM10,
    pm10_forecast_parameters,
    key="silver/air/pm10_forecast_parameters",
    observed="silver/air/air_quality_observed",
    entity=given("ARPA's id of the station.", "observed.station_id"),
    at=("observed.observed_at",),
    of=(
        "observed.value_ugm3",
        "observed.pollutant_code",
        *completeness_columns("completeness", "least_ratio"),
    ),
    also={"completeness": COMPLETENESS},
    title="Fitted parameters of the PM10 forecast",
)
