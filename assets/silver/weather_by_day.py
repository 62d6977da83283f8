"""Forty years of days: temperature, humidity, wind, sun and rain of each station."""

from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Declaration, given
from assets.methods.evapotranspiration import reference_of_days_mm

# Brescia: latitude of the town hall and elevation of its plain.
_LATITUDE_DEG: Final = 45.54
_ELEVATION_M: Final = 149.0


def weather_by_day(days: pl.DataFrame) -> pl.DataFrame:
    """Give each day of each station, in solar time, as the publisher states it now.

    Reference evapotranspiration is that of grass (FAO-56, eq. 6); empty where a part is missing.
    """
    reference = pl.Series("reference_mm", _reference(days), dtype=pl.Float64)
    return (
        days.with_columns(reference.fill_nan(None).round(3))
        .select(
            entity_id=pl.lit("urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:")
            + pl.col("station_id"),
            station_id="station_id",
            day_on="measured_on",
            temp_min_c="temp_min_c",
            temp_max_c="temp_max_c",
            temp_mean_c="temp_mean_c",
            rh_min_pct="rh_min_pct",
            rh_max_pct="rh_max_pct",
            wind_ms="wind_ms",
            rad_mjm2="rad_mjm2",
            rain_mm="rain_mm",
            reference_mm="reference_mm",
        )
        .sort("station_id", "day_on")
    )


def _reference(days: pl.DataFrame) -> np.ndarray:
    def cells(name: str) -> np.ndarray:
        return days[name].cast(pl.Float64).to_numpy()

    return reference_of_days_mm(
        least_c=cells("temp_min_c"),
        greatest_c=cells("temp_max_c"),
        least_rh_pct=cells("rh_min_pct"),
        greatest_rh_pct=cells("rh_max_pct"),
        wind_ms=cells("wind_ms"),
        solar_mjm2=cells("rad_mjm2"),
        day_of_year=days["measured_on"].dt.ordinal_day().to_numpy(),
        latitude_deg=_LATITUDE_DEG,
        elevation_m=_ELEVATION_M,
    )


declaration = Declaration(
    function=weather_by_day,
    key="silver/weather/weather_by_day",
    reads={"days": "bronze/arpa_lombardia/weather_history"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "days.station_id"),
        "station_id": given("ARPA's id of the station.", "days.station_id"),
        "day_on": given("Day of solar time.", "days.measured_on"),
        "temp_min_c": given("Lowest temperature.", "days.temp_min_c"),
        "temp_max_c": given("Highest temperature.", "days.temp_max_c"),
        "temp_mean_c": given("Mean temperature.", "days.temp_mean_c"),
        "rh_min_pct": given("Lowest relative humidity.", "days.rh_min_pct"),
        "rh_max_pct": given("Highest relative humidity.", "days.rh_max_pct"),
        "wind_ms": given("Mean wind speed at two metres.", "days.wind_ms"),
        "rad_mjm2": given("Global radiation of the day.", "days.rad_mjm2"),
        "rain_mm": given("Rain of the day.", "days.rain_mm"),
        "reference_mm": given(
            "Reference evapotranspiration of grass.",
            "days.temp_min_c", "days.temp_max_c", "days.rh_min_pct", "days.rh_max_pct",
            "days.wind_ms", "days.rad_mjm2", "days.measured_on",
        ),
    },
    key_columns=("station_id", "day_on"),
    window_by=None,
    title="Weather by day",
    method_version="1",
    literature="Smart Data Models, dataModel.Weather, WeatherObserved; FAO-56 (1998).",
)  # fmt: skip
