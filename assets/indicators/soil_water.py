"""How much water is left for roots, day by day: the bucket of FAO-56 under grass."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.evapotranspiration import Soil, balance
from assets.trust import health_columns, suspect_days

# A year of days is told: what the ground holds now hangs on the months before, not on decades.
_TOLD_DAYS: Final = 366
# Two winters before them fill the ground: what it held before says nothing any more.
_FILLING_DAYS: Final = 731
_NUMBERS: Final = (
    "field_capacity_ratio", "wilting_point_ratio", "root_m", "depletion_ratio", "crop_ratio",
)  # fmt: skip
_SCHEMA: Final = {
    "station_id": pl.String(), "day_on": pl.Date(), "available_ratio": pl.Float64(),
    "available_lo_ratio": pl.Float64(), "available_hi_ratio": pl.Float64(),
    "depletion_mm": pl.Float64(), "evapotranspiration_mm": pl.Float64(),
    "reference_mm": pl.Float64(), "definition_from_on": pl.Date(),
    "completeness_ratio": pl.Float64(), "observations_count": pl.Int64(),
    "quality_code": pl.String(),
}  # fmt: skip


def soil_water(days: pl.DataFrame, soils: pl.DataFrame, health: pl.DataFrame) -> pl.DataFrame:
    """Give the share of the water between wilting and field capacity that is left, each day.

    Grass on the soil that the newest edition takes as usual (FAO-56, eq. 85 to 88), taken for full
    two years before, for the newest 366 days; all rain of a day soaks in. The interval is from the
    least to the most of that and of the soils that bound it. Without one usual soil of which all is
    known there is no number. A day without a measurement is taken for one without rain and with the
    evapotranspiration of the day before; completeness says how many of the last thirty days were
    measured, by sensors of which none was suspect.
    """
    bad = suspect_days(health).select("station_id", "day_on", "is_suspect").unique()
    judged = days.join(bad, on=["station_id", "day_on"], how="left")
    held = newest(soils).drop_nulls(_NUMBERS).sort("soil_code")
    usual, bounds = (held.filter(taken_code=one).rows(named=True) for one in ("usual", "bound"))
    frames = [
        _station(part, usual[0], bounds)
        for part in judged.sort("station_id", "day_on").partition_by(
            "station_id", maintain_order=True
        )
        if len(usual) == 1
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *frames]).sort("station_id", "day_on")


def _station(
    days: pl.DataFrame, usual: Mapping[str, object], bounds: Sequence[Mapping[str, object]]
) -> pl.DataFrame:
    span_days = pl.date_range(pl.col("day_on").min(), pl.col("day_on").max(), "1d")
    every = (
        days.select(span_days)
        .join(days, on="day_on", how="left")
        .sort("day_on")
        .tail(_TOLD_DAYS + _FILLING_DAYS)
    )
    demand = every["reference_mm"]
    measured = demand.is_not_null() & every["rain_mm"].is_not_null() & every["is_suspect"].is_null()
    rain = every["rain_mm"].fill_null(0.0).to_numpy()
    filled = demand.fill_null(strategy="forward").fill_null(0.0)
    found = [_bucket(soil, rain, filled.to_numpy()) for soil in (usual, *bounds)]
    shares = np.stack([one["share"] for one in found])
    recent = measured.cast(pl.Int64).rolling_sum(30, min_samples=1)
    span = pl.Series(np.minimum(np.arange(1, every.height + 1), 30))
    return pl.DataFrame(
        {
            "station_id": days["station_id"][0],
            "day_on": every["day_on"],
            "available_ratio": found[0]["share"],
            "available_lo_ratio": shares.min(axis=0),
            "available_hi_ratio": shares.max(axis=0),
            "depletion_mm": found[0]["depletion"],
            "evapotranspiration_mm": found[0]["used"],
            "reference_mm": filled.round(3),
            "definition_from_on": usual["valid_from_on"],
            "completeness_ratio": recent / span,
            "observations_count": recent.cast(pl.Int64),
            "quality_code": "modelled",
        },
        schema=_SCHEMA,
    ).tail(_TOLD_DAYS)


def _bucket(
    row: Mapping[str, object], rain: np.ndarray, demand: np.ndarray
) -> dict[str, np.ndarray]:
    capacity, wilting, root_m, depletion, crop = (float(str(row[name])) for name in _NUMBERS)
    soil = Soil(
        field_capacity=capacity,
        wilting_point=wilting,
        root_m=root_m,
        depletion_ratio=depletion,
        crop=crop,
    )
    result = balance(rain, np.zeros_like(rain), demand, soil, first_mm=0.0)
    return {
        "share": np.round(1 - result.depletion_mm / soil.available_mm, 4),
        "depletion": np.round(result.depletion_mm, 2),
        "used": np.round(result.evapotranspiration_mm, 3),
    }


_WEATHER: Final = ("days.rain_mm", "days.reference_mm")
_HEALTH: Final = health_columns("health")
_SOILS: Final = tuple(
    f"soils.{name}" for name in ("soil_code", "taken_code", "valid_from_on", *_NUMBERS)
)

declaration = Declaration(
    function=soil_water,
    key="gold/soil/daily_soil_water_by_station",
    reads={
        "days": "silver/weather/weather_by_day",
        "soils": "bronze/definitions/soil_types",
        "health": "silver/sensors/weather_sensor_health_by_day",
    },
    gives={
        "station_id": given("ARPA's id of the weather station.", "days.station_id"),
        "day_on": given("Day of solar time.", "days.day_on"),
        "available_ratio": given("Water left for roots, of all they can have.", *_WEATHER, *_SOILS),
        "available_lo_ratio": given("The least of it and its bounds.", *_WEATHER, *_SOILS),
        "available_hi_ratio": given("The most of it and its bounds.", *_WEATHER, *_SOILS),
        "depletion_mm": given("Water missing to field capacity.", *_WEATHER, *_SOILS),
        "evapotranspiration_mm": given("Water that grass and soil gave off.", *_WEATHER, *_SOILS),
        "reference_mm": given("Reference evapotranspiration.", *_WEATHER),
        "definition_from_on": given(
            "Day from which the table of soils holds.", "soils.valid_from_on", "soils.taken_code"
        ),
        "completeness_ratio": given(
            "Days measured by sensors to be believed, of the last thirty.", *_WEATHER, *_HEALTH
        ),
        "observations_count": given("Those days.", *_WEATHER, *_HEALTH),
        "quality_code": given("modelled: nobody measured it here.", *_WEATHER),
    },
    key_columns=("station_id", "day_on"),
    window_by=None,
    title="Water for roots by station and day",
    method_version="3",
    literature="Allen et al. (1998), FAO-56, chapters 4 and 8; tables 12, 19 and 22.",
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "available_ratio": Value(
                "Acqua disponibile per le radici", "1", low="available_lo_ratio",
                high="available_hi_ratio",
            ),
            "evapotranspiration_mm": Value(
                "Acqua restituita all'aria", "mm", no_interval="l'intervallo è dato per la riserva"
            ),
        },
        title="Acqua nel suolo",
        how=(
            "Un bilancio giornaliero: la pioggia entra, erba e suolo restituiscono acqua all'aria "
            "secondo sole, vento, temperatura e umidità (FAO-56). Uno vuol dire suolo pieno, zero "
            "che le piante appassiscono. È un calcolo per il suolo più comune (franco nella prima "
            "edizione di soil_types), non una misura."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
