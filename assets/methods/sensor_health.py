"""Whether a sensor can be believed: gaps, values that do not move, spikes, drift from neighbours.

Frames have a row a measurement: `sensor_id`, `quantity_code` (what it measures, for whom the others
are neighbours), `observed_at` (UTC) and `value` (null where nothing valid came). `within` names
further columns that tell apart measurements which have nothing to do with each other.
"""

from collections.abc import Sequence

import polars as pl

from assets.solar import solar_day

_PER_SENSOR = ("quantity_code", "sensor_id")


def longest_still_h(
    measurements: pl.DataFrame, *, tolerance: float = 0.0, within: Sequence[str] = ()
) -> pl.DataFrame:
    """The longest time (h) for which each sensor's value did not move, by sensor and UTC+1 day.

    A gap does not end it. The persistence test of Zahumenský (2004), WMO guidelines on quality
    control of automatic weather stations. Gives `still_h`; what began before the day counts whole.
    """
    sensor = [*_PER_SENSOR, *within]
    known = measurements.filter(pl.col("value").is_not_null()).sort(*sensor, "observed_at")
    moved = (pl.col("value") - pl.col("value").shift(1)).abs() > tolerance
    runs = known.with_columns(
        run=moved.fill_null(value=True).cast(pl.Int64).cum_sum().over(sensor)
    ).with_columns(first_at=pl.col("observed_at").min().over(*sensor, "run"))
    still = (pl.col("observed_at") - pl.col("first_at")).dt.total_minutes() / 60
    return runs.group_by(*sensor, day_on=solar_day()).agg(still_h=still.max())


def spikes(
    measurements: pl.DataFrame,
    *,
    factor: float = 8.0,
    floor: float = 0.0,
    within: Sequence[str] = (),
) -> pl.DataFrame:
    """How many values of each sensor and day stick out from both beside them: `spikes_count`.

    A value above both, or below both, by more than `factor` times the median step of the sensor
    over all the days given, and by more than `floor`. The step test of Zahumenský (2004), with a
    robust scale (Hampel 1974): the peak of an hour with neighbours as high is none.
    """
    sensor = [*_PER_SENSOR, *within]
    known = measurements.filter(pl.col("value").is_not_null()).sort(*sensor, "observed_at")
    value = pl.col("value")
    steps = known.with_columns(
        rise=(value - value.shift(1)).over(sensor),
        fall=(value - value.shift(-1)).over(sensor),
    ).with_columns(usual=pl.col("rise").abs().median().over(sensor))
    sticks_out = pl.min_horizontal(pl.col("rise").abs(), pl.col("fall").abs())
    is_spike = (pl.col("rise") * pl.col("fall") > 0) & (
        sticks_out > pl.max_horizontal(factor * pl.col("usual"), pl.lit(floor, pl.Float64))
    )
    return steps.group_by(*sensor, day_on=solar_day()).agg(
        spikes_count=is_spike.fill_null(value=False).sum().cast(pl.Int64)
    )


def drift_a_day(measurements: pl.DataFrame, *, within: Sequence[str] = ()) -> pl.DataFrame:
    """How fast each sensor moves away from its neighbours: `drift_a_day`, in its unit.

    The median slope (Theil 1950, Sen 1968) over the days given of its daily median difference from
    the median of the others of its quantity at the same instant, and of how many days that is
    (`drift_d`). Null of one day; no row without two neighbours.
    """
    sensor = [*_PER_SENSOR, *within]
    known = measurements.filter(pl.col("value").is_not_null())
    together = ["quantity_code", "observed_at", *within]
    other = known.join(known, on=together, suffix="_other").filter(
        pl.col("sensor_id") != pl.col("sensor_id_other")
    )
    apart = (
        other.group_by(*together, "sensor_id")
        .agg(
            difference=pl.col("value").first() - pl.col("value_other").median(),
            neighbours=pl.len(),
        )
        .filter(pl.col("neighbours") >= 2)
        .group_by(*sensor, day_on=solar_day())
        .agg(difference=pl.col("difference").median())
    )
    pairs = (
        apart.join(apart, on=sensor, suffix="_later")
        .filter(pl.col("day_on") < pl.col("day_on_later"))
        .with_columns(
            slope=(pl.col("difference_later") - pl.col("difference"))
            / (pl.col("day_on_later") - pl.col("day_on")).dt.total_days()
        )
    )
    days = apart.group_by(sensor).agg(drift_d=pl.len().cast(pl.Int64))
    slopes = pairs.group_by(sensor).agg(drift_a_day=pl.col("slope").median())
    return days.join(slopes, on=sensor, how="left").select(*sensor, "drift_a_day", "drift_d")


def part_of_all(counts: pl.DataFrame) -> pl.DataFrame:
    """Each sensor's day of counts as a part of what its neighbours counted: `value`, a logarithm.

    The sum of its counts over that of the medians of all sensors of its quantity at the same
    instants, so that gaps take nothing away and a Sunday is the same for all. A row a sensor and
    day of solar time, at noon (`observed_at`), for `drift_a_day`: 0.05 a day is five per cent.
    """
    known = counts.filter(pl.col("value").is_not_null()).with_columns(
        usual=pl.col("value").median().over("quantity_code", "observed_at")
    )
    sums = known.group_by(*_PER_SENSOR, day_on=solar_day()).agg(pl.col("value", "usual").sum())
    return sums.filter((pl.col("value") > 0) & (pl.col("usual") > 0)).select(
        *_PER_SENSOR,
        "day_on",
        observed_at=pl.col("day_on").cast(pl.Datetime("us", "UTC")).dt.offset_by("12h"),
        value=(pl.col("value") / pl.col("usual")).log(),
    )
