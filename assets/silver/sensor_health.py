"""Whether each sensor can be believed, day by day: gaps, standstill, spikes, drift."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.methods.sensor_health import drift_a_day, longest_still_h, spikes
from assets.solar import solar_day

_LEAST_COMPLETE: Final = 0.75
_KEY: Final = ("quantity_code", "sensor_id")
_PRECISION: Final = 6


def sensor_health(
    air: pl.DataFrame, soil: pl.DataFrame, probes: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Give each air and soil sensor's health on each day of solar time.

    Standstill and drift look back over the days given, a week at most. A sensor is suspect where
    its value stood still for longer than its limit, has as many spikes as the limit, or drifts
    away from its neighbours faster; partial below three quarters of the measurements expected.
    """
    measured = _all(air, soil, probes)
    held = newest(limits, "quantity_code")
    known = measured.join(held, on="quantity_code", how="inner")
    counted = known.group_by(*_KEY, day_on=solar_day()).agg(
        station_id=pl.col("station_id").first(),
        observations_count=pl.col("value").count().cast(pl.Int64),
        expected_count=pl.col("expected_count").first(),
    )
    parts = [
        _stood_out(part, factor=float(factor))
        for (factor,), part in known.group_by("spike_index", maintain_order=True)
    ]
    stood_out = pl.concat([_stood_out(known.clear(), factor=1.0), *parts])
    return (
        counted.join(longest_still_h(known), on=[*_KEY, "day_on"], how="left")
        .join(stood_out, on=[*_KEY, "day_on"], how="left")
        .join(drift_a_day(known), on=list(_KEY), how="left")
        .join(held.drop("expected_count"), on="quantity_code", how="left", suffix="_limit")
        .with_columns(
            completeness_ratio=(pl.col("observations_count") / pl.col("expected_count")).clip(0, 1),
            is_stuck=(pl.col("still_h") >= pl.col("still_h_limit")).fill_null(value=False),
            has_spikes=(pl.col("spikes_count") >= pl.col("spike_least_count")).fill_null(
                value=False
            ),
            is_drifting=(pl.col("drift_a_day").abs() >= pl.col("drift_a_day_index")).fill_null(
                value=False
            ),
        )
        .select(
            "sensor_id",
            "quantity_code",
            "day_on",
            "station_id",
            "completeness_ratio",
            "observations_count",
            "still_h",
            "spikes_count",
            pl.col("drift_a_day").round(_PRECISION).alias("drift_a_day_index"),
            "is_stuck",
            "has_spikes",
            "is_drifting",
            quality_code=pl.when(pl.any_horizontal("is_stuck", "has_spikes", "is_drifting"))
            .then(pl.lit("suspect"))
            .when(pl.col("observations_count") == 0)
            .then(pl.lit("no_data"))
            .when(pl.col("completeness_ratio") < _LEAST_COMPLETE)
            .then(pl.lit("partial"))
            .otherwise(pl.lit("ok")),
        )
        .sort("quantity_code", "sensor_id", "day_on")
    )


def _all(air: pl.DataFrame, soil: pl.DataFrame, probes: pl.DataFrame) -> pl.DataFrame:
    """The measurements of all sensors in one form; what is not valid has no value."""
    of_air = air.select(
        sensor_id=pl.concat_str("station_id", pl.lit(":"), "pollutant_code"),
        quantity_code="pollutant_code",
        station_id="station_id",
        observed_at="observed_at",
        value="value_ugm3",
    )
    last = soil.sort("window_on").unique(["sensor_id", "measured_at"], keep="last")
    of_soil = last.join(probes, on="sensor_id", how="inner").select(
        "sensor_id",
        quantity_code=pl.lit("soil_water_") + pl.col("depth_code"),
        station_id="station_id",
        observed_at="measured_at",
        value=pl.when(pl.col("validity_code") == "VA").then("water_pct"),
    )
    return pl.concat([of_air, of_soil])


def _stood_out(measured: pl.DataFrame, *, factor: float) -> pl.DataFrame:
    # Whole steps of a sensor that hardly moves are no spikes.
    return spikes(measured, factor=factor, floor=1.0)


_AIR: Final = ("air.value_ugm3", "air.pollutant_code")
_SOIL: Final = ("soil.water_pct", "soil.validity_code", "soil.measured_at", "probes.depth_code")
_VALUES: Final = (*_AIR, *_SOIL)
# The newest edition of the limits.
_HELD: Final = ("limits.valid_from_on",)

declaration = Declaration(
    function=sensor_health,
    key="silver/sensors/sensor_health_by_day",
    reads={
        "air": "silver/air/air_quality_observed",
        "soil": "bronze/arpa_lombardia/soil_moisture",
        "probes": "bronze/arpa_lombardia/soil_sensors",
        "limits": "bronze/definitions/sensor_limits",
    },
    gives={
        "sensor_id": given(
            "The sensor: of air by station and pollutant.", "air.station_id", "air.pollutant_code",
            "soil.sensor_id",
        ),
        "quantity_code": given(
            "What it measures; of soil with the depth.", "air.pollutant_code", "probes.depth_code",
            "limits.quantity_code",
        ),
        "day_on": given("Day of solar time.", "air.observed_at", "soil.measured_at"),
        "station_id": given("The station it stands at.", "air.station_id", "probes.station_id"),
        "completeness_ratio": given(
            "Valid measurements, of those expected.", *_VALUES, *_HELD, "limits.expected_count"
        ),
        "observations_count": given("Valid measurements.", *_VALUES),
        "still_h": given("Hours for which the value has not moved.", *_VALUES),
        "spikes_count": given("Values that stand out.", *_VALUES, *_HELD, "limits.spike_index"),
        "drift_a_day_index": given("How fast it leaves its neighbours, a day.", *_VALUES),
        "is_stuck": given(
            "Whether it stood still for too long.", *_VALUES, *_HELD, "limits.still_h"
        ),
        "has_spikes": given(
            "Whether too many stand out.", *_VALUES, *_HELD, "limits.spike_index",
            "limits.spike_least_count",
        ),
        "is_drifting": given(
            "Whether it drifts.", *_VALUES, *_HELD, "limits.drift_a_day_index"
        ),
        "quality_code": given(
            "suspect where it is stuck, has spikes or drifts.", *_VALUES, *_HELD, "limits.still_h",
            "limits.spike_index", "limits.spike_least_count", "limits.drift_a_day_index",
            "limits.expected_count",
        ),
    },
    key_columns=("sensor_id", "quantity_code", "day_on"),
    window_by="day_on",
    lookback_days=7,
    title="Health of sensors by day",
    method_version="1",
    literature=(
        "Persistence and steps: Zahumenský (2004), WMO. Robust scale: Hampel (1974). Drift: "
        "Theil (1950), Sen (1968), against the neighbours' median."
    ),
)  # fmt: skip
