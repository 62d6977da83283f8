"""How many will sleep in the city in each of the next sixty nights."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from assets.declaration import given
from assets.forecast_layout import newest_day
from assets.forecast_tables import declared, measured_as
from assets.forecast_targets import NIGHTS, nights_series
from assets.forecasting import forecasts

_SUNDAY: Final = 7


def overnight_stays_forecast(
    observed: pl.DataFrame,
    parameters: pl.DataFrame,
    models: pl.DataFrame,
    feasts: pl.DataFrame,
    *,
    issued_on: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Forecast the city's nights, sixty days from the end of each Sunday.

    Nights are those that may be told; one that is partial, since too few of the houses have
    reported yet, is not known. `issued_on` are the days of issue, of which Sundays count; without
    them it is the newest Sunday.
    """
    sundays = observed.filter(pl.col("day_on").dt.weekday() == _SUNDAY)
    days = newest_day(sundays, "day_on") if issued_on is None else issued_on
    return forecasts(
        nights_series(observed), parameters, models, feasts, target=NIGHTS, issued_on=days
    )


declaration = declared(
    NIGHTS,
    overnight_stays_forecast,
    key="gold/tourism/daily_overnight_stays_forecast_by_municipality",
    observed="gold/tourism/daily_overnight_stays",
    parameters="silver/tourism/overnight_stays_forecast_parameters",
    entity=given("ISTAT's code of Brescia.", "observed.municipality_code"),
    described="Guests who will sleep in the city.",
    at=("observed.day_on",),
    of=("observed.nights_count", "observed.quality_code"),
    title="Overnight stays forecast for sixty days",
    measured=measured_as(
        NIGHTS,
        name="Presenze previste",
        unit="1",
        title="Previsione delle notti in città",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:istat:",
        geometry="city",
    ),
)
