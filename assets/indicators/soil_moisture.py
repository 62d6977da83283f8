"""How wet the ground was measured to be on each day, at each probe."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.solar import solar_day
from assets.trust import SUSPECT, quality

_SUBJECT: Final = "soil_moisture_by_day"
_PRECISION: Final = 3


def soil_moisture(
    soil: pl.DataFrame, *, probes: pl.DataFrame, health: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give each probe's mean water content (per cent of the volume) on each day of solar time.

    A day needs most of its hours; one on which the probe was suspect is said to be.
    """
    rule = completeness_of(completeness, _SUBJECT)
    last = soil.sort("window_on").unique(
        ["sensor_id", "measured_at"], keep="last", maintain_order=True
    )
    days = (
        last.filter((pl.col("validity_code") == "VA") & pl.col("water_pct").is_not_null())
        .group_by("sensor_id", day_on=solar_day("measured_at"))
        .agg(mean=pl.col("water_pct").sort().mean(), observations_count=pl.len().cast(pl.Int64))
    )
    suspect = (
        health.filter(pl.col("quality_code") == SUSPECT)
        .select("sensor_id", "day_on", is_suspect=pl.lit(value=True))
        .unique()
    )
    complete = (pl.col("observations_count") / rule.due).clip(upper_bound=1.0)
    is_told = complete >= rule.least
    return (
        days.join(
            probes.select("sensor_id", "station_id", "station_name", "depth_code"), on="sensor_id"
        )
        .join(suspect, on=["sensor_id", "day_on"], how="left")
        .select(
            "sensor_id",
            "day_on",
            "station_id",
            "station_name",
            "depth_code",
            water_pct=pl.when(is_told).then(pl.col("mean").round(_PRECISION)),
            definition_from_on=rule.edition,
            completeness_ratio=complete,
            observations_count="observations_count",
            quality_code=quality(
                no_data=~is_told, suspect=pl.col("is_suspect"), partial=complete < rule.complete
            ),
        )
        .sort("sensor_id", "day_on")
    )


def _picture(frame: pl.DataFrame) -> str:
    """The median of the probes at each depth, those that cannot be believed apart."""
    days = (
        frame.filter(pl.col("quality_code") != SUSPECT)
        .group_by("day_on", "depth_code")
        .agg(pl.col("water_pct").median())
        .pivot("depth_code", index="day_on", values="water_pct")
        .sort("day_on")
    )
    return line_chart(
        "Water in the ground by depth, median of the probes",
        x=[f"{day:%d/%m}" for day in days["day_on"]],
        series={f"{depth} cm": days[depth].to_list() for depth in sorted(days.columns[1:])},
        unit="%",
    )


_HOURS: Final = ("soil.water_pct", "soil.validity_code")
_WATER: Final = (*_HOURS, *completeness_columns("completeness", "due_count", "least_ratio"))
_RULE: Final = completeness_columns("completeness")

declaration = Declaration(
    function=soil_moisture,
    key="gold/soil/daily_soil_moisture_by_probe",
    reads={
        "soil": "bronze/arpa_lombardia/soil_moisture",
        "probes": "bronze/arpa_lombardia/soil_sensors",
        "health": "silver/sensors/soil_sensor_health_by_day",
        "completeness": COMPLETENESS,
    },
    gives={
        "sensor_id": given("ARPA's id of the probe.", "soil.sensor_id"),
        "day_on": given("Day of solar time.", "soil.measured_at"),
        "station_id": given("The station it belongs to.", "probes.station_id"),
        "station_name": given("Name of the station.", "probes.station_name"),
        "depth_code": given("Depth in centimetres.", "probes.depth_code"),
        "water_pct": given("Mean water content, of the volume.", *_WATER),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given(
            "Valid hours, of those of a day.",
            *_HOURS,
            *completeness_columns("completeness", "due_count"),
        ),
        "observations_count": given("Valid hours.", *_HOURS),
        "quality_code": given(
            "no_data of too few hours, suspect where the probe was.",
            *_WATER,
            "completeness.complete_ratio",
            "health.quality_code",
            "health.sensor_id",
            "health.day_on",
        ),
    },
    key_columns=("sensor_id", "day_on"),
    window_by="day_on",
    lookback_days=1,
    title="Water in the ground by probe and day",
    method_version="2",
    literature="Daily means, of three quarters of the hours, as for air (2008/50/EC, Annex XI).",
    plot=_picture,
    measured=Measured(
        entity="sensor_id",
        urn="urn:ngsi-ld:SoilMoistureObserved:brescia:arpa_lombardia:",
        geometry="point",
        shapes="bronze/arpa_lombardia/soil_sensors",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "water_pct": Value(
                "Contenuto d'acqua del suolo",
                "%",
                no_interval="l'agenzia non pubblica l'incertezza",
            )
        },
        title="Acqua misurata nel suolo",
        how=(
            "La media delle ore di un giorno di ogni sonda. Una sonda che si allontana dalle altre "
            "della sua profondità, o che sta ferma, è segnata come sospetta."
        ),
        is_high_bad=False,
    ),
)
