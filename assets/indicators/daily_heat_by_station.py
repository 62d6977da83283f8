"""How hot each day was at each station: hours by stress, tropical nights and heat waves."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from assets.completeness import (
    COMPLETENESS,
    Completeness,
    completeness_columns,
    completeness_of,
)
from assets.declaration import Declaration, given
from assets.editions import only
from assets.measured import Measured, Value
from assets.methods.thermal_comfort import above_calendar, calendar_percentile, run_lengths, utci_c
from assets.plots import line_chart
from assets.solar import solar_day
from assets.trust import health_columns, quality, suspect_days

_SUBJECT: Final = "heat_by_day"
_STEPS_AN_HOUR: Final = 6
# The polynomial of UTCI begins here; calmer air is taken for this.
_LEAST_WIND_MS: Final = 0.5
_SENSORS: Final = ("temp_c", "rh_pct", "wind_ms")
_BANDS: Final = ("cold_h", "no_stress_h", "moderate_h", "strong_h", "very_strong_h", "extreme_h")


def daily_heat_by_station(
    weather: pl.DataFrame,
    *,
    history: pl.DataFrame,
    bands: pl.DataFrame,
    health: pl.DataFrame,
    rules: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each station's extremes of each day of solar time, its hours by stress, and its waves.

    Stress is UTCI in the shade: the mean radiant temperature is not measured, and is taken for the
    air's, so hours in the sun are worse than said. Hours are of ten-minute readings and need most
    of the day; days of the history alone have none. A heat wave is so many hot days in a row within
    the extended summer (the newest rule says how many, and which months): their maximum is above
    the percentile of the calendar day, of so many days about it in all years of the history. At a
    station without history it is not known. The history goes before readings of the same day.
    A day is suspect on which a sensor of temperature, humidity or wind was.
    """
    rule = completeness_of(completeness, _SUBJECT)
    measured, daily = _measured(weather, bands, rule), _of_history(history)
    days = (
        daily.join(measured, on=["station_id", "day_on"], how="full", coalesce=True)
        .with_columns(
            temp_max_c=pl.coalesce("temp_max_c", "read_max_c"),
            temp_min_c=pl.coalesce("temp_min_c", "read_min_c"),
            readings_count=pl.col("readings_count").fill_null(0),
            completeness_ratio=pl.coalesce("daily_ratio", "read_ratio"),
            observations_count=pl.coalesce("readings_count", "daily_count"),
        )
        .sort("station_id", "day_on")
    )
    is_known = pl.col("temp_max_c").is_not_null()
    bad = suspect_days(health).filter(pl.col("quantity_code").is_in(_SENSORS))
    suspect = bad.select("station_id", "day_on", "is_suspect").unique()
    wave = only(rules) or {}
    tropical_c = pl.lit(wave.get("tropical_c"), pl.Float64)
    told = _with_waves(days, history, wave).join(suspect, on=["station_id", "day_on"], how="left")
    return told.sort("station_id", "day_on").select(
        "station_id",
        "day_on",
        "temp_max_c",
        "temp_min_c",
        is_tropical_night=pl.col("temp_min_c") >= tropical_c,
        above_usual_c="above_usual_c",
        heat_wave_days_count="heat_wave_days_count",
        utci_max_c="utci_max_c",
        **{name: pl.col(name) for name in _BANDS},
        definition_from_on=pl.lit(wave.get("valid_from_on"), pl.Date),
        completeness_ratio="completeness_ratio",
        observations_count="observations_count",
        quality_code=quality(
            no_data=~is_known,
            suspect=pl.col("is_suspect"),
            partial=pl.col("completeness_ratio") < rule.complete,
        ),
    )


def _measured(weather: pl.DataFrame, bands: pl.DataFrame, rule: Completeness) -> pl.DataFrame:
    """Days of ten-minute readings: extremes, hours in each band, and how much was read."""
    readings = (
        weather.sort("station_id", "observed_at")
        .filter(pl.col("temp_c").is_not_null())
        .with_columns(day_on=solar_day())
    )
    air, humidity, wind = (
        readings[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("temp_c", "rh_pct", "wind_ms")
    )
    felt = utci_c(air, air, humidity, np.maximum(wind, _LEAST_WIND_MS))
    editions = bands.select(edition_on="valid_from_on").unique().sort("edition_on")
    limits = bands.select("from_c", "band_level", edition_on="valid_from_on").sort("from_c")
    banded = (
        readings.with_columns(utci_c=pl.Series(felt, dtype=pl.Float64).fill_nan(None))
        .sort("day_on")
        .join_asof(editions, left_on="day_on", right_on="edition_on", check_sortedness=False)
        .sort("utci_c")
        .join_asof(
            limits, left_on="utci_c", right_on="from_c", by="edition_on", check_sortedness=False
        )
    )
    steps = pl.col("utci_c").count()
    is_enough = pl.len() >= rule.least * rule.due
    has_felt = (steps >= rule.least * rule.due) & (pl.col("band_level").count() == steps)
    return banded.group_by("station_id", "day_on").agg(
        read_max_c=pl.when(is_enough).then(pl.col("temp_c").max()),
        read_min_c=pl.when(is_enough).then(pl.col("temp_c").min()),
        utci_max_c=pl.when(has_felt).then(pl.col("utci_c").max()),
        **{
            name: pl.when(has_felt).then((pl.col("band_level") == level).sum() / _STEPS_AN_HOUR)
            for level, name in enumerate(_BANDS, start=1)
        },
        readings_count=pl.len().cast(pl.Int64),
        read_ratio=(pl.len() / rule.due).clip(upper_bound=1.0),
    )


def _of_history(history: pl.DataFrame) -> pl.DataFrame:
    """Days of the history, with how many of their two extremes are there."""
    count = pl.sum_horizontal(
        pl.col("temp_max_c").is_not_null(), pl.col("temp_min_c").is_not_null()
    ).cast(pl.Int64)
    return history.select(
        "station_id",
        "temp_max_c",
        "temp_min_c",
        "day_on",
        daily_count=count,
        daily_ratio=count / 2,
    )


def _with_waves(days: pl.DataFrame, history: pl.DataFrame, rule: Mapping[str, Any]) -> pl.DataFrame:
    """How far each day lies above its usual limit, and how long the wave is that it is part of.

    `rule` is a row of the definition, whose columns are of several types; without it none is known.
    """
    above = np.full(days.height, np.nan)
    lengths = np.zeros(days.height, dtype=np.int64)
    stations = days["station_id"].to_numpy()
    known = history if rule else history.clear()
    for (station,), past in known.group_by("station_id", maintain_order=True):
        limits = calendar_percentile(
            past["day_on"].to_list(),
            past["temp_max_c"].fill_null(np.nan).to_numpy(),
            percentile=100 * rule["usual_ratio"],
            window_days=rule["window_d"],
        )
        own = np.flatnonzero(stations == station)
        dates = days["day_on"].gather(own).to_list()
        highest = days["temp_max_c"].gather(own).fill_null(np.nan).to_numpy()
        above[own] = above_calendar(dates, highest, limits)
        first, last = rule["first_month_index"], rule["last_month_index"]
        is_summer = np.array([first <= day.month <= last for day in dates], dtype=bool)
        hot = (above[own] > 0) & is_summer
        lengths[own] = run_lengths(dates, hot, least_days=rule["least_d"])
    usual = pl.Series(above, dtype=pl.Float64).fill_nan(None)
    return days.with_columns(
        above_usual_c=usual,
        heat_wave_days_count=pl.when(usual.is_not_null()).then(pl.Series(lengths, dtype=pl.Int64)),
    )


def _picture(frame: pl.DataFrame) -> str:
    """How many days of heat waves and tropical nights each year had, at the first station."""
    years = (
        frame.filter(pl.col("station_id") == pl.col("station_id").min())
        .group_by(year=pl.col("day_on").dt.year())
        .agg(
            waves=(pl.col("heat_wave_days_count") > 0).sum(),
            nights=pl.col("is_tropical_night").sum(),
        )
        .sort("year")
    )
    return line_chart(
        "Heat-wave days and tropical nights by year",
        x=[f"{year}" for year in years["year"]],
        series={
            "days in a heat wave": years["waves"].to_list(),
            "tropical nights": years["nights"].to_list(),
        },
        unit="days",
    )


_SEEN: Final = ("weather.temp_c", "weather.observed_at")
_READ: Final = (*_SEEN, *completeness_columns("completeness", "due_count", "least_ratio"))
_MAX: Final = (*_READ, "history.temp_max_c")
_MIN: Final = (*_READ, "history.temp_min_c")
_RULE: Final = ("rules.valid_from_on", "rules.definition_code")
_USUAL: Final = (*_MAX, "history.day_on", "rules.usual_ratio", "rules.window_d", *_RULE)
_WAVE: Final = (
    *_USUAL, "rules.least_d", "rules.first_month_index", "rules.last_month_index",
)  # fmt: skip
_UTCI: Final = (*_READ, "weather.rh_pct", "weather.wind_ms")
_HOURS: Final = (*_UTCI, "bands.from_c", "bands.band_level", "bands.valid_from_on")
_EXTREMES: Final = (*_SEEN, "history.temp_max_c", "history.temp_min_c")
_HOW_MUCH: Final = (*_EXTREMES, *completeness_columns("completeness", "due_count"))
_HOURS_SAY: Final = (
    "cold stress (UTCI below 9 °C)", "no stress", "moderate heat stress",
    "strong heat stress (from 32 °C)", "very strong heat stress (from 38 °C)",
    "extreme heat stress (from 46 °C)",
)  # fmt: skip
_NO_INTERVAL: Final = "l'agenzia non pubblica l'incertezza"

declaration = Declaration(
    function=daily_heat_by_station,
    key="gold/risk/daily_heat_by_station",
    reads={
        "weather": "silver/weather/weather_observed",
        "history": "silver/weather/weather_by_day",
        "bands": "bronze/definitions/thermal_stress_bands",
        "health": "silver/sensors/weather_sensor_health_by_day",
        "rules": "bronze/definitions/heat_rules",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given(
            "ARPA's id of the station.", "weather.station_id", "history.station_id"
        ),
        "day_on": given("Day of solar time.", "weather.observed_at", "history.day_on"),
        "temp_max_c": given("Highest air temperature.", *_MAX),
        "temp_min_c": given("Lowest air temperature.", *_MIN),
        "is_tropical_night": given(
            "Whether it did not cool below the limit.", *_MIN, "rules.tropical_c", *_RULE
        ),
        "above_usual_c": given("Maximum above the limit of the calendar day.", *_USUAL),
        "heat_wave_days_count": given("Days of the heat wave it is part of; else 0.", *_WAVE),
        "utci_max_c": given("Highest UTCI in the shade.", *_HOURS),
        **{
            name: given(f"Hours of {text}, in the shade.", *_HOURS)
            for name, text in zip(_BANDS, _HOURS_SAY, strict=True)
        },
        "definition_from_on": given(
            "Day from which the rule of heat waves and tropical nights holds.", *_RULE
        ),
        "completeness_ratio": given("Extremes, or readings of 144, that came.", *_HOW_MUCH),
        "observations_count": given("Readings, or extremes of the history.", *_EXTREMES),
        "quality_code": given(
            "partial of less than all, suspect where a sensor was; no_data without a maximum.",
            *_HOW_MUCH,
            *_MAX,
            "completeness.complete_ratio",
            *health_columns("health"),
        ),
    },
    key_columns=("station_id", "day_on"),
    window_by=None,
    title="Heat by station and day",
    method_version="3",
    literature=(
        "UTCI: Bröde et al. 2012, with bands as versioned rows. Heat waves: Perkins & Alexander "
        "2013 (CTX90pct). Tropical nights: ETCCDI TR20."
    ),
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "temp_max_c": Value("Temperatura massima", "Cel", no_interval=_NO_INTERVAL),
            "heat_wave_days_count": Value(
                "Giorni dell'ondata di calore", "d", no_interval=_NO_INTERVAL
            ),
            "utci_max_c": Value("UTCI massimo all'ombra", "Cel", no_interval=_NO_INTERVAL),
            "strong_h": Value("Ore di stress forte", "h", no_interval=_NO_INTERVAL),
        },
        title="Caldo per stazione e giorno",
        how=(
            "Massima e minima del giorno solare, ore in ogni classe di stress termico (UTCI, "
            "all'ombra: la radiazione sul corpo non è misurata) e ondate di calore: almeno tre "
            "giorni, da maggio a settembre, con la massima sopra quella superata un giorno su "
            "dieci in quel periodo dell'anno."
        ),
    ),
)
