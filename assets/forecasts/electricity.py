"""How much electricity each place that may be told will use in each hour of the next day."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import ELECTRICITY, electricity_series
from assets.forecasting import forecasts


def electricity_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast the electricity of quarters, zones and the city, 24 hours from each day's end (UTC).

    Places are those of silver, each of enough meters: of a zone and of the city it is the rest that
    no other row tells, and nothing finer is forecast. An hour without one of its quarter hours is
    not known. `issued_on` are the days of issue; without them it is the newest.
    """
    days = newest_day(observed, "from_at") if issued_on is None else issued_on
    return forecasts(
        electricity_series(observed), parameters, models, feasts, target=ELECTRICITY, issued_on=days
    )


declaration = declared(
    ELECTRICITY,
    electricity_forecast,
    key="gold/energy/hourly_electricity_forecast_by_area",
    observed="silver/energy/electricity_load_by_quarter_hour",
    parameters="silver/energy/electricity_forecast_parameters",
    entity=given("Quarter, or the rest of a zone or of the municipality.", "observed.area_id"),
    described="Electricity that will be used in the hour.",
    at=("observed.from_at",),
    of=("observed.energy_kwh",),
    title="Electricity forecast for 24 hours",
    measured=measured_as(
        ELECTRICITY,
        name="Energia elettrica prevista nell'ora",
        unit="kW.h",
        title="Previsione dell'energia elettrica",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:gemello:",
        geometry="city",
        how=(
            "Un quartiere si prevede da solo dove ha almeno cento contatori; la voce di una zona o "
            "della città è quello che resta, perché non si riconosca nessuno."
        ),
    ),
)
