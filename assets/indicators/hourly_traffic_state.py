"""How freely traffic moved at each detector, hour by hour."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.editions import only
from assets.measured import Measured, Value
from assets.methods.traffic import (
    is_at_night,
    saturation,
    service_levels,
    trailing_quantile,
    travel_time_index,
)
from assets.plots import hourly_heat
from assets.trust import health_columns, quality, suspect_days

# The contract of the rules allows no more days than are read, the day itself included.
_MOST_DAYS: Final = 15
# Before the first rule no hour is one of free traffic, and so no index is known.
_NO_RULE: Final[Mapping[str, Any]] = {
    "free_from_h": 24, "free_until_h": 0, "free_flow_ratio": 1.0, "planning_ratio": 1.0,
    "window_d": 1,
}  # fmt: skip
# How many quarter hours a free flow and a planning time need.
_NIGHT: Final = "free_flow_by_night"
_PLANNED: Final = "planning_time_by_hour"
_QUARTERS: Final = 4
_KMH_A_MS: Final = 3.6
_SHOWN: Final = 10
_COLOURS: Final = (
    (1.0, "#f1f5f9"), (1.1, "#bfdbfe"), (1.25, "#60a5fa"), (1.5, "#f59e0b"), (2.0, "#b91c1c"),
)  # fmt: skip


def hourly_traffic_state(
    observed: pl.DataFrame,
    segments: pl.DataFrame,
    bands: pl.DataFrame,
    *,
    health: pl.DataFrame,
    rules: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each detector's travel time index, planning time index, v/c and level of service.

    Free flow is a quantile of the speeds at night of the days up to the day; slower traffic takes
    longer by the index, faster traffic gains nothing. The index of an hour is the mean over its
    vehicles. The planning time index is a quantile over quarter hours at the same hour by the clock
    on those days, and needs enough of them. Which quantiles, which hours are the night's and how
    many days are looked at (the day itself included, fifteen at most) says the newest rule. v/c
    compares the hour with the capacity of the stretch in one direction. The level of service is by
    speed alone. Hours of a day on which the detector could not be believed are suspect: that of
    solar time which has 23 of the 24 hours of the day of UTC.
    """
    rule: Mapping[str, Any] = only(rules) or _NO_RULE
    quarters = _quarters(observed)
    is_free = is_at_night(
        pl.col("observed_at"), from_hour=rule["free_from_h"], until_hour=rule["free_until_h"]
    )
    free = trailing_quantile(
        quarters.filter(is_free), "detector_id",
        value="speed_ms", share=rule["free_flow_ratio"], days=rule["window_d"],
        least_count=completeness_of(completeness, _NIGHT).least_count,
    ).select("detector_id", "day_on", free_flow_ms="speed_ms")  # fmt: skip
    known = quarters.join(free, on=["detector_id", "day_on"], how="left").with_columns(
        index=travel_time_index(pl.col("speed_ms"), pl.col("free_flow_ms"))
    )
    planned = trailing_quantile(
        known, "detector_id", "clock_hour",
        value="index", share=rule["planning_ratio"], days=rule["window_d"],
        least_count=completeness_of(completeness, _PLANNED).least_count,
    ).rename({"index": "planning_time_index"})  # fmt: skip
    hours = (
        _hours(known)
        .join(planned, on=["detector_id", "clock_hour", "day_on"], how="left")
        .join(
            segments.select("edge_id", "capacity_count").unique("edge_id", keep="first"),
            on="edge_id",
            how="left",
        )
        .join(
            suspect_days(health).rename({"station_id": "detector_id"}).drop("quantity_code"),
            on=["detector_id", "day_on"],
            how="left",
        )
        .with_columns(
            saturation_ratio=saturation(
                pl.col("vehicles_count") * _QUARTERS / pl.col("observations_count"),
                pl.col("capacity_count"),
            ),
            speed_ratio=1 / pl.col("travel_time_index"),
        )
        .sort("detector_id", "hour_at")
    )
    return _told(service_levels(hours, bands))


def _quarters(observed: pl.DataFrame) -> pl.DataFrame:
    """Quarter hours by UTC day and by the hour of the city's clock."""
    at = pl.col("observed_at")
    return observed.sort("detector_id", "observed_at").with_columns(
        day_on=at.dt.date(),
        clock_hour=at.dt.convert_time_zone("Europe/Rome").dt.hour(),
    )


def _hours(quarters: pl.DataFrame) -> pl.DataFrame:
    """Sums and means over the quarter hours of each hour; those without vehicles weigh nothing."""
    passed = pl.when(pl.col("index").is_not_null()).then(pl.col("vehicles_count"))
    return quarters.group_by(
        "detector_id", hour_at=pl.col("observed_at").dt.truncate("1h"), maintain_order=True
    ).agg(
        pl.col("edge_id", "street_name").drop_nulls().last(),
        pl.col("day_on", "clock_hour", "free_flow_ms").first(),
        pl.col("vehicles_count").sum(),
        travel_time_index=pl.when(passed.sum() > 0).then(
            (pl.col("index") * passed).sum() / passed.sum()
        ),
        observations_count=pl.len().cast(pl.Int64),
    )


def _told(hours: pl.DataFrame) -> pl.DataFrame:
    share = (pl.col("observations_count") / _QUARTERS).clip(upper_bound=1.0)
    is_unverified = pl.col("is_verified").fill_null(value=True).not_()
    # In free flow rounding may leave the last digit below one.
    index = pl.max_horizontal("travel_time_index", pl.lit(1.0))
    return hours.select(
        "detector_id",
        "hour_at",
        "edge_id",
        "street_name",
        "vehicles_count",
        travel_time_index=pl.when(pl.col("travel_time_index").is_not_null()).then(index),
        speed_kmh=pl.col("free_flow_ms") * pl.col("speed_ratio") * _KMH_A_MS,
        free_flow_kmh=pl.col("free_flow_ms") * _KMH_A_MS,
        planning_time_index="planning_time_index",
        planning_days_count=pl.col("days_count").fill_null(0),
        saturation_ratio="saturation_ratio",
        service_code="service_code",
        service_level=pl.col("service_level").cast(pl.Int64),
        definition_from_on="edition_on",
        completeness_ratio=share,
        observations_count="observations_count",
        quality_code=pl.when(pl.col("travel_time_index").is_null())
        .then(pl.lit("no_data"))
        # What nobody read at its source is little beside a detector that cannot be believed.
        .when("is_suspect")
        .then(pl.lit("suspect"))
        .otherwise(quality(unverified=is_unverified, partial=share < 1)),
    ).sort("detector_id", "hour_at")


def _picture(frame: pl.DataFrame) -> str:
    """The last two days of the detectors where travel took longest."""
    slowest = (
        frame.group_by("detector_id")
        .agg(pl.col("travel_time_index").quantile(0.95))
        .sort("travel_time_index", "detector_id", descending=[True, False], nulls_last=True)
        .head(_SHOWN)
    )
    return hourly_heat(
        "Travel time over that of free traffic, the slowest detectors, last two days (UTC)",
        frame.join(slowest.select("detector_id"), on="detector_id", how="semi"),
        row="detector_id",
        value="travel_time_index",
        days=2,
        colours=_COLOURS,
        legend="travel time index",
        label_every=6,
    )


_SPEED: Final = (
    "observed.speed_ms", "observed.observed_at", "observed.detector_id",
    *completeness_columns("completeness", "least_count"),
    *(
        f"rules.{name}"
        for name in (
            "definition_code", "valid_from_on", "free_from_h", "free_until_h", "free_flow_ratio",
            "window_d",
        )
    ),
)  # fmt: skip
_INDEX: Final = (*_SPEED, "observed.vehicles_count")
_SERVICE: Final = (
    *_INDEX, "bands.above_speed_ratio", "bands.valid_from_on",
)  # fmt: skip
_COUNTED: Final = ("observed.vehicles_count", "observed.observed_at")

declaration = Declaration(
    function=hourly_traffic_state,
    key="gold/mobility/hourly_traffic_state",
    reads={
        "observed": "silver/mobility/traffic_flow_observed",
        "segments": "silver/mobility/road_segment",
        "bands": "bronze/definitions/level_of_service",
        "health": "silver/sensors/traffic_detector_health_by_day",
        "rules": "bronze/definitions/traffic_rules",
        "completeness": COMPLETENESS,
    },
    gives={
        "detector_id": given("The publisher's code of the detector.", "observed.detector_id"),
        "hour_at": given("Start of the hour, UTC.", "observed.observed_at"),
        "edge_id": given("The stretch of street it watches.", "observed.edge_id"),
        "street_name": given("Name of the street.", "observed.street_name"),
        "vehicles_count": given("Vehicles that passed.", *_COUNTED),
        "travel_time_index": given("Travel time over that of free traffic.", *_INDEX),
        "speed_kmh": given("Speed by that index; no more than free flow.", *_INDEX),
        "free_flow_kmh": given(
            "85th percentile of the speeds of fifteen nights, or as the rule says.", *_SPEED
        ),
        "planning_time_index": given(
            "95th percentile at this hour of the clock, or as the rule says.",
            *_SPEED,
            "rules.planning_ratio",
        ),
        "planning_days_count": given("Days behind that percentile.", *_SPEED),
        "saturation_ratio": given(
            "Vehicles over capacity.",
            *_COUNTED,
            "observed.edge_id",
            "segments.edge_id",
            "segments.capacity_count",
        ),
        "service_code": given("Level of service, A to F.", *_SERVICE, "bands.service_code"),
        "service_level": given("The same, 1 to 6.", *_SERVICE, "bands.service_level"),
        "definition_from_on": given("Since when these bands hold.", "bands.valid_from_on"),
        "completeness_ratio": given("Quarter hours of four.", "observed.observed_at"),
        "observations_count": given("Quarter hours.", "observed.observed_at"),
        "quality_code": given(
            "suspect on days of a detector that was; unverified where the bands are; no_data "
            "without speeds.",
            *_SERVICE,
            "bands.is_verified",
            *health_columns("health"),
        ),
    },
    key_columns=("detector_id", "hour_at"),
    window_by="hour_at",
    lookback_days=_MOST_DAYS - 1,
    title="Traffic by hour",
    method_version="2",
    literature=(
        "Travel time and planning time index: FHWA 2006, Travel Time Reliability. Level of "
        "service: Highway Capacity Manual, editions as rows of a definition, not read at the "
        "source."
    ),
    plot=_picture,
    measured=Measured(
        entity="detector_id",
        urn="urn:ngsi-ld:TrafficFlowObserved:brescia:comune_brescia:",
        geometry="point",
        grain="hour",
        period="hour_at",
        definition_from="definition_from_on",
        values={
            "travel_time_index": Value(
                "Tempo di percorrenza rispetto a strada libera",
                "1",
                no_interval="le spire contano tutti i veicoli; il loro errore non è pubblicato",
            ),
            "planning_time_index": Value(
                "Tempo da prevedere per non arrivare tardi",
                "1",
                no_interval="è un percentile di pochi giorni, senza un intervallo affidabile",
            ),
            "saturation_ratio": Value(
                "Veicoli rispetto alla capacità",
                "1",
                no_interval="è un conteggio; l'errore della capacità non è pubblicato",
            ),
            "service_level": Value(
                "Livello di servizio (1 = A, 6 = F)", "1", no_interval="è una classe"
            ),
        },
        title="Stato del traffico",
        how=(
            "Quanto più tempo serve rispetto alla strada libera: la velocità libera è quella che "
            "di notte (22-5) supera un'auto su sei circa, nei quindici giorni fino a quello. Il "
            "tempo da prevedere basta 19 volte su 20 a quell'ora. Il livello di servizio segue il "
            "manuale HCM, le cui soglie non sono state rilette alla fonte."
        ),
    ),
)
