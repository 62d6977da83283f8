"""How many places each car park will have left in each of the next two hours."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import PARKING, parking_series
from assets.forecasting import forecasts


def parking_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast the free places of each car park, two hours ahead from the end of each hour.

    The number of an hour is the mean of what was said in it while the car park was open; no more
    places are forecast than there are. `issued_on` are the days (UTC) of issue; without them it is
    the newest.
    """
    days = newest_day(observed, "observed_at") if issued_on is None else issued_on
    return forecasts(
        parking_series(observed), parameters, models, feasts, target=PARKING, issued_on=days
    )


declaration = declared(
    PARKING,
    parking_forecast,
    key="gold/mobility/hourly_parking_forecast_by_car_park",
    observed="silver/mobility/off_street_parking_observed",
    parameters="silver/mobility/parking_forecast_parameters",
    entity=given("The publisher's code of the car park.", "observed.car_park_id"),
    described="Places that will be free, mean of the hour.",
    at=("observed.observed_at",),
    of=("observed.free_count", "observed.capacity_count", "observed.is_open"),
    title="Parking forecast for two hours",
    measured=measured_as(
        PARKING,
        name="Posti liberi previsti",
        unit="1",
        title="Previsione dei posti nei parcheggi",
        urn="urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:",
        geometry="point",
        shapes="silver/mobility/off_street_parking",
        is_high_bad=False,
    ),
)
