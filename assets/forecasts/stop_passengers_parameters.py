"""What is fitted to the passengers of each stop, to forecast them."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_parameters import parameters
from assets.forecast_tables import parameters_declared
from assets.forecast_targets import PASSENGERS, passengers_series


def stop_passengers_forecast_parameters(
    observed: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Fit both models to what is known of each at the end of each day (UTC).

    A row each parameter, from which with the calendar and the edition's damping the forecast is
    computed. `issued_on` are the days of issue; without them it is the newest.
    """
    days = newest_day(observed, "hour_at") if issued_on is None else issued_on
    return parameters(
        passengers_series(observed), models, feasts, target=PASSENGERS, issued_on=days
    )


declaration = parameters_declared(
    PASSENGERS,
    stop_passengers_forecast_parameters,
    key="silver/mobility/stop_passengers_forecast_parameters",
    observed="silver/mobility/passengers_by_stop",
    entity=given("The stop or metro station, as in the timetable.", "observed.stop_id"),
    at=("observed.hour_at",),
    of=("observed.passengers_count",),
    title="Fitted parameters of the passengers forecast",
)
