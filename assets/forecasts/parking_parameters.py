"""What is fitted to the free places of each car park, to forecast them."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_parameters import parameters
from assets.forecast_tables import parameters_declared
from assets.forecast_targets import PARKING, parking_series


def parking_forecast_parameters(
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
    days = newest_day(observed, "observed_at") if issued_on is None else issued_on
    return parameters(parking_series(observed), models, feasts, target=PARKING, issued_on=days)


declaration = parameters_declared(
    PARKING,
    parking_forecast_parameters,
    key="silver/mobility/parking_forecast_parameters",
    observed="silver/mobility/off_street_parking_observed",
    entity=given("The publisher's code of the car park.", "observed.car_park_id"),
    at=("observed.observed_at",),
    of=("observed.free_count", "observed.capacity_count", "observed.is_open"),
    title="Fitted parameters of the parking forecast",
)
