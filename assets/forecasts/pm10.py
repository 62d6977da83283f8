"""How much fine dust each station will measure in each of the next three days."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns
from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import PM10, pm10_series
from assets.forecasting import forecasts


def pm10_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    completeness: pl.DataFrame,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast each station's mean PM10 of the next three days, from the end of each day (UTC).

    Days are those of solar time (UTC+1), as stations count them, and known with enough valid hours
    (a row of `completeness`). `issued_on` are the days of issue; without them it is the newest.
    """
    days = newest_day(observed, "observed_at") if issued_on is None else issued_on
    series = pm10_series(observed, completeness)
    return forecasts(series, parameters, models, feasts, target=PM10, issued_on=days)


declaration = declared(
    PM10,
    pm10_forecast,
    key="gold/air/daily_pm10_forecast_by_station",
    observed="silver/air/air_quality_observed",
    parameters="silver/air/pm10_forecast_parameters",
    entity=given("ARPA's id of the station.", "observed.station_id"),
    described="Mean PM10 of the day.",
    at=("observed.observed_at",),
    of=(
        "observed.value_ugm3",
        "observed.pollutant_code",
        *completeness_columns("completeness", "least_ratio"),
    ),
    also={"completeness": COMPLETENESS},
    title="PM10 forecast for three days",
    measured=measured_as(
        PM10,
        name="PM10 previsto, media del giorno",
        unit="ug/m3",
        title="Previsione delle polveri sottili (PM10)",
        urn="urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:",
        geometry="point",
        shapes="silver/air/air_quality_station",
        is_high_bad=True,
    ),
)
