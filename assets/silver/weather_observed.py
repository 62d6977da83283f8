"""What the weather stations measured, every ten minutes: the last word of each."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_MEASURED: Final = {
    "rain_mm": "Rain of the ten minutes.",
    "wind_ms": "Mean wind speed.",
    "gust_ms": "Highest wind speed.",
    "dir_deg": "Where the wind comes from, degrees clockwise from north.",
    "temp_c": "Air temperature.",
    "rh_pct": "Relative humidity.",
    "press_hpa": "Air pressure at the station.",
    "rad_wm2": "Global solar radiation.",
}


def weather_observed(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each ten minutes at each station as the publisher last stated it."""
    return (
        measurements.sort("window_on")
        .unique(["station_id", "measured_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:")
            + pl.col("station_id"),
            station_id="station_id",
            observed_at="measured_at",
            **{name: pl.col(name) for name in _MEASURED},
        )
        .sort("station_id", "observed_at")
    )


declaration = Declaration(
    function=weather_observed,
    key="silver/weather/weather_observed",
    reads={"measurements": "bronze/arpa_lombardia/weather"},
    gives={
        "entity_id": given("The station as an NGSI-LD entity.", "measurements.station_id"),
        "station_id": given("ARPA's id of the station.", "measurements.station_id"),
        "observed_at": given("Start of the ten minutes, UTC.", "measurements.measured_at"),
        **{name: given(text, f"measurements.{name}") for name, text in _MEASURED.items()},
    },
    key_columns=("station_id", "observed_at"),
    window_by="observed_at",
    title="Weather observed",
    method_version="1",
    literature="Smart Data Models, dataModel.Weather, WeatherObserved.",
)
