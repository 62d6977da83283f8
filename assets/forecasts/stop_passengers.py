"""How many will get on at each stop in each of the next seven days."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import PASSENGERS, passengers_series
from assets.forecasting import forecasts


def stop_passengers_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast the passengers of each stop, seven days from the end of each day (UTC).

    Counted are the hours that silver tells, those of ten cards or more, by the days of the city's
    clock; a day without such an hour is not known. `issued_on` are the days of issue; without them
    it is the newest.
    """
    days = newest_day(observed, "hour_at") if issued_on is None else issued_on
    return forecasts(
        passengers_series(observed), parameters, models, feasts, target=PASSENGERS, issued_on=days
    )


declaration = declared(
    PASSENGERS,
    stop_passengers_forecast,
    key="gold/mobility/daily_passengers_forecast_by_stop",
    observed="silver/mobility/passengers_by_stop",
    parameters="silver/mobility/stop_passengers_forecast_parameters",
    entity=given("The stop or metro station, as in the timetable.", "observed.stop_id"),
    described="Passengers of the hours that may be told.",
    at=("observed.hour_at",),
    of=("observed.passengers_count",),
    title="Passengers forecast for seven days",
    measured=measured_as(
        PASSENGERS,
        name="Passeggeri previsti nel giorno",
        unit="1",
        title="Previsione dei passeggeri alle fermate",
        urn="urn:ngsi-ld:CrowdFlowObserved:brescia:brescia_mobilita:",
        geometry="point",
        shapes="silver/mobility/transit_stops",
        how=(
            "Si contano le ore con almeno dieci tessere: dove i passeggeri sono pochi il numero è "
            "più basso del vero, e delle fermate senza tali ore non si prevede nulla."
        ),
    ),
)
