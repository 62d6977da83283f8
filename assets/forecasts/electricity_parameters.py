"""What is fitted to the electricity of places that may be told, to forecast it."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_parameters import parameters
from assets.forecast_tables import parameters_declared
from assets.forecast_targets import ELECTRICITY, electricity_series


def electricity_forecast_parameters(
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
    days = newest_day(observed, "from_at") if issued_on is None else issued_on
    return parameters(
        electricity_series(observed), models, feasts, target=ELECTRICITY, issued_on=days
    )


declaration = parameters_declared(
    ELECTRICITY,
    electricity_forecast_parameters,
    key="silver/energy/electricity_forecast_parameters",
    observed="silver/energy/electricity_load_by_quarter_hour",
    entity=given("Quarter, or the rest of a zone or of the municipality.", "observed.area_id"),
    at=("observed.from_at",),
    of=("observed.energy_kwh",),
    title="Fitted parameters of the electricity forecast",
)
