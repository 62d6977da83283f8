"""How good the air is, hour by hour, on the European Air Quality Index."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import hourly_heat
from assets.trust import health_columns, quality, suspect_days

# How many pollutants the index is of, and how many of its hours a mean needs.
_SUBJECT: Final = "air_index_by_hour"
_MEAN: Final = "air_mean"
_COLOURS: Final = (
    (1, "#50f0e6"), (2, "#50ccaa"), (3, "#f0e641"),
    (4, "#ff5050"), (5, "#960032"), (6, "#7d2181"),
)  # fmt: skip


def european_air_quality_index(
    observed: pl.DataFrame,
    bands: pl.DataFrame,
    health: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each station's level in each hour: that of its worst pollutant, 1 (good) to 6.

    Concentrations are averaged over the hours the edition in force says (enough of them
    must be there), rounded half up to whole µg/m³, and put in the band whose upper limit they do
    not exceed. A pollutant without a value takes no part; an hour without any has no row. Beyond
    the last band's limit the level is the last. An hour is suspect where one of its sensors was on
    that day: that of solar time which has 23 of the 24 hours of the day of UTC.
    """
    rule = completeness_of(completeness, _SUBJECT)
    least = completeness_of(completeness, _MEAN).least
    share = (pl.col("pollutants_count") / rule.due).clip(upper_bound=1.0)
    rounded = _averaged(_with_edition(observed, bands), least=least).with_columns(
        rounded_ugm3=(pl.col("mean_ugm3") + 0.5).floor()
    )
    suspect = suspect_days(health, quantity="pollutant_code")
    banded = (
        rounded.join(bands, on=["definition_code", "pollutant_code"], how="inner")
        .with_columns(last_level=pl.col("band_level").max().over("definition_code"))
        .filter(
            (pl.col("rounded_ugm3") <= pl.col("upper_ugm3"))
            | (pl.col("band_level") == pl.col("last_level"))
        )
        .group_by("station_id", "hour_at", "pollutant_code", "definition_code")
        .agg(pl.col("band_level").min())
        .with_columns(day_on=pl.col("hour_at").dt.date())
        .join(suspect, on=["station_id", "pollutant_code", "day_on"], how="left")
    )
    names = bands.select("definition_code", "valid_from_on", "band_level", "band_name").unique()
    stations = observed.select("station_id", "station_name").unique("station_id")
    worst = (
        banded.sort(["band_level", "pollutant_code"], descending=[True, False])
        .group_by("station_id", "hour_at", maintain_order=True)
        .agg(
            pl.col("definition_code").first(),
            pl.col("band_level").first(),
            pl.col("pollutant_code").first().alias("worst_pollutant_code"),
            pl.len().cast(pl.Int64).alias("pollutants_count"),
            pl.col("is_suspect").any(),
        )
    )
    return (
        worst.join(names, on=["definition_code", "band_level"], how="left")
        .join(stations, on="station_id", how="left")
        .select(
            "station_id",
            "station_name",
            "hour_at",
            air_quality_level="band_level",
            band_name="band_name",
            worst_pollutant_code="worst_pollutant_code",
            pollutants_count="pollutants_count",
            completeness_ratio=share,
            definition_code="definition_code",
            definition_from_on="valid_from_on",
            observations_count="pollutants_count",
            quality_code=quality(partial=share < rule.complete, suspect=pl.col("is_suspect")),
        )
        .sort("station_id", "hour_at")
    )


def _with_edition(observed: pl.DataFrame, bands: pl.DataFrame) -> pl.DataFrame:
    """Each observation with the edition of the index in force, and its averaging time."""
    editions = (
        bands.select("definition_code", "valid_from_on", "pollutant_code", "averaging_h")
        .unique()
        .sort("valid_from_on")
    )
    return (
        observed.filter(pl.col("value_ugm3").is_not_null())
        .with_columns(
            hour_at=pl.col("observed_at").dt.truncate("1h"),
            observed_on=pl.col("observed_at").dt.date(),
        )
        .sort("observed_on")
        .join_asof(
            editions,
            left_on="observed_on",
            right_on="valid_from_on",
            by="pollutant_code",
            check_sortedness=False,
        )
        .filter(pl.col("definition_code").is_not_null())
    )


def _averaged(hours: pl.DataFrame, *, least: float) -> pl.DataFrame:
    """Running means over each pollutant's averaging time, where enough hours are there."""
    columns = ["station_id", "hour_at", "pollutant_code", "definition_code"]
    hourly = hours.group_by(*columns, "averaging_h").agg(
        pl.col("value_ugm3").mean().alias("mean_ugm3")
    )
    short = hourly.filter(pl.col("averaging_h") == 1).select(*columns, "mean_ugm3")
    long = (
        hourly.filter(pl.col("averaging_h") > 1)
        .sort("hour_at")
        .rolling("hour_at", period="24h", group_by=["station_id", "pollutant_code"])
        .agg(
            pl.col("definition_code").last(),
            pl.col("mean_ugm3").mean(),
            pl.len().alias("hours_count"),
        )
        .filter(pl.col("hours_count") >= 24 * least)
        .select(*columns, "mean_ugm3")
    )
    return pl.concat([short, long])


def _picture(frame: pl.DataFrame) -> str:
    """Every hour of the last week, a row a station."""
    return hourly_heat(
        "European Air Quality Index by station, the last seven days (UTC)",
        frame,
        row="station_name",
        value="air_quality_level",
        days=7,
        colours=_COLOURS,
        legend="1 good to 6 extremely poor",
        label_every=24,
    )


# A concentration counts when the edition in force has bands for its pollutant and enough hours.
_COUNTED: Final = (
    "observed.value_ugm3", "observed.pollutant_code", "bands.valid_from_on", "bands.averaging_h",
    *completeness_columns("completeness", "least_ratio"),
)  # fmt: skip
_LEVEL: Final = (
    *_COUNTED, "bands.definition_code", "bands.pollutant_code", "bands.band_level",
    "bands.upper_ugm3",
)  # fmt: skip

declaration = Declaration(
    function=european_air_quality_index,
    key="gold/air/hourly_european_air_quality_index",
    reads={
        "observed": "silver/air/air_quality_observed",
        "bands": "bronze/definitions/air_quality_index_bands",
        "health": "silver/sensors/air_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "station_id": given("ARPA's id of the station.", "observed.station_id"),
        "station_name": given("Name of the station.", "observed.station_name"),
        "hour_at": given("Start of the hour, UTC.", "observed.observed_at"),
        "air_quality_level": given(
            "Level of the worst pollutant: 1 good to 6 extremely poor.", *_LEVEL
        ),
        "band_name": given(
            "Name of the level in the edition in force.", "bands.band_name", *_LEVEL
        ),
        "worst_pollutant_code": given("The pollutant that decides.", *_LEVEL),
        "pollutants_count": given("Pollutants that had a value.", *_COUNTED),
        "completeness_ratio": given(
            "Pollutants with a value, of those of the index.", *_COUNTED, "completeness.due_count"
        ),
        "definition_code": given(
            "Edition of the index in force.", "bands.definition_code", "bands.valid_from_on"
        ),
        "definition_from_on": given(
            "Day from which that edition holds here.",
            "bands.valid_from_on",
            "bands.definition_code",
        ),
        "observations_count": given("Concentrations used.", *_COUNTED),
        "quality_code": given(
            "partial where a pollutant of the index has no value, suspect where a sensor was.",
            *_COUNTED,
            "completeness.due_count",
            "completeness.complete_ratio",
            *health_columns("health"),
        ),
    },
    key_columns=("station_id", "hour_at"),
    window_by="hour_at",
    lookback_days=1,
    title="European Air Quality Index, by station and hour",
    method_version="3",
    literature="European Environment Agency, European Air Quality Index; bands are versioned rows.",
    plot=_picture,
    measured=Measured(
        entity="station_id",
        urn="urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:",
        geometry="point",
        shapes="silver/air/air_quality_station",
        grain="hour",
        period="hour_at",
        definition_from="definition_from_on",
        values={
            "air_quality_level": Value(
                "Classe dell'indice",
                "1",
                no_interval="è la classe di concentrazioni pubblicate senza incertezza",
            )
        },
        title="Indice europeo di qualità dell'aria",
        how=(
            "Ogni inquinante misurato in una stazione cade in una classe, secondo la tabella "
            "europea in vigore quel giorno; la stazione prende la classe del peggiore. Un "
            "inquinante senza dati non conta, e la completezza dice quanti dei cinque ci sono."
        ),
    ),
)
