"""How hard the wind blew on each day, and from where."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.editions import dated
from assets.measured import Measured, Value
from assets.solar import solar_day
from assets.trust import health_columns, quality, suspect_days

_SUBJECT: Final = "wind_by_day"
_TURN_DEG: Final = 360.0
_SENSORS: Final = ("wind_ms", "gust_ms")


def wind(
    observed: pl.DataFrame, *, force: pl.DataFrame, health: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give each station's mean wind, highest gust, prevailing direction and force on each day.

    Days are those of solar time. The direction is that of the mean wind vector, weighted by speed.
    The force (Beaufort) is that of the day's highest ten-minute mean, by the scale in force. A day
    with too few of its measurements has no numbers; one on which the wind gauge
    was suspect is.
    """
    rule = completeness_of(completeness, _SUBJECT)
    angle = pl.col("dir_deg").radians()
    measured = observed.filter(pl.col("wind_ms").is_not_null()).sort("station_id", "observed_at")
    days = measured.group_by("station_id", day_on=solar_day(), maintain_order=True).agg(
        wind_ms=pl.col("wind_ms").mean(),
        gust_ms=pl.col("gust_ms").max(),
        highest_ms=pl.col("wind_ms").max(),
        east=(pl.col("wind_ms") * angle.sin()).sum(),
        north=(pl.col("wind_ms") * angle.cos()).sum(),
        observations_count=pl.len().cast(pl.Int64),
    )
    share = (pl.col("observations_count") / rule.due).clip(upper_bound=1.0)
    is_told = share >= rule.least
    direction = pl.arctan2("east", "north").degrees() % _TURN_DEG
    suspect = suspect_days(health).filter(pl.col("quantity_code").is_in(_SENSORS))
    days = days.join(
        suspect.select("station_id", "day_on", "is_suspect").unique(),
        on=["station_id", "day_on"],
        how="left",
    )
    bands = force.sort("lower_ms").select("definition_code", "lower_ms", "band_level")
    return (
        dated(days, force, day="day_on")
        .sort("highest_ms")
        .join_asof(
            bands,
            left_on="highest_ms",
            right_on="lower_ms",
            by="definition_code",
            check_sortedness=False,
        )
        .select(
            "station_id",
            "day_on",
            wind_ms=pl.when(is_told).then(pl.col("wind_ms").round(2)),
            gust_ms=pl.when(is_told).then("gust_ms"),
            from_deg=pl.when(is_told).then(direction.round(1)),
            beaufort_level=pl.when(is_told).then("band_level"),
            definition_from_on="valid_from_on",
            completeness_ratio=share,
            observations_count="observations_count",
            quality_code=quality(
                no_data=~is_told, suspect=pl.col("is_suspect"), partial=share < rule.complete
            ),
        )
        .sort("station_id", "day_on")
    )


_WIND: Final = (
    "observed.wind_ms",
    *completeness_columns("completeness", "due_count", "least_ratio"),
)
_COUNTED: Final = ("observed.wind_ms", *completeness_columns("completeness", "due_count"))
_FORCE: Final = (
    "force.lower_ms", "force.band_level", "force.definition_code", "force.valid_from_on",
)  # fmt: skip
_MEASURED: Final = "è la misura dell'anemometro, senza incertezza dichiarata"

declaration = Declaration(
    function=wind,
    key="gold/weather/daily_wind_by_station",
    reads={
        "observed": "silver/weather/weather_observed",
        "force": "bronze/definitions/wind_force",
        "health": "silver/sensors/weather_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "observed.station_id"),
        "day_on": given("Day of solar time.", "observed.observed_at"),
        "wind_ms": given("Mean wind.", *_WIND),
        "gust_ms": given("Highest gust.", "observed.gust_ms", *_WIND),
        "from_deg": given("Where the mean wind vector comes from.", "observed.dir_deg", *_WIND),
        "beaufort_level": given("Force of the highest ten-minute mean.", *_WIND, *_FORCE),
        "definition_from_on": given(
            "Day from which the scale holds.", "force.valid_from_on", "force.definition_code"
        ),
        "completeness_ratio": given("Ten minutes that came, of those of a day.", *_COUNTED),
        "observations_count": given("Ten minutes that came.", "observed.wind_ms"),
        "quality_code": given(
            "no_data of too little of the day, suspect where the gauge was.",
            *_WIND,
            "completeness.complete_ratio",
            *health_columns("health"),
        ),
    },
    key_columns=("station_id", "day_on"),
    window_by="day_on",
    lookback_days=1,
    title="Wind by station and day",
    method_version="3",
    literature="Vector mean: WMO-No. 8, ch. 5; Beaufort scale: the same, annex.",
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:WeatherObserved:brescia:arpa_lombardia:",
        geometry="point",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "gust_ms": Value("Raffica massima", "m/s", no_interval=_MEASURED),
            "wind_ms": Value("Vento medio", "m/s", no_interval=_MEASURED),
            "beaufort_level": Value("Forza (Beaufort)", "1", no_interval=_MEASURED),
        },
        title="Vento",
        how=(
            "La raffica più forte, la media e la direzione da cui il vento ha soffiato di più, su "
            "tutte le misure ogni dieci minuti. La forza è quella della media di dieci minuti più "
            "alta. Le raffiche rare non hanno tempo di ritorno: non ce n'è una serie di anni."
        ),
    ),
)
