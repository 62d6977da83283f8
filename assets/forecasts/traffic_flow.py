"""How many vehicles each detector will count in each hour of the next day."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import TRAFFIC, traffic_series
from assets.forecasting import forecasts


def traffic_flow_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast the vehicles of each detector and hour, 24 hours from the end of each day (UTC).

    An hour of which a quarter hour is missing is not known. `issued_on` are the days of issue;
    without them it is the newest.
    """
    days = newest_day(observed, "observed_at") if issued_on is None else issued_on
    return forecasts(
        traffic_series(observed), parameters, models, feasts, target=TRAFFIC, issued_on=days
    )


declaration = declared(
    TRAFFIC,
    traffic_flow_forecast,
    key="gold/mobility/hourly_traffic_forecast_by_detector",
    observed="silver/mobility/traffic_flow_observed",
    parameters="silver/mobility/traffic_flow_forecast_parameters",
    entity=given("The publisher's code of the detector.", "observed.detector_id"),
    described="Vehicles that will pass in the hour.",
    at=("observed.observed_at",),
    of=("observed.vehicles_count",),
    title="Traffic forecast for 24 hours",
    measured=measured_as(
        TRAFFIC,
        name="Veicoli previsti nell'ora",
        unit="1",
        title="Previsione del traffico",
        urn="urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:",
        geometry="point",
    ),
)
