"""Health of sensors by day, whatever they measure: what tables of it have in common."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from assets.declaration import Given, given
from assets.editions import newest
from assets.methods.sensor_health import drift_a_day, longest_still_h, spikes
from assets.solar import solar_day

_WEEK: Final = ("judged_on",)
_KEY: Final = ("quantity_code", "sensor_id", *_WEEK)
_PRECISION: Final = 6


def health_of(
    measured: pl.DataFrame, limits: pl.DataFrame, *, compared: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give each sensor's health on each day of solar time, by the newest limits.

    `measured` has a row a measurement: `sensor_id`, `quantity_code`, `station_id`, `observed_at`
    (UTC) and `value`, null where nothing valid came. Each day is judged by its own measurements and
    those of the six days before it. A sensor is suspect where its value stood still for longer than
    its limit, has as many spikes as the limit, or drifts away from its neighbours faster (of fewer
    days than the limit asks for nothing is said of drift); partial below its share of the
    measurements expected. What has no limit of a kind is not held to it. `compared` is what is held
    against the neighbours instead of the values themselves.
    """
    held = newest(limits, "quantity_code")
    known = measured.join(held, on="quantity_code", how="inner").with_columns(day_on=solar_day())
    days = known.select(judged_on="day_on").unique()
    weeks = _of_weeks(known, days)
    apart = weeks if compared is None else _of_weeks(compared, days)
    return (
        _on_last_day(weeks, apart, held)
        .filter(pl.col("day_on") == pl.col("judged_on"))
        .drop("judged_on")
        .sort("quantity_code", "sensor_id", "day_on")
    )


def _of_weeks(rows: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The rows of the week up to each of the days, told apart by `judged_on`.

    A day says the same whichever others are computed with it.
    """
    weeks = [rows.with_columns(judged_on=pl.col("day_on") + pl.duration(days=n)) for n in range(7)]
    return pl.concat(weeks).join(days, on="judged_on", how="semi")


def _on_last_day(weeks: pl.DataFrame, apart: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The health of each day of each week; that of its last day is what the week is for."""
    counted = weeks.group_by(*_KEY, "day_on").agg(
        station_id=pl.col("station_id").first(),
        observations_count=pl.col("value").count().cast(pl.Int64),
        expected_count=pl.col("expected_count").first(),
    )
    parts = [
        _stood_out(part, factor=float(factor))
        for (factor,), part in weeks.filter(pl.col("spike_index").is_not_null()).group_by(
            "spike_index", maintain_order=True
        )
    ]
    stood_out = pl.concat([_stood_out(weeks.clear(), factor=1.0), *parts])
    return (
        counted.join(longest_still_h(weeks, within=_WEEK), on=[*_KEY, "day_on"], how="left")
        .join(stood_out, on=[*_KEY, "day_on"], how="left")
        .join(drift_a_day(apart, within=_WEEK), on=list(_KEY), how="left")
        .join(held.drop("expected_count"), on="quantity_code", how="left", suffix="_limit")
        .with_columns(
            drift_a_day=pl.when(pl.col("drift_d") >= pl.col("drift_least_d")).then("drift_a_day")
        )
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
            "judged_on",
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
            .when(pl.col("completeness_ratio") < pl.col("complete_ratio"))
            .then(pl.lit("partial"))
            .otherwise(pl.lit("ok")),
        )
    )


def _stood_out(measured: pl.DataFrame, *, factor: float) -> pl.DataFrame:
    # Whole steps of a sensor that hardly moves are no spikes.
    return spikes(measured, factor=factor, floor=1.0, within=_WEEK)


# The newest edition of the limits.
_HELD: Final = ("limits.valid_from_on",)


def gives_of(
    values: Sequence[str],
    *,
    sensor: Sequence[str],
    quantity: Sequence[str],
    day: Sequence[str],
    station: Sequence[str],
) -> dict[str, Given]:
    """What `health_of` gives, by the columns of which its input is made."""
    limited = (*values, *_HELD)
    drift = ("limits.drift_a_day_index", "limits.drift_least_d")
    return {
        "sensor_id": given("The sensor.", *sensor),
        "quantity_code": given("What it measures.", *quantity, "limits.quantity_code"),
        "day_on": given("Day of solar time.", *day),
        "station_id": given("The station it stands at.", *station),
        "completeness_ratio": given(
            "Valid measurements, of those expected.", *limited, "limits.expected_count"
        ),
        "observations_count": given("Valid measurements.", *values),
        "still_h": given("Hours for which the value has not moved.", *values),
        "spikes_count": given("Values that stand out.", *limited, "limits.spike_index"),
        "drift_a_day_index": given(
            "How fast it leaves its neighbours, a day.", *limited, "limits.drift_least_d"
        ),
        "is_stuck": given("Whether it stood still for too long.", *limited, "limits.still_h"),
        "has_spikes": given(
            "Whether too many stand out.",
            *limited,
            "limits.spike_index",
            "limits.spike_least_count",
        ),
        "is_drifting": given("Whether it drifts.", *limited, *drift),
        "quality_code": given(
            "suspect where it is stuck, has spikes or drifts.",
            *limited,
            "limits.still_h",
            "limits.spike_index",
            "limits.spike_least_count",
            *drift,
            "limits.expected_count",
            "limits.complete_ratio",
        ),
    }


KEY_COLUMNS: Final = ("sensor_id", "quantity_code", "day_on")
# A week, whose first day begins an hour before it in UTC.
LOOKBACK_DAYS: Final = 7
LITERATURE: Final = (
    "Persistence and steps: Zahumenský (2004), WMO. Robust scale: Hampel (1974). Drift: "
    "Theil (1950), Sen (1968), against the neighbours' median."
)
