"""What an emergency room sees: the newest state of each station against the thresholds."""

from datetime import datetime
from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.newest_state import RIVER, air_now, felt_now, gusts_now, rain_now, rivers_now
from assets.plots import heat_table
from assets.solar import solar_day
from assets.trust import health_columns, quality, suspect_days

_COLOURS: Final = ((0, "#d9ead3"), (1, "#ffe599"), (2, "#f6a04d"), (3, "#cc0000"))
_KEY: Final = pl.Schema({"station_id": pl.String(), "measure_code": pl.String()})
# What each measure of the weather is made of; a pollutant is its own.
_SENSORS: Final = {
    "rain": ("rain_mm",),
    "gust": ("gust_ms",),
    "utci": ("temp_c", "rh_pct", "wind_ms"),
    RIVER: ("level_m",),
}
_VALUES_OF: Final = ("gust_ms", "utci_c", "concentration_ugm3", "level_m")
_STATE: Final = pl.Schema(
    {
        **_KEY,
        "observed_at": pl.Datetime("us", "UTC"),
        "rain_mm": pl.Float64(),
        "yearly_chance_ratio": pl.Float64(),
        "gust_ms": pl.Float64(),
        "utci_c": pl.Float64(),
        "concentration_ugm3": pl.Float64(),
        "level_m": pl.Float64(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
    }
)


def current_alerts(
    *,
    weather: pl.DataFrame,
    air: pl.DataFrame,
    rivers: pl.DataFrame,
    maxima: pl.DataFrame,
    thresholds: pl.DataFrame,
    river_thresholds: pl.DataFrame,
    weather_health: pl.DataFrame,
    air_health: pl.DataFrame,
    river_health: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each station's newest state, its level (0 none to 3 red), and how old it is.

    Rain: the last hour's depth, and the chance (1 over the return period) that a year has a rain
    as rare as the rarest of 1 to 24 hours until now, on the station's own line or, without one,
    that of the longest series. Wind: the strongest gust of the last hour. Heat: UTCI in the shade
    now. Air: the mean over the hours of the threshold; the law's alerts need three hours in a row,
    and one is enough here. Rivers: the newest level, against the thresholds of its own gauge. Age
    is counted from the newest observation of the city, not from a clock; when all feeds stop, it
    does not grow. Thresholds are those in force on the newest day; a measure without any is left
    out. A state is unverified where a threshold of its is an assumption, and suspect where its
    sensor was on its day.
    """
    readings = weather.sort("station_id", "observed_at")
    values = air.filter(pl.col("value_ugm3").is_not_null())
    ends = [part["observed_at"].max() for part in (readings, values, rivers)]
    last = max((end for end in ends if isinstance(end, datetime)), default=None)
    held = _held(thresholds, river_thresholds, last)
    known = _STATE.to_frame()
    if last is not None and not held.is_empty():
        state = [
            rain_now(readings, maxima, completeness),
            gusts_now(readings),
            felt_now(readings),
            air_now(values, held, completeness),
            rivers_now(rivers),
        ]
        known = pl.concat([part.select(*_STATE) for part in map(_filled, state)])
    return _finish(
        _with_health(known, pl.concat([weather_health, air_health, river_health])), held, last
    )


def _held(
    thresholds: pl.DataFrame, river_thresholds: pl.DataFrame, last: datetime | None
) -> pl.DataFrame:
    """All thresholds in force on the newest day, those of one gauge with its `gauge_id`."""
    day = None if last is None else last.date()
    of_rivers = newest(river_thresholds, "station_id", until=day).select(
        "valid_from_on", "alert_level", "from_m", "stale_after_min", "is_verified",
        hazard_code=pl.lit("river"), measure_code=pl.lit(RIVER), gauge_id="station_id",
    )  # fmt: skip
    of_others = newest(thresholds, "measure_code", until=day).drop("source_name")
    return pl.concat([of_others, of_rivers], how="diagonal")


def _filled(part: pl.DataFrame) -> pl.DataFrame:
    """The columns of all measures, empty where a measure has none of its own."""
    missing = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in _STATE.items() if name not in part
    ]
    return part.with_columns(missing).with_columns(
        pl.col(name).cast(kind) for name, kind in _STATE.items()
    )


def _with_health(state: pl.DataFrame, health: pl.DataFrame) -> pl.DataFrame:
    """Each state with whether a sensor that it is made of was suspect on its day."""
    sensors = pl.DataFrame(
        [(measure, one) for measure, its in _SENSORS.items() for one in its],
        schema={"measure_code": pl.String, "quantity_code": pl.String},
        orient="row",
    )
    bad = suspect_days(health)
    measures = bad.join(sensors, on="quantity_code", how="left").with_columns(
        measure_code=pl.coalesce("measure_code", "quantity_code")
    )
    keys = ["station_id", "measure_code", "day_on"]
    return state.with_columns(day_on=solar_day()).join(
        measures.select(*keys, "is_suspect").unique(), on=keys, how="left"
    )


def _finish(state: pl.DataFrame, thresholds: pl.DataFrame, last: datetime | None) -> pl.DataFrame:
    """Each state with the highest level it reaches, and its age."""
    # A rain is the worse the smaller its chance; of all others more is worse.
    value = pl.coalesce(-pl.col("yearly_chance_ratio"), *_VALUES_OF)
    limit = pl.coalesce(-pl.col("from_chance_ratio"), "from_ms", "from_c", "from_ugm3", "from_m")
    is_reached = (
        pl.when(pl.col("from_ugm3").is_not_null()).then(value > limit).otherwise(value >= limit)
    )
    is_of_station = pl.col("gauge_id").is_null() | (pl.col("gauge_id") == pl.col("station_id"))
    return (
        state.join(thresholds, on="measure_code", how="inner")
        .filter(is_of_station)
        .group_by("station_id", "measure_code")
        .agg(
            pl.col("hazard_code", *list(_STATE)[2:]).first(),
            alert_level=pl.when(value.is_not_null().any()).then(
                pl.col("alert_level").filter(is_reached).max().fill_null(0)
            ),
            stale_after_min=pl.col("stale_after_min").min(),
            definition_from_on=pl.col("valid_from_on").max(),
            is_suspect=pl.col("is_suspect").any(),
            is_verified=pl.col("is_verified").all(),
        )
        .with_columns(
            staleness_min=(
                pl.lit(last, dtype=pl.Datetime("us", "UTC")) - pl.col("observed_at")
            ).dt.total_minutes(),
        )
        .with_columns(is_stale=pl.col("staleness_min") > pl.col("stale_after_min"))
        .select(
            "station_id", "measure_code", "hazard_code", "observed_at", "alert_level", "rain_mm",
            "yearly_chance_ratio", *_VALUES_OF, "staleness_min", "is_stale", "definition_from_on",
            "completeness_ratio", "observations_count",
            quality_code=quality(
                no_data=pl.col("alert_level").is_null(),
                unverified=~pl.col("is_verified"),
                modelled=pl.col("measure_code") == "utci",
                suspect=pl.col("is_suspect"),
                partial=pl.col("is_stale") | (pl.col("completeness_ratio") < 1),
            ),
        )
        .sort("station_id", "measure_code")
    )  # fmt: skip


def _picture(frame: pl.DataFrame) -> str:
    """A row a station, a column a measure."""
    return heat_table(
        "Alerts now, by station and measure",
        rows=frame["station_id"].unique().sort().to_list(),
        columns=frame["measure_code"].unique().sort().to_list(),
        values={
            (station, measure): level
            for station, measure, level in frame.select(
                "station_id", "measure_code", "alert_level"
            ).rows()
        },
        colours=_COLOURS,
        legend="0 none, 1 yellow, 2 orange, 3 red",
    )


_WHEN: Final = (
    "weather.observed_at", "air.observed_at", "air.value_ugm3", "rivers.observed_at",
    "rivers.level_m",
)  # fmt: skip
_VALUES: Final = (
    "weather.rain_mm", "weather.gust_ms", "weather.temp_c", "weather.rh_pct", "weather.wind_ms",
    "air.value_ugm3",
)  # fmt: skip
_HELD: Final = (
    "thresholds.valid_from_on", "thresholds.averaging_h", "river_thresholds.valid_from_on",
)  # fmt: skip
_ENOUGH: Final = completeness_columns("completeness", "least_ratio")
_RARITY: Final = (
    "maxima.rain_mm", "maxima.duration_code", "maxima.station_id", *_ENOUGH,
)  # fmt: skip
_NOW: Final = (*_WHEN, *_VALUES[:5])
_LEVEL: Final = (
    *_NOW, *_RARITY, *_HELD, "thresholds.alert_level", "thresholds.from_chance_ratio",
    "thresholds.from_ms", "thresholds.from_c", "thresholds.from_ugm3",
    "river_thresholds.alert_level", "river_thresholds.from_m",
)  # fmt: skip
_AGE: Final = (*_NOW, *_HELD)

declaration = Declaration(
    function=current_alerts,
    key="gold/risk/current_alerts",
    reads={
        "weather": "silver/weather/weather_observed",
        "air": "silver/air/air_quality_observed",
        "rivers": "silver/water/river_level_observed",
        "maxima": "bronze/arpa_lombardia/rain_maxima",
        "thresholds": "bronze/definitions/alert_thresholds",
        "river_thresholds": "bronze/definitions/river_thresholds",
        "weather_health": "silver/sensors/weather_sensor_health_by_day",
        "air_health": "silver/sensors/air_sensor_health_by_day",
        "river_health": "silver/sensors/river_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given(
            "ARPA's id of the station or gauge.",
            "weather.station_id",
            "air.station_id",
            "rivers.station_id",
        ),
        "measure_code": given(
            "rain, gust, utci, river_level or a pollutant.",
            "air.pollutant_code",
            "thresholds.measure_code",
        ),
        "hazard_code": given("rain, wind, heat, air or river.", "thresholds.hazard_code", *_HELD),
        "observed_at": given("Start of the newest observation, UTC.", *_AGE),
        "alert_level": given("0 none, 1 yellow, 2 orange, 3 red.", *_LEVEL),
        "rain_mm": given("Rain of the last hour.", _WHEN[0], "weather.rain_mm"),
        "yearly_chance_ratio": given(
            "Chance in a year of a rain as rare: 1 over the return period.",
            _WHEN[0],
            "weather.rain_mm",
            *_RARITY,
        ),
        "gust_ms": given("Strongest gust of the last hour.", _WHEN[0], "weather.gust_ms"),
        "utci_c": given("UTCI in the shade now.", _WHEN[0], *_VALUES[2:5]),
        "concentration_ugm3": given(
            "Mean over the threshold's hours.", *_WHEN[1:3], *_HELD, *_ENOUGH
        ),
        "level_m": given(
            "Level of the river above its gauge's zero.", "rivers.observed_at", "rivers.level_m"
        ),
        "staleness_min": given("Age against the city's newest observation.", *_AGE),
        "is_stale": given(
            "Whether it is too old.",
            *_AGE,
            "thresholds.stale_after_min",
            "river_thresholds.stale_after_min",
        ),
        "definition_from_on": given("Day from which the thresholds hold.", *_AGE),
        "completeness_ratio": given("Readings that came, of those due.", *_AGE),
        "observations_count": given("Readings used.", *_AGE),
        "quality_code": given(
            "partial when old or incomplete, suspect where its sensor was, unverified where a "
            "threshold is an assumption.",
            *_LEVEL,
            "thresholds.stale_after_min",
            "river_thresholds.stale_after_min",
            "thresholds.is_verified",
            "river_thresholds.is_verified",
            *health_columns("weather_health"),
            *health_columns("air_health"),
            *health_columns("river_health"),
        ),
    },
    key_columns=("station_id", "measure_code"),
    window_by=None,
    title="Alerts now, by station and measure",
    method_version="3",
    literature=(
        "Thresholds are versioned rows, with their sources; they are not those of the regional "
        "civil protection. Rarity: De Michele, Rosso & Rulli 2005. UTCI: Bröde et al. 2012."
    ),
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:Alert:brescia:gemello:",
        geometry="point",
        grain="always",
        by=("measure_code",),
        definition_from="definition_from_on",
        values={
            "alert_level": Value(
                "Livello di allerta", "1", no_interval="è il confronto di misure con soglie"
            ),
            "staleness_min": Value(
                "Età della misura", "min", no_interval="è la differenza di due istanti"
            ),
        },
        title="Allerte in corso",
        how=(
            "L'ultima misura di ogni stazione e di ogni fiume contro le soglie in vigore. L'età è "
            "rispetto alla misura più recente della città. Non sono gli avvisi ufficiali della "
            "protezione civile, e dove una soglia è una scelta nostra la riga lo dice."
        ),
    ),
)
